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
#include <utility>

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
  double erf_high;                ///< erf of it is 1
  std::span<const double> erf_p;  ///< p(x^2) = erf(x)/x - 1 for |x| < 1
  std::span<const double> erf_q;  ///< q(|x| - 1) = log(1 - erf|x|) up to erf_high
};

// |r| <= ln 2 / 2, error 2^-30 of e^r; and up to r = ln 2, eight times that.
constexpr double kExp32[] = {0x1p-1,        0x1.555578p-3,  0x1.555566p-5,
                             0x1.10e628p-7, 0x1.6cad78p-10, 0x1.d3cf16p-13};
constexpr double kLog32[] = {0x1.55557ap-1, 0x1.995eccp-2, 0x1.31e23ep-2};
// error 2^-29 of erf, and 2^-26.9.
constexpr double kErfSmall32[] = {0x1.06eba8p-3, -0x1.81273ep-2,  0x1.ce2cf2p-4, -0x1.b7f88ep-6,
                                  0x1.540190p-8, -0x1.a3d938p-11, 0x1.491b54p-14};
constexpr double kErfLarge32[] = {-0x1.d97fc0p+0, -0x1.51c9a0p+1,  -0x1.afae6ep-1, -0x1.53bbcep-5,
                                  0x1.42b980p-7,  -0x1.d78682p-10, 0x1.778474p-13};
constexpr Format kFloat = {32,     23, 127,         0x1.62e4p-1, 0x1.7f7d1cp-20,
                           -88,    20, 0x1p-126,    0x3F3504F3,  kExp32,
                           kLog32, 4,  kErfSmall32, kErfLarge32};

// Likewise: error 2^-56.7 of e^r, and twice that.
constexpr double kExp64[] = {0x1.0000000000005p-1,  0x1.555555555541bp-3,  0x1.5555555553acdp-5,
                             0x1.111111115312ep-7,  0x1.6c16c16ff0fa2p-10, 0x1.a01a0067293ebp-13,
                             0x1.a01a000ecfb5ap-16, 0x1.71e0a72fd0112p-19, 0x1.27d2b875e6706p-22,
                             0x1.ab4a652e75dddp-26, 0x1.4f67e3cc0b88bp-29};
constexpr double kLog64[] = {0x1.5555555555593p-1, 0x1.999999997f9f7p-2, 0x1.249249422a5e3p-2,
                             0x1.c71c51d7b7f2ap-3, 0x1.746649b40c332p-3, 0x1.39a09532a4449p-3,
                             0x1.2f118110f4772p-3};
// error 2^-56.4 of erf, and 2^-56.9.
constexpr double kErfSmall64[] = {
    0x1.06eba8214db68p-3,  -0x1.812746b0379b2p-2,  0x1.ce2f21a0408d2p-4,  -0x1.b82ce311ee10dp-6,
    0x1.565bccf7e3be0p-8,  -0x1.c02db014d5802p-11, 0x1.f9a2b75b15072p-14, -0x1.f4ca20aee53c1p-17,
    0x1.b97e4830cb7dbp-20, -0x1.5bfe901437cbbp-23, 0x1.d6e4971d79780p-27, -0x1.ab17fc34934d0p-31};
constexpr double kErfLarge64[] = {
    -0x1.d97fbf27aa2a1p+0,  -0x1.51c9b0006c22bp+1,  -0x1.afabc11a2a601p-1,  -0x1.5477f09a59bfap-5,
    0x1.48c9d396bcfdap-7,   -0x1.033f5c0e9a632p-9,  0x1.f1b0bdb7173cbp-13,  0x1.b924da0073b66p-16,
    -0x1.c842ac3bf5930p-16, 0x1.445b29ea44e68p-17,  -0x1.1d887c7c68855p-19, 0x1.b1058a71a9220p-23,
    0x1.001b7c004c8a7p-24,  -0x1.23f2fe4e924dep-25, 0x1.29fdb61a46845p-27,  -0x1.71d6aae37ce77p-30,
    0x1.0c4def528468cp-33,  -0x1.5efd3162cd87fp-38};
constexpr Format kDouble = {64,     52, 1023,        0x1.62e42fefp-1,    0x1.473de6af278edp-34,
                            -709,   40, 0x1p-1022,   0x3FE6A09E667F3BCD, kExp64,
                            kLog64, 6,  kErfSmall64, kErfLarge64};

// S(r^2) = (sin(r)/r - 1) / r^2 and C(r^2) = (cos r - 1 + r^2/2) / r^4, |r| a little above pi/4;
// errors 2^-57.8 and 2^-63.9. In f32 too they are evaluated in f64.
constexpr double kSin[] = {-0x1.5555555555547p-3, 0x1.111111110f598p-7,   -0x1.a01a019bb44d2p-13,
                           0x1.71de3525b8424p-19, -0x1.ae5e2521bd23bp-26, 0x1.5d7fdf68547cdp-33};
