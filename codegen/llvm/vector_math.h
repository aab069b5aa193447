// exp, log, expm1, log1p, tanh, erf, sin, cos and sqrt as inline vector code: polynomials, fused
// multiply-adds and exponent bits.
//
// Each function works on a scalar or a fixed vector of float or double and returns the same type.
// It emits no call, no branch, no table and no gather, and does the same operations in every lane,
// so a value has the same bits at every width. The code is meant for the mode of runtime/fp_mode.h
// (results that are denormal become 0, denormal inputs count as 0) and is as accurate without it.
//
// Largest errors, in units in the last place, over all inputs with a finite normal result:
//         exp   log   expm1  log1p  tanh  erf   sin, cos  sqrt
//   f32   1     1     2      1.5    2     1     1         0.5   every float, by the `_Long` tests
//   f64   1.5   1     2      1.5    2     1.5   2         0.5   checked on samples
// Without FMA one unit more, and bits differ from those with FMA. Elsewhere:
//   exp:   0 where the result would be denormal, exp(-inf) = 0, inf above the largest finite result
//   log:   log(±0) = log(denormal) = -inf, NaN below, log(inf) = inf
//   expm1: expm1(-inf) = -1, inf above the largest finite result, expm1(x) = x for tiny x
//   log1p: log1p(-1) = -inf, NaN below, log1p(inf) = inf, log1p(x) = x for tiny x
//   tanh, erf: odd, ±1 at ±inf; tanh(x) = x for tiny x, -0 included
//   sin, cos: in f32 exactly reduced over the whole range. In f64 up to |x| = 1.6e6 (2^20 quarter
//          turns); beyond, digits are lost, and from 2^52 on all that is sure is |result| <= 1.
//          NaN at ±inf
// NaN gives NaN.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/Target/TargetMachine.h>

namespace lathe::codegen {

/// What the target can do. `fma` false: multiplies and adds instead of llvm.fma, which would be a
/// library call there.
struct MathOptions {
  bool fma = true;
};
MathOptions math_options(const llvm::TargetMachine& target);

llvm::Value* emit_exp(llvm::IRBuilder<>& b, llvm::Value* x, MathOptions options);
llvm::Value* emit_log(llvm::IRBuilder<>& b, llvm::Value* x, MathOptions options);
llvm::Value* emit_expm1(llvm::IRBuilder<>& b, llvm::Value* x, MathOptions options);
llvm::Value* emit_log1p(llvm::IRBuilder<>& b, llvm::Value* x, MathOptions options);
llvm::Value* emit_tanh(llvm::IRBuilder<>& b, llvm::Value* x, MathOptions options);
llvm::Value* emit_erf(llvm::IRBuilder<>& b, llvm::Value* x, MathOptions options);
llvm::Value* emit_sin(llvm::IRBuilder<>& b, llvm::Value* x, MathOptions options);
llvm::Value* emit_cos(llvm::IRBuilder<>& b, llvm::Value* x, MathOptions options);
/// Correctly rounded; NaN below -0.
llvm::Value* emit_sqrt(llvm::IRBuilder<>& b, llvm::Value* x);

}  // namespace lathe::codegen
