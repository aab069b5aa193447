#include "codegen/llvm/dot_block.h"

#include <algorithm>
#include <bit>

#include "codegen/llvm/optimize.h"
#include "ir/error.h"

namespace lathe::codegen {

using llvm::Value;

namespace {

/// Adds neighbours at distance `d` in blocks of 2d lanes: x's to the lower half of each, y's to the
/// upper. Where y is null, that half does not count.
Value* fold(llvm::IRBuilder<>& b, Value* x, Value* y, int d) {
  if (!y) y = llvm::PoisonValue::get(x->getType());
  std::vector<int> first, second;
  for (int lane = 0; lane < kRowLanes; ++lane) {
    const bool upper = (lane & d) != 0;
    first.push_back(upper ? kRowLanes + lane - d : lane);
    second.push_back(upper ? kRowLanes + lane : lane + d);
  }
  return b.CreateFAdd(b.CreateShuffleVector(x, y, first), b.CreateShuffleVector(x, y, second));
}

/// Of up to sixteen vectors, of which some may be null, lane i of the result is the sum of the lanes of
/// vector i. One is null only if all after it in its half, or quarter, are.
Value* sums_of_lanes(llvm::IRBuilder<>& b, std::vector<Value*> v) {
  v.resize(kRowLanes, nullptr);
  for (int d = kRowLanes / 2; d >= 1; d /= 2)
    for (int i = 0; i < d; ++i) {
      LATHE_CHECK(v[i] || !v[i + d], "a sum whose neighbour is missing");
      if (v[i]) v[i] = fold(b, v[i], v[i + d], d);
    }
  return v[0];
}

class DotBlock {
 public:
  DotBlock(const CpuModel& cpu, const DotBlockKey& key, llvm::IRBuilder<>& b, llvm::Function* fn)
      : cpu_(cpu), key_(key), b_(b), fn_(fn) {
    vector_ = llvm::FixedVectorType::get(b.getFloatTy(), kRowLanes);
  }

  void emit() {
    auto& context = fn_->getContext();
    auto* entry = llvm::BasicBlock::Create(context, "entry", fn_);
    b_.SetInsertPoint(entry);
    std::vector<Value*> sums(key_.rows * key_.columns, llvm::Constant::getNullValue(vector_));
    const int64_t stretches = key_.depth / key_.b_stretch, rest = key_.depth % key_.b_stretch;
    Value *a = fn_->getArg(0), *bp = fn_->getArg(1);
    if (stretches > 0) {
      auto* body = llvm::BasicBlock::Create(context, "k", fn_);
      auto* done = llvm::BasicBlock::Create(context, "rest", fn_);
      b_.CreateBr(body);
      b_.SetInsertPoint(body);
      const auto carried = [&](Value* start) {
        auto* phi = b_.CreatePHI(start->getType(), 2);
        phi->addIncoming(start, entry);
        return phi;
      };
      auto* left = carried(b_.getInt64(stretches));
      auto* a_at = carried(a);
      auto* b_at = carried(bp);
      std::vector<llvm::PHINode*> start;
      for (Value*& s : sums) {
        start.push_back(carried(s));
        s = start.back();
      }
      add_products(sums, a_at, b_at, key_.b_stretch);
      for (size_t i = 0; i < sums.size(); ++i) start[i]->addIncoming(sums[i], body);
      a = at(a_at, key_.b_stretch);
      bp = at(b_at, key_.b_stretch_step);
      a_at->addIncoming(a, body);
      b_at->addIncoming(bp, body);
      Value* next = b_.CreateNSWSub(left, b_.getInt64(1));
      left->addIncoming(next, body);
      b_.CreateCondBr(b_.CreateICmpNE(next, b_.getInt64(0)), body, done);
      b_.SetInsertPoint(done);
    }
    add_products(sums, a, bp, rest);
    store(sums);
    b_.CreateRetVoid();
  }

 private:
  Value* at(Value* base, int64_t offset) {
    return b_.CreateConstInBoundsGEP1_64(b_.getFloatTy(), base, offset);
  }

