// Scalar expressions to LLVM IR, for one element or a vector of them.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <span>

#include "codegen/llvm/vector_math.h"
#include "ir/scalar_expr.h"
#include "ir/type.h"

namespace lathe::codegen {

/// The value of `e` where argument i is `args[i]`. The arguments are scalars or fixed vectors of
/// `dtype`, all of one type, which is also the result's; a truth-valued `e` gives i1 or <n x i1>.
/// Without arguments the result is a scalar. Constants are rounded to `dtype`.
///
/// Floats: every primitive is rounded to `dtype` by itself; nothing is contracted or reassociated,
/// whatever flags `b` carries. max and min give NaN when either operand is NaN; of zeros with two
/// signs they give either. Where there are fused multiply-adds, division by a constant is made of
/// one: the quotient's bits for all constants tried, of f32 for all significands, but up to two units
/// in the last place for quotients near the smallest normal number, of which a part is lost.
/// Integers: arithmetic wraps around; division truncates, x / 0 is 0; u8 is unsigned. Functions
/// that only reals have (`ir::scalar_op_is_real`) are refused (InternalError: shape rules let none
/// through), and so are constants that the type cannot hold.
llvm::Value* emit_scalar(llvm::IRBuilder<>& b, const ir::ScalarExpr& e,
                         std::span<llvm::Value* const> args, DType dtype, MathOptions math = {});

/// The LLVM type of one element. Bool is stored as i8, 0 or 1.
llvm::Type* element_type(llvm::LLVMContext& context, DType dtype);

}  // namespace lathe::codegen
