// The methods, written once for float and double; only the constants of `Format` differ.
//
// Range reduction: x = n ln 2 + r, n the nearest integer, ln 2 split in two (Cody and Waite) so
// that n * ln2_hi is exact. n is rounded by adding 1.5 * 2^mantissa_bits + bias: the sum's low bits
// are then n + bias, and shifted up they are the float 2^n, with no conversion between int and
// float. The polynomials are minimax fits (Remez exchange), each coefficient rounded before the
// next was fitted.
#include "codegen/llvm/vector_math.h"

#include <llvm/MC/MCSubtargetInfo.h>

#include <span>

#include "ir/error.h"

namespace lathe::codegen {

namespace {

using llvm::Value;

struct Format {
  unsigned bits, mantissa_bits;
  int bias;                       ///< of the exponent
  double ln2_hi, ln2_lo;          ///< their sum is ln 2
  double exp_low;                 ///< exp: below it 2^n is 0
  double tanh_high;               ///< tanh of half of it is 1
  double smallest_normal;         ///< 2^(1 - bias)
  uint64_t sqrt_half;             ///< the bits of sqrt(1/2)
  std::span<const double> exp_q;  ///< q(r) = (e^r - 1 - r) / r^2
  std::span<const double> log_p;  ///< p(s^2) = (log((1+s)/(1-s)) - 2s) / s^3
};

// |r| <= ln 2 / 2, error 2^-30 of e^r; and up to r = ln 2, eight times that.
constexpr double kExp32[] = {0x1p-1,        0x1.555578p-3,  0x1.555566p-5,
                             0x1.10e628p-7, 0x1.6cad78p-10, 0x1.d3cf16p-13};
constexpr double kLog32[] = {0x1.55557ap-1, 0x1.995eccp-2, 0x1.31e23ep-2};
constexpr Format kFloat = {32, 23,       127,        0x1.62e4p-1, 0x1.7f7d1cp-20, -88,
                           20, 0x1p-126, 0x3F3504F3, kExp32,      kLog32};

// Likewise: error 2^-56.7 of e^r, and twice that.
constexpr double kExp64[] = {0x1.0000000000005p-1,  0x1.555555555541bp-3,  0x1.5555555553acdp-5,
                             0x1.111111115312ep-7,  0x1.6c16c16ff0fa2p-10, 0x1.a01a0067293ebp-13,
                             0x1.a01a000ecfb5ap-16, 0x1.71e0a72fd0112p-19, 0x1.27d2b875e6706p-22,
                             0x1.ab4a652e75dddp-26, 0x1.4f67e3cc0b88bp-29};
constexpr double kLog64[] = {0x1.5555555555593p-1, 0x1.999999997f9f7p-2, 0x1.249249422a5e3p-2,
                             0x1.c71c51d7b7f2ap-3, 0x1.746649b40c332p-3, 0x1.39a09532a4449p-3,
                             0x1.2f118110f4772p-3};
constexpr Format kDouble = {64,    52, 1023,      0x1.62e42fefp-1,    0x1.473de6af278edp-34,
                            -709,  40, 0x1p-1022, 0x3FE6A09E667F3BCD, kExp64,
                            kLog64};

class Maths {
 public:
  Maths(llvm::IRBuilder<>& b, Value* x, MathOptions options)
      : b_(b), guard_(b), options_(options), type_(x->getType()) {
    llvm::Type* scalar = type_->getScalarType();
    LATHE_CHECK(scalar->isFloatTy() || scalar->isDoubleTy(), "maths on something not a float");
    f_ = scalar->isFloatTy() ? &kFloat : &kDouble;
    int_type_ = b.getIntNTy(f_->bits);
    if (auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type_))
      int_type_ = llvm::FixedVectorType::get(int_type_, vector->getNumElements());
    b.clearFastMathFlags();
  }

  Value* exp(Value* x) {
    // Below exp_low 2^n is 0; above, n stops at the largest power there is and the polynomial, with
    // positive coefficients, goes on to overflow by itself. Both keep NaN.
    const Reduced red = reduce(at_least(x, f_->exp_low), 0, true);
    Value* p = fma(red.r, fma(red.r, polynomial(f_->exp_q, red.r), real(1)), real(1));
    return b_.CreateFMul(p, red.power);
  }

  Value* log(Value* x) {
    // x = 2^e * m with m in [sqrt(1/2), sqrt(2)), by integer arithmetic on the bits.
    const uint64_t one = static_cast<uint64_t>(f_->bias) << f_->mantissa_bits;
    Value* i = b_.CreateAdd(bits_of(x), integer(one - f_->sqrt_half));
    Value* biased = b_.CreateLShr(i, integer(f_->mantissa_bits));  // e + bias
    const double unit = static_cast<double>(uint64_t{1} << f_->mantissa_bits);
    const uint64_t unit_bits = static_cast<uint64_t>(f_->bias + f_->mantissa_bits)
                               << f_->mantissa_bits;
    Value* e =
        b_.CreateFSub(real_of(b_.CreateOr(biased, integer(unit_bits))), real(unit + f_->bias));
    const uint64_t mantissa = (uint64_t{1} << f_->mantissa_bits) - 1;
    Value* m = real_of(b_.CreateAdd(b_.CreateAnd(i, integer(mantissa)), integer(f_->sqrt_half)));

    // log m = 2s + s^3 p(s^2), s = f/(2+f), rearranged as f - f^2/2 + s (f^2/2 + s^2 p): then the
    // largest term, f, is exact.
    Value* f = b_.CreateFSub(m, real(1));
    Value* s = b_.CreateFDiv(f, b_.CreateFAdd(f, real(2)));
    Value* z = b_.CreateFMul(s, s);
    Value* half_square = b_.CreateFMul(b_.CreateFMul(f, real(0.5)), f);
    Value* rest = fma(z, polynomial(f_->log_p, z), half_square);
    Value* small = fma(s, rest, b_.CreateFMul(e, real(f_->ln2_lo)));
    Value* y = fma(e, real(f_->ln2_hi), b_.CreateFSub(f, b_.CreateFSub(half_square, small)));

    Value* tiny = real(f_->smallest_normal);
    Value* edge = b_.CreateSelect(b_.CreateFCmpOLE(x, b_.CreateFNeg(tiny)), nan(), infinity(true));
    y = b_.CreateSelect(b_.CreateFCmpOLT(x, tiny), edge, y);
    return b_.CreateSelect(b_.CreateFCmpUGE(x, infinity(false)), x, y);  // inf and NaN
  }