  /// A vector of which `count` lanes are read, the others zero.
  Value* load(Value* from, int64_t count) {
    const llvm::Align align(4);
    if (count == kRowLanes) return b_.CreateAlignedLoad(vector_, from, align);
    std::vector<llvm::Constant*> mask;
    for (int64_t l = 0; l < kRowLanes; ++l) mask.push_back(b_.getInt1(l < count));
    return b_.CreateMaskedLoad(vector_, from, align, llvm::ConstantVector::get(mask),
                               llvm::Constant::getNullValue(vector_));
  }

  void add_products(std::vector<Value*>& sums, Value* a, Value* bp, int64_t depth) {
    for (int64_t k = 0; k < depth; k += kRowLanes) {
      const int64_t count = std::min<int64_t>(depth - k, kRowLanes);
      std::vector<Value*> rows;
      for (int64_t r = 0; r < key_.rows; ++r)
        rows.push_back(load(at(a, r * key_.a_row_step + k), count));
      for (int64_t j = 0; j < key_.columns; ++j) {
        Value* column = load(at(bp, j * key_.b_column_step + k), count);
        for (int64_t r = 0; r < key_.rows; ++r) {
          Value*& sum = sums[r * key_.columns + j];
          sum = cpu_.math.fma
                    ? b_.CreateIntrinsic(llvm::Intrinsic::fma, {vector_}, {rows[r], column, sum})
                    : b_.CreateFAdd(sum, b_.CreateFMul(rows[r], column));
        }
      }
    }
  }

  /// As many rows as a vector has room for are folded together.
  void store(const std::vector<Value*>& sums) {
    const int64_t wide = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(key_.columns)));
    const int64_t together = kRowLanes / wide;
    for (int64_t first = 0; first < key_.rows; first += together) {
      const int64_t rows = std::min(together, key_.rows - first);
      std::vector<Value*> parts(kRowLanes, nullptr);
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t j = 0; j < key_.columns; ++j)
          parts[r * wide + j] = sums[(first + r) * key_.columns + j];
      Value* all = sums_of_lanes(b_, parts);
      for (int64_t r = 0; r < rows; ++r) {
        std::vector<int> lanes;
        for (int64_t j = 0; j < wide; ++j) lanes.push_back(static_cast<int>(r * wide + j));
        b_.CreateAlignedStore(b_.CreateShuffleVector(all, lanes),
                              at(fn_->getArg(2), (first + r) * key_.tile_step), llvm::Align(4));
      }
    }
  }

  const CpuModel& cpu_;
  const DotBlockKey& key_;
  llvm::IRBuilder<>& b_;
  llvm::Function* fn_;
  llvm::FixedVectorType* vector_;
};

}  // namespace

std::string DotBlockKey::name() const {
  // Found by name: a word of the IR has no dollar.
  std::string text = "dot$";
  for (int64_t n :
       {rows, columns, depth, a_row_step, b_column_step, b_stretch, b_stretch_step, tile_step})
    text += std::to_string(n) + "_";
  text.pop_back();
  return text;
}

llvm::Function* dot_block(llvm::Module& out, const CpuModel& cpu, const DotBlockKey& key) {
  const std::string name = key.name();
  if (auto* made = out.getFunction(name)) return made;
  llvm::IRBuilder<> b(out.getContext());
  auto* ptr = b.getPtrTy();
  auto* fn = llvm::Function::Create(llvm::FunctionType::get(b.getVoidTy(), {ptr, ptr, ptr}, false),
                                    llvm::Function::InternalLinkage, name, out);
  fn->addFnAttr(llvm::Attribute::NoInline);
  fn->addFnAttr(llvm::Attribute::NoUnwind);
  fn->addFnAttr(kTidy);
  for (unsigned i = 0; i < 3; ++i) fn->addParamAttr(i, llvm::Attribute::NoAlias);
  DotBlock(cpu, key, b, fn).emit();
  return fn;
}

int64_t max_dot_rows(const CpuModel& cpu, int64_t columns) {
  // rows * columns accumulators and `rows` of A, one of B, each of sixteen lanes.
  const int64_t registers = cpu.registers * cpu.lanes / kRowLanes;
  return std::min<int64_t>((registers - 1) / (columns + 1), 8);
}

}  // namespace lathe::codegen
