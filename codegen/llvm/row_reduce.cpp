#include "codegen/llvm/row_reduce.h"

#include <cmath>
#include <limits>

#include "ir/error.h"

namespace lathe::codegen {

using llvm::Value;

namespace {

/// Accumulators that take turns. One alone would wait for itself: four cycles a vector of a sum, and
/// five of a max or min, with its test for NaN. What else a loop does takes about half of that.
constexpr size_t kSums = 2, kExtremes = 4;

using Accumulators = std::vector<Value*>;

/// What is next after `x` went into the first one.
Accumulators turned(Accumulators acc, Value* first) {
  acc.erase(acc.begin());
  acc.push_back(first);
  return acc;
}

/// All of them in one, halves joined until one is left.
template <class Join>
Value* joined(Accumulators acc, const Join& join) {
  for (size_t n = acc.size() / 2; n > 0; n /= 2)
    for (size_t i = 0; i < n; ++i) acc[i] = join(acc[i], acc[n + i]);
  return acc[0];
}

int lanes_of(Value* x) {
  return static_cast<int>(llvm::cast<llvm::FixedVectorType>(x->getType())->getNumElements());
}

std::pair<Value*, Value*> halves(llvm::IRBuilder<>& b, Value* x) {
  const int n = lanes_of(x) / 2;
  std::vector<int> low, high;
  for (int i = 0; i < n; ++i) {
    low.push_back(i);
    high.push_back(n + i);
  }
  return {b.CreateShuffleVector(x, low), b.CreateShuffleVector(x, high)};
}

/// The better of two, NaN where either is. Without `nsz` the intrinsics order zeros, which doubles
/// their cost on x86; with it they are one instruction and, for a NaN of `x`, a test that waits for
/// no y.
Value* better(llvm::IRBuilder<>& b, Value* x, Value* y, bool largest) {
  Value* best =
      b.CreateBinaryIntrinsic(largest ? llvm::Intrinsic::maximum : llvm::Intrinsic::minimum, x, y);
  if (auto* call = llvm::dyn_cast<llvm::Instruction>(best)) call->setHasNoSignedZeros(true);
  return best;
}

RowReduction sum_reduction(KernelContext& c, DType t) {
  llvm::IRBuilder<>& b = c.b;
  auto* type = llvm::FixedVectorType::get(c.value_type(t), kRowLanes);
  RowReduction r;
  r.start.assign(kSums, llvm::Constant::getNullValue(type));
  r.step = [&b, &c, type](Accumulators acc, Value* x, Value*, Value* valid) {
    if (valid) x = b.CreateSelect(c.mask(kRowLanes, valid), x, llvm::Constant::getNullValue(type));
    return turned(acc, b.CreateFAdd(acc[0], x));
  };
  r.finish = [&b](Accumulators acc) {
    return sum_lanes(b, joined(acc, [&](Value* x, Value* y) { return b.CreateFAdd(x, y); }));
  };
  return r;
}

RowReduction extreme_reduction(KernelContext& c, DType t, bool largest) {
  llvm::IRBuilder<>& b = c.b;
  auto* type = llvm::FixedVectorType::get(c.value_type(t), kRowLanes);
  auto* none = llvm::ConstantFP::getInfinity(type, largest);
  RowReduction r;
  r.start.assign(kExtremes, none);
  r.step = [&b, &c, none, largest](Accumulators acc, Value* x, Value*, Value* valid) {
    if (valid) x = b.CreateSelect(c.mask(kRowLanes, valid), x, none);
    return turned(acc, better(b, x, acc[0], largest));
  };
  r.finish = [&b, largest](Accumulators acc) {
    Value* x = joined(acc, [&](Value* p, Value* q) { return better(b, p, q, largest); });
    while (lanes_of(x) > 1) {
      auto [low, high] = halves(b, x);
      x = better(b, low, high, largest);
    }
    return b.CreateExtractElement(x, uint64_t{0});
  };
  return r;
}

/// Position of the largest element, the first one at a tie; NaN counts as largest, as in NumPy.
RowReduction argmax_reduction(KernelContext& c, DType t) {
  llvm::IRBuilder<>& b = c.b;
  auto* type = llvm::FixedVectorType::get(c.value_type(t), kRowLanes);
  auto* index_type = llvm::FixedVectorType::get(b.getInt32Ty(), kRowLanes);
  auto* none = llvm::ConstantFP::getInfinity(type, true);
  auto* far = llvm::ConstantInt::get(index_type, std::numeric_limits<int32_t>::max());
  RowReduction r;
  r.start = {none, far};
  // x beats y: larger, or NaN where y is not, or as good and further in front
  const auto beats = [&b](Value* x, Value* xi, Value* y, Value* yi) {
    Value* x_nan = b.CreateFCmpUNO(x, x);
    Value* y_nan = b.CreateFCmpUNO(y, y);
    Value* larger = b.CreateOr(b.CreateFCmpOGT(x, y), b.CreateAnd(x_nan, b.CreateNot(y_nan)));
    Value* equal = b.CreateOr(b.CreateFCmpOEQ(x, y), b.CreateAnd(x_nan, y_nan));
    return b.CreateOr(larger, b.CreateAnd(equal, b.CreateICmpSLT(xi, yi)));
  };
  r.step = [&b, &c, none, far, index_type, beats](std::vector<Value*> acc, Value* x, Value* column,
                                                  Value* valid) {
    Value* index =
        b.CreateAdd(b.CreateVectorSplat(kRowLanes, b.CreateTrunc(column, b.getInt32Ty())),
                    b.CreateTrunc(c.index_vector(kRowLanes), index_type));
    if (valid) {
      Value* m = c.mask(kRowLanes, valid);
      x = b.CreateSelect(m, x, none);
      index = b.CreateSelect(m, index, far);
    }
    Value* take = beats(x, index, acc[0], acc[1]);
    return std::vector<Value*>{b.CreateSelect(take, x, acc[0]),
                               b.CreateSelect(take, index, acc[1])};
  };
  r.finish = [&b, beats](std::vector<Value*> acc) {
    Value *x = acc[0], *index = acc[1];
    while (lanes_of(x) > 1) {
      auto [a, z] = halves(b, x);
      auto [ai, zi] = halves(b, index);
      Value* take = beats(a, ai, z, zi);
      x = b.CreateSelect(take, a, z);
      index = b.CreateSelect(take, ai, zi);
    }
    return b.CreateExtractElement(index, uint64_t{0});
  };
  return r;
}

}  // namespace

Value* sum_lanes(llvm::IRBuilder<>& b, Value* x) {
  while (lanes_of(x) > 1) {
    auto [low, high] = halves(b, x);
    x = b.CreateFAdd(low, high);
  }
  return b.CreateExtractElement(x, uint64_t{0});
}

RowReduction make_reduction(KernelContext& c, const ir::Op& op, DType t) {
  if (op.kind == ir::OpKind::ArgMax) return argmax_reduction(c, t);
  const std::string kind = op.attrs.word("kind");
  if (kind == "sum") return sum_reduction(c, t);
  LATHE_CHECK(kind == "max" || kind == "min", "a '" + kind + "' that decompose should have split");
  return extreme_reduction(c, t, kind == "max");
}

Value* emit_convert(KernelContext& c, Value* x, DType from, DType to) {
  llvm::IRBuilder<>& b = c.b;
  if (from == to) return x;
  const auto shaped = [&](DType t) -> llvm::Type* {
    llvm::Type* scalar = c.value_type(t);
    return x->getType()->isVectorTy()
               ? static_cast<llvm::Type*>(llvm::FixedVectorType::get(scalar, lanes_of(x)))
               : scalar;
  };
  const bool from_unsigned = from == DType::U8 || from == DType::Bool;
  if (to == DType::Bool) {
    auto* zero = llvm::Constant::getNullValue(x->getType());
    return is_float(from) ? b.CreateFCmpUNE(x, zero) : b.CreateICmpNE(x, zero);
  }
  if (is_float(to)) {
    if (is_float(from))
      return to == DType::F64 ? b.CreateFPExt(x, shaped(to)) : b.CreateFPTrunc(x, shaped(to));
    return from_unsigned ? b.CreateUIToFP(x, shaped(to)) : b.CreateSIToFP(x, shaped(to));
  }
  if (is_float(from)) {
    const auto id = to == DType::U8 ? llvm::Intrinsic::fptoui_sat : llvm::Intrinsic::fptosi_sat;
    return b.CreateIntrinsic(id, {shaped(to), x->getType()}, {x});
  }
  return b.CreateIntCast(x, shaped(to), !from_unsigned);
}

}  // namespace lathe::codegen
