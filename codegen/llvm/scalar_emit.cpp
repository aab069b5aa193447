#include "codegen/llvm/scalar_emit.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "ir/error.h"

namespace lathe::codegen {

namespace {

using ir::ScalarOp;
using llvm::Value;
using llvm::Intrinsic::ID;

class Emitter {
 public:
  Emitter(llvm::IRBuilder<>& b, llvm::Type* type, DType dtype, MathOptions math)
      : b_(b), guard_(b), type_(type), dtype_(dtype), math_(math) {
    b.clearFastMathFlags();
  }

  Value* constant(double v) {
    if (is_float(dtype_)) return llvm::ConstantFP::get(type_, v);
    const bool wide = dtype_ == DType::I64, byte = dtype_ == DType::U8;
    const double low = byte ? 0 : wide ? -0x1p63 : -0x1p31;
    const double end = byte ? 0x1p8 : wide ? 0x1p63 : 0x1p31;
    const double rounded = std::nearbyint(v);
    LATHE_CHECK(rounded >= low && rounded < end,
                "constant " + std::to_string(v) + " in " + std::string(dtype_name(dtype_)));
    return llvm::ConstantInt::get(type_, static_cast<uint64_t>(static_cast<int64_t>(rounded)));
  }

  Value* apply(ScalarOp op, Value* x, Value* y, Value* z) {
    switch (op) {
      case ScalarOp::Const:
      case ScalarOp::Arg:
        break;
      case ScalarOp::Add:
        return real() ? b_.CreateFAdd(x, y) : b_.CreateAdd(x, y);
      case ScalarOp::Sub:
        return real() ? b_.CreateFSub(x, y) : b_.CreateSub(x, y);
      case ScalarOp::Mul:
        return real() ? b_.CreateFMul(x, y) : b_.CreateMul(x, y);
      case ScalarOp::Div:
        return real() ? real_div(x, y) : integer_div(x, y);
      case ScalarOp::Neg:
        return real() ? b_.CreateFNeg(x) : b_.CreateNeg(x);
      case ScalarOp::Abs:
        return abs(x);
      case ScalarOp::Max:
        return extreme(x, y, llvm::Intrinsic::maximum, llvm::Intrinsic::smax,
                       llvm::Intrinsic::umax);
      case ScalarOp::Min:
        return extreme(x, y, llvm::Intrinsic::minimum, llvm::Intrinsic::smin,
                       llvm::Intrinsic::umin);
      case ScalarOp::Exp:
        return emit_exp(b_, real_only(op, x), math_);
      case ScalarOp::Log:
        return emit_log(b_, real_only(op, x), math_);
      case ScalarOp::Expm1:
        return emit_expm1(b_, real_only(op, x), math_);
      case ScalarOp::Log1p:
        return emit_log1p(b_, real_only(op, x), math_);
      case ScalarOp::Tanh:
        return emit_tanh(b_, real_only(op, x), math_);
      case ScalarOp::Erf:
        return emit_erf(b_, real_only(op, x), math_);
      case ScalarOp::Sin:
        return emit_sin(b_, real_only(op, x), math_);
      case ScalarOp::Cos:
        return emit_cos(b_, real_only(op, x), math_);
      case ScalarOp::Sqrt:
        return emit_sqrt(b_, real_only(op, x));
      case ScalarOp::Lt:
        return compare(x, y, llvm::CmpInst::FCMP_OLT, llvm::CmpInst::ICMP_SLT,
                       llvm::CmpInst::ICMP_ULT);
      case ScalarOp::Le:
        return compare(x, y, llvm::CmpInst::FCMP_OLE, llvm::CmpInst::ICMP_SLE,
                       llvm::CmpInst::ICMP_ULE);
      case ScalarOp::Eq:
        return compare(x, y, llvm::CmpInst::FCMP_OEQ, llvm::CmpInst::ICMP_EQ,
                       llvm::CmpInst::ICMP_EQ);
      case ScalarOp::And:
        return b_.CreateAnd(x, y);
      case ScalarOp::Or:
        return b_.CreateOr(x, y);
      case ScalarOp::Not:
        return b_.CreateNot(x);
      case ScalarOp::Select:
        return b_.CreateSelect(x, y, z);
    }
    internal_error(__FILE__, __LINE__, "a leaf has no value of its own");
  }

 private:
  bool real() const { return is_float(dtype_); }
  bool is_unsigned() const { return dtype_ == DType::U8; }

  Value* real_only(ScalarOp op, Value* x) {
    LATHE_CHECK(real(),
                std::string(ir::scalar_op_name(op)) + " of " + std::string(dtype_name(dtype_)));
    return x;
  }

  /// By a constant c: x (high + low), high being 1/c cut off and low the rest of it, which is the
  /// quotient but for 2^-24 of a unit in the last place (of f64 2^-53) before it is rounded. Both
  /// have c's sign, so that infinities stay. A divider takes three times as long.
  Value* real_div(Value* x, Value* y) {
    const std::optional<double> c = math_.fma ? constant_of(y) : std::nullopt;
    // Where low, which can be 2^-48 of high, or high even, leaves the range of normal numbers it would
    // be zero, and infinity times it no number.
    const double largest = dtype_ == DType::F32 ? 0x1p78 : 0x1p100;
    if (!c || !(std::fabs(*c) > 0x1p-100 && std::fabs(*c) < largest)) return b_.CreateFDiv(x, y);
    double high = 1 / *c;
    if (dtype_ == DType::F32) high = static_cast<float>(high);
    double rest = std::fma(-high, *c, 1.0);
    if (rest < 0) {
      high = dtype_ == DType::F32 ? std::nextafter(static_cast<float>(high), 0.0f)
                                  : std::nextafter(high, 0.0);
      rest = std::fma(-high, *c, 1.0);
    }
    if (rest == 0) return b_.CreateFMul(x, constant(high));
    Value* low = b_.CreateFMul(x, constant(rest / *c));
    return b_.CreateIntrinsic(llvm::Intrinsic::fma, {type_}, {x, constant(high), low});
  }