  Value* tanh(Value* x) {
    // h = (e^(2|x|) - 1) / 2 = 2^(n-1) (e^r - 1) + (2^(n-1) - 1/2) loses nothing where it is small.
    // tanh|x| = h / (1 + h) is h - h h / (1 + h), and also 1 - 1 / (1 + h): the larger term is h,
    // exact, below 1, and 1 above, so that the quotient's error counts for half at most.
    Value* size = b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x);
    const Reduced red = reduce(at_most(b_.CreateFMul(size, real(2)), f_->tanh_high), -1);
    Value* square = b_.CreateFMul(red.r, red.r);
    Value* expm1 = fma(square, polynomial(f_->exp_q, red.r), red.r);
    Value* h = fma(red.power, expm1, b_.CreateFSub(red.power, real(0.5)));
    Value* c = at_most(h, 1);
    Value* quotient = b_.CreateFDiv(c, b_.CreateFAdd(h, real(1)));
    Value* t = fma(b_.CreateFNeg(c), quotient, c);
    return b_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, t, x);
  }

  Value* sqrt(Value* x) { return b_.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, x); }

 private:
  struct Reduced {
    Value* r;      ///< x - n ln 2
    Value* power;  ///< 2^(n + offset); 0 where that has exponent -bias
  };

  Reduced reduce(Value* x, int offset, bool bounded = false) {
    const double magic = 1.5 * static_cast<double>(uint64_t{1} << f_->mantissa_bits) + f_->bias;
    Value* zero = real(magic + offset);
    Value* shifted = fma(x, real(0x1.71547652b82fep+0), zero);
    if (bounded) shifted = at_most(shifted, magic + f_->bias);  // the largest finite power
    Value* n = b_.CreateFSub(shifted, zero);
    Value* r = fma(n, real(-f_->ln2_lo), fma(n, real(-f_->ln2_hi), x));
    return {r, real_of(b_.CreateShl(bits_of(shifted), integer(f_->mantissa_bits)))};
  }

  Value* polynomial(std::span<const double> c, Value* x) {
    Value* p = real(c.back());
    for (size_t i = c.size() - 1; i-- > 0;) p = fma(p, x, real(c[i]));
    return p;
  }

  Value* fma(Value* x, Value* y, Value* z) {
    if (!options_.fma) return b_.CreateFAdd(b_.CreateFMul(x, y), z);
    return b_.CreateIntrinsic(llvm::Intrinsic::fma, {type_}, {x, y, z});
  }

  // One max or min instruction of x86 each, in the order that keeps a NaN of `x`.
  Value* at_least(Value* x, double low) {
    Value* l = real(low);
    return b_.CreateSelect(b_.CreateFCmpOGT(l, x), l, x);
  }
  Value* at_most(Value* x, double high) {
    Value* h = real(high);
    return b_.CreateSelect(b_.CreateFCmpOLT(h, x), h, x);
  }

  Value* real(double v) { return llvm::ConstantFP::get(type_, v); }
  Value* nan() { return llvm::ConstantFP::getQNaN(type_); }
  Value* infinity(bool negative) { return llvm::ConstantFP::getInfinity(type_, negative); }
  Value* integer(uint64_t v) { return llvm::ConstantInt::get(int_type_, v); }
  Value* bits_of(Value* x) { return b_.CreateBitCast(x, int_type_); }
  Value* real_of(Value* x) { return b_.CreateBitCast(x, type_); }

  llvm::IRBuilder<>& b_;
  llvm::IRBuilder<>::FastMathFlagGuard guard_;
  MathOptions options_;
  llvm::Type* type_;
  llvm::Type* int_type_;
  const Format* f_;
};

}  // namespace

MathOptions math_options(const llvm::TargetMachine& target) {
  // Of the targets with vectors only x86 has machines without FMA.
  return {!target.getTargetTriple().isX86() || target.getMCSubtargetInfo()->checkFeatures("+fma")};
}

Value* emit_exp(llvm::IRBuilder<>& b, Value* x, MathOptions options) {
  return Maths(b, x, options).exp(x);
}

Value* emit_log(llvm::IRBuilder<>& b, Value* x, MathOptions options) {
  return Maths(b, x, options).log(x);
}

Value* emit_tanh(llvm::IRBuilder<>& b, Value* x, MathOptions options) {
  return Maths(b, x, options).tanh(x);
}

Value* emit_sqrt(llvm::IRBuilder<>& b, Value* x) {
  return Maths(b, x, {}).sqrt(x);
}

}  // namespace lathe::codegen
