#include "codegen/llvm/narrow_gradient.h"

#include <algorithm>
#include <bit>

#include "codegen/llvm/block_epilogue.h"
#include "codegen/llvm/microkernel.h"

namespace lathe::codegen {

using ir::ValueId;
using llvm::Value;

namespace {

constexpr int64_t kLeastRows = 16;   ///< of the result
constexpr int64_t kMostVectors = 8;  ///< of a block

/// x0 y0 x1 y1 …, of the numbers of two lists of vectors.
std::vector<Value*> interleave(llvm::IRBuilder<>& b, const std::vector<Value*>& x,
                               const std::vector<Value*>& y) {
  std::vector<int> low, high;
  for (int lane = 0; lane < kRowLanes; ++lane) {
    low.push_back(lane / 2 + lane % 2 * kRowLanes);
    high.push_back(low.back() + kRowLanes / 2);
  }
  std::vector<Value*> all;
  for (size_t i = 0; i < x.size(); ++i) {
    all.push_back(b.CreateShuffleVector(x[i], y[i], low));
    all.push_back(b.CreateShuffleVector(x[i], y[i], high));
  }
  return all;
}

/// The numbers of a power of two of vectors, lane by lane.
std::vector<Value*> interleave(llvm::IRBuilder<>& b, const std::vector<Value*>& rows) {
  if (rows.size() == 1) return rows;
  std::vector<Value*> even, odd;
  for (size_t i = 0; i < rows.size(); ++i) (i % 2 ? odd : even).push_back(rows[i]);
  return interleave(b, interleave(b, even), interleave(b, odd));
}

class NarrowGradient {
 public:
  NarrowGradient(KernelContext& c, const std::vector<ValueId>& ops, const MatmulOperands& o)
      : c_(c), b_(c.b), o_(o), epilogue_(c, ops, o.matmul), m_(o.m.first.size()) {
    const int64_t vectors = std::clamp<int64_t>((c.cpu.registers - 1) / (o.n + 1), 1, kMostVectors);
    rows_ = std::max<int64_t>(vectors * c.cpu.lanes / kRowLanes, 1) * kRowLanes;
    rows_ = std::min(rows_, round_up(m_, kRowLanes));
    is_column_ = epilogue_.is_column();
  }

  void emit() {
    const int64_t bytes = (o_.n * rows_ + kRowLanes) * 4;
    sums_ = c_.scratch_at(0, bytes);
    tile_ = c_.scratch_at(round_up(bytes, 64), rows_ * step() * 4);
    depth_ = size_of(c_, o_.k);
    const int64_t tiles = (m_ + rows_ - 1) / rows_, rest = m_ % rows_;
    auto [from, to] = c_.share(c_.i64(tiles));
    c_.loop(
        from, to, 1,
        [&](Value* t) {
          Value* row = b_.CreateMul(t, c_.i64(rows_));
          Value* last = b_.CreateICmpEQ(t, c_.i64(tiles - 1));
          if (rest == 0 || tiles > 1)
            c_.when(rest == 0 ? b_.getTrue() : b_.CreateNot(last), [&] { block(row, rows_); });
          if (rest > 0) c_.when(last, [&] { block(row, rest); });
          if (epilogue_.sums_columns())
            c_.when(b_.CreateICmpEQ(t, c_.i64(0)), [&] {
              epilogue_.sum_columns(o_.b.base, depth_, c_.row_stride(o_.b),
                                    {c_.i64(0), c_.i64(1), c_.i64(0), o_.n});
            });
        },
        "narrow");
  }

 private:
  int64_t step() const { return round_up(o_.n, c_.cpu.lanes); }

  void block(Value* row, int64_t rows) {
    // A column of B is the left operand's row, a row of A the right one's.
    MicrokernelKey key;
    const int64_t lanes = c_.cpu.lanes, lda = c_.row_stride(o_.a);
    key.vectors = (rows + lanes - 1) / lanes;
    key.a_row_step = 1;
    key.a_k_step = c_.row_stride(o_.b);
    key.b_k_step = lda;
    key.masked = rows % lanes != 0 && lda < round_up(m_, lanes);
    Value* a = c_.element_address(o_.a.base, DType::F32, row);
    // A square takes several vectors where they are narrow: not all columns have registers for them.
    const int64_t most = max_height(c_.cpu, key.vectors);
    for (int64_t j = 0; j < o_.n; j += most) {
      key.height = std::min(most, o_.n - j);
      Value* column = c_.element_address(o_.b.base, DType::F32, c_.i64(j));
      Value* to = c_.element_address(sums_, DType::F32, c_.i64(j * key.vectors * lanes));
      b_.CreateCall(microkernel(c_.out, c_.cpu, key), {column, a, to, depth_, c_.i64(rows)});
    }
    if (is_column_) return epilogue_.finish(sums_, {c_.i64(0), c_.i64(1), row, rows});
    turn(rows, key.vectors * lanes);
    epilogue_.finish(tile_, {row, c_.i64(rows), c_.i64(0), o_.n});
  }

  /// The columns of the block, `sums_step` apart, to rows of the tile. What is made of lanes past
  /// `rows` does not count.
  void turn(int64_t rows, int64_t sums_step) {
    c_.loop(
        c_.i64(0), c_.i64(rows), kRowLanes,
        [&](Value* first) {
          const auto wide = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(o_.n)));
          auto* type = llvm::FixedVectorType::get(b_.getFloatTy(), kRowLanes);
          std::vector<Value*> columns(wide, llvm::PoisonValue::get(type));
          for (int64_t j = 0; j < o_.n; ++j) {
            Value* at = b_.CreateAdd(first, c_.i64(j * sums_step));
            columns[j] = c_.load(c_.element_address(sums_, DType::F32, at), DType::F32, kRowLanes);
          }
          const std::vector<Value*> all = interleave(b_, columns);
          for (int64_t i = 0; i < kRowLanes; ++i) {
            std::vector<int> lanes;
            for (int64_t j = 0; j < wide; ++j)
              lanes.push_back(static_cast<int>((i * wide + j) % kRowLanes));
            Value* at = b_.CreateMul(b_.CreateAdd(first, c_.i64(i)), c_.i64(step()));
            c_.store(b_.CreateShuffleVector(all[i * wide / kRowLanes], lanes),
                     c_.element_address(tile_, DType::F32, at), DType::F32, static_cast<int>(wide));
          }
        },
        "turn");
  }

  KernelContext& c_;
  llvm::IRBuilder<>& b_;
  const MatmulOperands& o_;
  BlockEpilogue epilogue_;
  const int64_t m_;
  int64_t rows_ = kRowLanes;  ///< of a block
  bool is_column_ = false;    ///< the result, so that its sums are as good as a row
  Value *sums_ = nullptr, *tile_ = nullptr, *depth_ = nullptr;
};

}  // namespace

bool is_narrow_gradient(const MatmulOperands& o) {
  return o.turned_a && !o.turned_b && o.n <= kFewColumns && !o.m.is_symbol() &&
         o.m.first.size() >= kLeastRows && o.b.layout.kind == runtime::Layout::RowMajor;
}

void emit_narrow_gradient(KernelContext& c, const std::vector<ValueId>& ops,
                          const MatmulOperands& o) {
  NarrowGradient(c, ops, o).emit();
}

}  // namespace lathe::codegen
