#include "codegen/llvm/dot_products.h"

#include <algorithm>

#include "codegen/llvm/block_epilogue.h"
#include "codegen/llvm/dot_block.h"

namespace lathe::codegen {

using ir::ValueId;
using llvm::Value;

namespace {

/// Of a turned right operand: for more rows it pays to turn it back.
constexpr int64_t kFewRows = 6;
/// A sum has to be long enough to pay for adding up its lanes, and a longer one for a copy of columns.
constexpr int64_t kLeastDepth = 16, kDepthOfACopy = 12, kDepthOfAColumn = 4;
/// Columns of a block that is not all of them, a power of two: random numbers are drawn by fours, and a
/// block lies in one panel.
constexpr int64_t kLeastColumns = 4, kMostColumns = 16;
/// Products that are begun before the first one is done.
constexpr int64_t kInFlight = 8;

class DotProducts {
 public:
  DotProducts(KernelContext& c, const std::vector<ValueId>& ops, const MatmulOperands& o)
      : c_(c), b_(c.b), o_(o), epilogue_(c, ops, o.matmul), depth_(o.k.first.size()) {
    choose_columns();
    choose_rows();
  }

  void emit() {
    const int64_t tile = (rows_ + 1) * round_up(columns_, kRowLanes) * 4;
    tile_ = c_.scratch_at(0, tile);
    if (!o_.turned_b && !is_column())
      copy_ = c_.scratch_at(round_up(tile, 64), o_.n * copy_step() * 4);
    Value* m = size_of(c_, o_.m);
    whole_ = b_.CreateUDiv(m, c_.i64(rows_));
    // Whole blocks, then the rows that are left.
    Value* units = b_.CreateAdd(whole_, b_.CreateURem(m, c_.i64(rows_)));
    const int64_t groups = (o_.n + columns_ - 1) / columns_, rest = o_.n % columns_;
    auto [from, to] = c_.share(b_.CreateMul(units, c_.i64(groups)));
    if (copy_) c_.when(b_.CreateICmpULT(from, to), [&] { copy_columns(); });
    c_.loop(
        from, to, 1,
        [&](Value* t) {
          Value* group = b_.CreateUDiv(t, units);
          Value* unit = b_.CreateURem(t, units);
          if (rest == 0) return block(unit, group, columns_);
          Value* last = b_.CreateICmpEQ(group, c_.i64(groups - 1));
          if (groups > 1) c_.when(b_.CreateNot(last), [&] { block(unit, group, columns_); });
          c_.when(last, [&] { block(unit, group, rest); });
        },
        "dot");
  }

 private:
  void choose_columns() {
    columns_ = o_.n;
    if (o_.n <= kFewColumns) return;
    const int64_t m = o_.m.first.size();
    columns_ = kLeastColumns;
    while (columns_ < kMostColumns && max_dot_rows(c_.cpu, 2 * columns_) >= m) columns_ *= 2;
  }

  /// Of a fixed number of rows the cut into blocks and single rows that takes the least time.
  void choose_rows() {
    rows_ = std::max<int64_t>(max_dot_rows(c_.cpu, columns_), 1);
    if (o_.m.is_symbol()) return;
    const int64_t m = o_.m.first.size();
    const auto time = [&](int64_t rows) { return std::max(rows * columns_, kInFlight); };
    const auto time_of_all = [&](int64_t rows) {
      return m / rows * time(rows) + m % rows * time(1);
    };
    const int64_t most = std::min(rows_, m);
    rows_ = most;
    for (int64_t rows = most - 1; rows >= 1; --rows)
      if (time_of_all(rows) < time_of_all(rows_)) rows_ = rows;
  }

  /// B is one column, whose numbers are neighbours.
  bool is_column() const { return o_.n == 1 && c_.line_step(o_.b) == 1; }
  int64_t copy_step() const { return round_up(depth_, kRowLanes); }

  /// Columns of B in the order of k, for all of a worker's blocks.
  void copy_columns() {
    c_.loop(
        c_.i64(0), c_.i64(depth_), 1,
        [&](Value* k) {
          Value* from = c_.element_address(o_.b.base, DType::F32,
                                           b_.CreateMul(k, c_.i64(c_.line_step(o_.b))));
          Value* to = c_.element_address(copy_, DType::F32, k);
          for (int64_t j = 0; j < o_.n; ++j)
            c_.store_scalar(
                c_.load_scalar(c_.element_address(from, DType::F32, c_.i64(j)), DType::F32),
                c_.element_address(to, DType::F32, c_.i64(j * copy_step())), DType::F32);
        },
        "copy");
  }

  void block(Value* unit, Value* group, int64_t columns) {
    Value* column = b_.CreateMul(group, c_.i64(columns_));
    Value* is_whole = b_.CreateICmpULT(unit, whole_);
    Value* after = b_.CreateAdd(unit, b_.CreateMul(whole_, c_.i64(rows_ - 1)));
    Value* row = b_.CreateSelect(is_whole, b_.CreateMul(unit, c_.i64(rows_)), after);
    c_.when(is_whole, [&] { sums(row, rows_, column, columns); });
    c_.when(b_.CreateNot(is_whole), [&] { sums(row, 1, column, columns); });
    Value* height = b_.CreateSelect(is_whole, c_.i64(rows_), c_.i64(1));
    epilogue_.finish(tile_, {row, height, column, columns});
  }

  void sums(Value* row, int64_t rows, Value* column, int64_t columns) {
    DotBlockKey key{.rows = rows, .columns = columns, .depth = depth_};
    key.a_row_step = c_.row_stride(o_.a);
    key.tile_step = round_up(columns, c_.cpu.lanes);
    Value* a = c_.element_address(o_.a.base, DType::F32, b_.CreateMul(row, c_.i64(key.a_row_step)));
    Value* from = copy_;
    if (copy_) {
      key.b_column_step = copy_step();
    } else {
      key.b_column_step = c_.line_step(o_.b);
      from = c_.element_address(o_.b.base, DType::F32,
                                b_.CreateMul(column, c_.i64(key.b_column_step)));
      if (o_.b.layout.kind == runtime::Layout::Panels) {
        key.b_stretch = o_.b.layout.param;
        key.b_stretch_step = o_.b.type.shape[0].size() * o_.b.layout.param;
      }
    }
    b_.CreateCall(dot_block(c_.out, c_.cpu, key), {a, from, tile_});
  }

  KernelContext& c_;
  llvm::IRBuilder<>& b_;
  const MatmulOperands& o_;
  BlockEpilogue epilogue_;
  const int64_t depth_;
  int64_t rows_ = 1, columns_ = 1;  ///< of a whole block
  Value *tile_ = nullptr, *copy_ = nullptr, *whole_ = nullptr;
};

}  // namespace

bool is_dot_products(const MatmulOperands& o) {
  if (o.turned_a || o.k.is_symbol() || o.b.rows) return false;
  const int64_t depth = o.k.first.size();
  const int64_t of_a_column = o.turned_b ? kDepthOfAColumn : kDepthOfACopy;
  if (depth < std::max(kLeastDepth, of_a_column * std::min(o.n, kFewColumns))) return false;
  if (o.n <= kFewColumns) return true;
  return o.turned_b && !o.m.is_symbol() && o.m.first.size() <= kFewRows;
}

void emit_dot_products(KernelContext& c, const std::vector<ValueId>& ops, const MatmulOperands& o) {
  DotProducts(c, ops, o).emit();
}

}  // namespace lathe::codegen