constexpr double kCos[] = {0x1.555555555554ap-5,   -0x1.6c16c16c14df8p-10, 0x1.a01a019c59f97p-16,
                           -0x1.27e4f7ca52c43p-22, 0x1.1ee9c062c40dap-29,  -0x1.8f97e4a396506p-37};
// pi/2 in three parts; the first two have 33 bits, so that 2^20 times them is exact.
constexpr double kHalfPi[] = {0x1.921fb544p+0, 0x1.0b4611a6p-34, 0x1.3198a2e037073p-69};
// 2/pi in words of 32 bits, after 32 zeros: all that a float can need.
constexpr uint64_t kTwoOverPi[] = {0,          0xa2f9836e, 0x4e441529, 0xfc2757d1,
                                   0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab};

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
    Value* y = log_of_normal(x, nullptr);
    Value* tiny = real(f_->smallest_normal);
    Value* edge = b_.CreateSelect(b_.CreateFCmpOLE(x, b_.CreateFNeg(tiny)), nan(), infinity(true));
    y = b_.CreateSelect(b_.CreateFCmpOLT(x, tiny), edge, y);
    return b_.CreateSelect(b_.CreateFCmpUGE(x, infinity(false)), x, y);  // inf and NaN
  }

  Value* expm1(Value* x) {
    // 2^n (e^r - 1) + (2^n - 1): nothing is lost where n is 0.
    const Reduced red = reduce(at_least(x, f_->exp_low), 0, true);
    Value* square = b_.CreateFMul(red.r, red.r);
    Value* small = fma(square, polynomial(f_->exp_q, red.r), red.r);
    return with_sign_of(x, fma(red.power, small, b_.CreateFSub(red.power, real(1))));
  }

  Value* log1p(Value* x) {
    // u = 1 + x is rounded; c is exactly what that lost, and log(u + c) = log u + c/u.
    Value* u = b_.CreateFAdd(x, real(1));
    Value* kept = b_.CreateFSub(u, real(1));
    Value* c =
        b_.CreateFAdd(b_.CreateFSub(x, kept), b_.CreateFSub(real(1), b_.CreateFSub(u, kept)));
    Value* y = with_sign_of(x, log_of_normal(u, b_.CreateFDiv(c, u)));
    Value* edge = b_.CreateSelect(b_.CreateFCmpOLT(x, real(-1)), nan(), infinity(true));
    y = b_.CreateSelect(b_.CreateFCmpOLE(x, real(-1)), edge, y);
    return b_.CreateSelect(b_.CreateFCmpUGE(x, infinity(false)), x, y);  // inf and NaN
  }

  Value* erf(Value* x) {
    // x + x p(x^2) below 1, 1 - exp(q(|x| - 1)) above: q has few terms, as log(1 - erf) is smooth.
    Value* p = polynomial(f_->erf_p, b_.CreateFMul(x, x));
    // Without FMA x p would be flushed to 0 where x is small.
    Value* near_zero = options_.fma ? fma(x, p, x) : b_.CreateFMul(x, b_.CreateFAdd(p, real(1)));
    Value* size = at_most(b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x), f_->erf_high);
    Value* rest = exp(polynomial(f_->erf_q, b_.CreateFSub(size, real(1))));
    Value* far = with_sign_of(x, b_.CreateFSub(real(1), rest));
    return b_.CreateSelect(b_.CreateFCmpOLT(size, real(1)), near_zero, far);
  }

  /// sin for `quarter` 0, cos for 1.
  Value* sine(Value* x, uint64_t quarter) {
    Value* size = b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x);
    Value* y;
    if (f_ == &kFloat) {
      auto [r, n] = reduce_float(size);
      Maths wide(b_, r, options_);
      y = b_.CreateFPTrunc(wide.sine_of(r, n, quarter), type_);
    } else {
      Value* zero = real(0x1.8p52);
      Value* shifted = fma(size, real(0x1.45f306dc9c883p-1), zero);
      Value* n = b_.CreateFSub(shifted, zero);
      Value* r = size;
      for (double part : kHalfPi) r = fma(n, real(-part), r);
      // Far outside the range that is reduced exactly the result is some number, but no large one.
      y = sine_of(at_most(at_least(r, -1), 1), bits_of(shifted), quarter);
    }
    if (quarter == 0) {  // odd
      Value* sign = integer(uint64_t{1} << (f_->bits - 1));
      y = real_of(b_.CreateXor(bits_of(y), b_.CreateAnd(bits_of(x), sign)));
    }
    return b_.CreateSelect(b_.CreateFCmpOLT(size, infinity(false)), y, nan());
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
    return with_sign_of(x, t);
  }

  Value* sqrt(Value* x) { return b_.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, x); }

 private:
  /// log x + correction (which may be null), for a positive normal x.
  Value* log_of_normal(Value* x, Value* correction) {
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
    if (correction) small = b_.CreateFAdd(small, correction);
    return fma(e, real(f_->ln2_hi), b_.CreateFSub(f, b_.CreateFSub(half_square, small)));
  }

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

  /// x modulo pi/2, as a double within pi/4 of 0, and the multiple's last bits, as i64, for a
  /// positive float x: exactly, by integers (after Payne and Hanek). x 2/pi is m 2^k 2/pi, m of 24
  /// bits: of 2/pi what counts are the 96 bits from the one of weight 2^(1-k) on, as whole turns go.
  std::pair<Value*, Value*> reduce_float(Value* x) {
    const auto like = [&](llvm::Type* element) -> llvm::Type* {
      auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type_);
      return vector ? llvm::FixedVectorType::get(element, vector->getNumElements()) : element;
    };
    llvm::Type *wide = like(b_.getInt64Ty()), *real64 = like(b_.getDoubleTy());
    const auto word = [&](uint64_t v) { return llvm::ConstantInt::get(wide, v); };
    Value* bits = b_.CreateZExt(bits_of(x), wide);
    Value* m = b_.CreateOr(b_.CreateAnd(bits, word(0x7FFFFF)), word(0x800000));
    Value* from = b_.CreateSub(b_.CreateLShr(bits, word(23)), word(120));  // in kTwoOverPi, bits
    Value* shift = b_.CreateAnd(from, word(31));
    Value* first = b_.CreateLShr(from, word(5));
    const auto entry = [&](uint64_t i) {  // kTwoOverPi[first + i]
      Value* v = word(kTwoOverPi[i]);
      for (uint64_t k = 1; k < 5; ++k)
        v = b_.CreateSelect(b_.CreateICmpEQ(first, word(k)), word(kTwoOverPi[k + i]), v);
      return v;
    };
    Value* entries[4];
    for (uint64_t i = 0; i < 4; ++i) entries[i] = entry(i);
    const auto product = [&](int i) {  // of m and 32 bits
      Value* pair = b_.CreateOr(b_.CreateShl(entries[i], word(32)), entries[i + 1]);
      return b_.CreateMul(m, b_.CreateLShr(b_.CreateShl(pair, shift), word(32)));
    };
    // x 2/pi / 4 modulo 1, in units of 2^-64.
    Value* turn = b_.CreateAdd(b_.CreateShl(product(0), word(32)), product(1));
    turn = b_.CreateAdd(turn, b_.CreateLShr(product(2), word(32)));
    Value* n = b_.CreateLShr(b_.CreateAdd(turn, word(uint64_t{1} << 61)), word(62));
    Value* rest = b_.CreateAShr(b_.CreateShl(turn, word(2)), word(2));
    Value* r = b_.CreateFMul(b_.CreateSIToFP(rest, real64),
                             llvm::ConstantFP::get(real64, 0x1.921fb54442d18p-62));
    Value* small = b_.CreateFCmpOLT(x, real(0.5));
    return {b_.CreateSelect(small, b_.CreateFPExt(x, real64), r),
            b_.CreateSelect(small, word(0), n)};
  }

  /// sin(r + (n + quarter) pi/2), of doubles.
  Value* sine_of(Value* r, Value* n, uint64_t quarter) {
    Value* z = b_.CreateFMul(r, r);
    Value* s = fma(b_.CreateFMul(r, z), polynomial(kSin, z), r);
    Value* c = fma(b_.CreateFMul(z, z), polynomial(kCos, z), fma(z, real(-0.5), real(1)));
    n = b_.CreateAdd(n, integer(quarter));
    Value* odd = b_.CreateICmpNE(b_.CreateAnd(n, integer(1)), integer(0));
    Value* sign = b_.CreateShl(b_.CreateAnd(n, integer(2)), integer(62));
    return real_of(b_.CreateXor(bits_of(b_.CreateSelect(odd, c, s)), sign));
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

  Value* with_sign_of(Value* x, Value* y) {
    return b_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, y, x);
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

Value* emit_expm1(llvm::IRBuilder<>& b, Value* x, MathOptions options) {
  return Maths(b, x, options).expm1(x);
}

Value* emit_log1p(llvm::IRBuilder<>& b, Value* x, MathOptions options) {
  return Maths(b, x, options).log1p(x);
}

Value* emit_erf(llvm::IRBuilder<>& b, Value* x, MathOptions options) {
  return Maths(b, x, options).erf(x);
}

Value* emit_sin(llvm::IRBuilder<>& b, Value* x, MathOptions options) {
  return Maths(b, x, options).sine(x, 0);
}

Value* emit_cos(llvm::IRBuilder<>& b, Value* x, MathOptions options) {
  return Maths(b, x, options).sine(x, 1);
}

Value* emit_sqrt(llvm::IRBuilder<>& b, Value* x) {
  return Maths(b, x, {}).sqrt(x);
}

}  // namespace lathe::codegen
