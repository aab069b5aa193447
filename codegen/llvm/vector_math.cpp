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
  double tanh_high;               ///< tanh: exp of it is lost beside 1
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

// Likewise: error 2^-57 of e^r.
constexpr double kExp64[] = {0x1.0000000000001p-1,  0x1.5555555555465p-3,  0x1.5555555554f4bp-5,
                             0x1.111111114539fp-7,  0x1.6c16c16c6a6ffp-10, 0x1.a01a00a9c6b9cp-13,
                             0x1.a01a06f8d2a43p-16, 0x1.71e01499d00d1p-19, 0x1.27cf802bb5d82p-22,
                             0x1.ac375e4cf56c1p-26, 0x1.4aa67e9cf42e5p-29};
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
    const Reduced red = reduce(at_least(x, f_->exp_low), true);
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
    // tanh|x| = -u / (2 + u) with u = e^(-2|x|) - 1 = 2^n (e^r - 1) + (2^n - 1), which loses
    // nothing where u is small.
    Value* size = b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x);
    Value* y = at_most(b_.CreateFMul(size, real(2)), f_->tanh_high);
    const Reduced red = reduce(y, false);
    Value* square = b_.CreateFMul(red.r, red.r);
    Value* expm1 = fma(square, polynomial(f_->exp_q, red.r), red.r);
    Value* u = fma(red.power, expm1, b_.CreateFSub(red.power, real(1)));
    Value* t = b_.CreateFDiv(u, b_.CreateFAdd(u, real(2)));
    return b_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, t, x);
  }

 private:
  struct Reduced {
    Value* r;      ///< x - n ln 2
    Value* power;  ///< 2^n; 0 for n = -bias
  };

  /// `bounded`: n is no larger than the exponent of the largest power of two.
  Reduced reduce(Value* x, bool bounded) {
    const double magic = 1.5 * static_cast<double>(uint64_t{1} << f_->mantissa_bits) + f_->bias;
    Value* shifted = fma(x, real(0x1.71547652b82fep+0), real(magic));
    if (bounded) shifted = at_most(shifted, magic + f_->bias);
    Value* n = b_.CreateFSub(shifted, real(magic));
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
  return b.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, x);
}

}  // namespace lathe::codegen