  /// The one number that all lanes of a constant are.
  static std::optional<double> constant_of(Value* x) {
    auto* all = llvm::dyn_cast<llvm::Constant>(x);
    if (all && all->getType()->isVectorTy()) all = all->getSplatValue();
    auto* number = llvm::dyn_cast_or_null<llvm::ConstantFP>(all);
    if (!number) return std::nullopt;
    return number->getValueAPF().convertToDouble();
  }

  /// LLVM leaves x / 0 and (smallest) / -1 undefined, and x86 traps: 0 and (smallest) here.
  Value* integer_div(Value* x, Value* y) {
    Value* zero = llvm::ConstantInt::get(type_, 0);
    Value* one = llvm::ConstantInt::get(type_, 1);
    Value* by_zero = b_.CreateICmpEQ(y, zero);
    Value* safe = b_.CreateSelect(by_zero, one, y);
    if (is_unsigned()) return b_.CreateSelect(by_zero, zero, b_.CreateUDiv(x, safe));
    Value* by_minus_one = b_.CreateICmpEQ(y, llvm::Constant::getAllOnesValue(type_));
    Value* quotient = b_.CreateSDiv(x, b_.CreateSelect(by_minus_one, one, safe));
    quotient = b_.CreateSelect(by_minus_one, b_.CreateNeg(x), quotient);
    return b_.CreateSelect(by_zero, zero, quotient);
  }

  Value* abs(Value* x) {
    if (real()) return b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x);
    if (is_unsigned()) return x;
    return b_.CreateBinaryIntrinsic(llvm::Intrinsic::abs, x, b_.getFalse());  // wraps, no poison
  }

  /// The intrinsics that keep NaN. Without `nsz` they order zeros, which doubles their cost on x86.
  Value* extreme(Value* x, Value* y, ID floats, ID with_sign, ID without) {
    if (!real()) return b_.CreateBinaryIntrinsic(is_unsigned() ? without : with_sign, x, y);
    Value* best = b_.CreateBinaryIntrinsic(floats, x, y);
    if (auto* call = llvm::dyn_cast<llvm::Instruction>(best)) call->setHasNoSignedZeros(true);
    return best;
  }

  Value* compare(Value* x, Value* y, llvm::CmpInst::Predicate floats,
                 llvm::CmpInst::Predicate with_sign, llvm::CmpInst::Predicate without) {
    if (real()) return b_.CreateFCmp(floats, x, y);
    return b_.CreateICmp(is_unsigned() ? without : with_sign, x, y);
  }

  llvm::IRBuilder<>& b_;
  llvm::IRBuilder<>::FastMathFlagGuard guard_;
  llvm::Type* type_;
  DType dtype_;
  MathOptions math_;
};

}  // namespace

llvm::Type* element_type(llvm::LLVMContext& context, DType dtype) {
  switch (dtype) {
    case DType::F32:
      return llvm::Type::getFloatTy(context);
    case DType::F64:
      return llvm::Type::getDoubleTy(context);
    case DType::I64:
      return llvm::Type::getInt64Ty(context);
    case DType::I32:
      return llvm::Type::getInt32Ty(context);
    case DType::U8:
    case DType::Bool:
      return llvm::Type::getInt8Ty(context);
  }
  internal_error(__FILE__, __LINE__, "bad element type");
}

Value* emit_scalar(llvm::IRBuilder<>& b, const ir::ScalarExpr& e, std::span<Value* const> args,
                   DType dtype, MathOptions math) {
  LATHE_CHECK(!e.empty(), "an empty scalar expression");
  LATHE_CHECK(dtype != DType::Bool, "arithmetic on bool");
  llvm::Type* element = element_type(b.getContext(), dtype);
  llvm::Type* type = args.empty() ? element : args[0]->getType();
  LATHE_CHECK(type->getScalarType() == element, "arguments are not of the element type given");
  for (Value* arg : args) LATHE_CHECK(arg->getType() == type, "arguments of different types");

  Emitter emitter(b, type, dtype, math);
  std::vector<Value*> values;
  values.reserve(e.nodes().size());
  for (const ir::ScalarExpr::Node& n : e.nodes()) {
    auto operand = [&](int k) { return n.operand[k] < 0 ? nullptr : values[n.operand[k]]; };
    if (n.op == ScalarOp::Const) {
      values.push_back(emitter.constant(n.value));
    } else if (n.op == ScalarOp::Arg) {
      LATHE_CHECK(n.arg < static_cast<int>(args.size()), "argument without a value");
      values.push_back(args[n.arg]);
    } else {
      values.push_back(emitter.apply(n.op, operand(0), operand(1), operand(2)));
    }
  }
  return values.back();
}

}  // namespace lathe::codegen
