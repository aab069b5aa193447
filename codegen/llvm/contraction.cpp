// Contraction kernels: a matmul in blocks of registers, maps and stores on each block, and, for a
// weight gradient, the column sum of its right operand.
//
// Rows are cut into equal blocks: ceil(M / R) of them, as high as each other but for one row;
// columns into panels. A tile is a block in a panel. Tiles are numbered so that a worker goes down
// the blocks of a group, whose rows of A stay in the second cache, with one panel of B in the
// first. A sum of many products is made in pieces, between which the tiles of a segment wait in the
// worker's scratch: each element is one chain over ascending k all the same. The maps are made of a block
// in scratch, while it is in the first cache, or, where sums are short, in registers. Products of few
// columns, or few fixed rows, have files of their own.
#include <algorithm>
#include <functional>

#include "codegen/llvm/block_epilogue.h"
#include "codegen/llvm/dot_products.h"
#include "codegen/llvm/kernel_context.h"
#include "codegen/llvm/matmul_operands.h"
#include "codegen/llvm/microkernel.h"
#include "codegen/llvm/narrow_gradient.h"
#include "codegen/llvm/packing.h"
#include "codegen/llvm/turn.h"
#include "ir/access.h"
#include "ir/error.h"

namespace lathe::codegen {

using ir::ValueId;
using llvm::Value;

namespace {

/// A sum of so few products is over before a high block pays much, and of a symbol of rows fewer heights
/// are sooner compiled.
constexpr int64_t kShortDepth = 16, kShortRows = 4;
/// The same of blocks of one vector: so many sums hide the time that an addition takes.
constexpr int64_t kNarrowRows = 8;
/// Blocks of a fixed number of rows whose sums have no more products are not written to scratch and read again
/// for the maps. Of longer sums that is little, and copies of the maps for each height take time to compile.
constexpr int64_t kDepthInRegisters = 64;
constexpr int64_t kWideVectors = 8;  ///< of a block of a few rows
constexpr int64_t kLeastPanels = 4;  ///< for which columns of A are copied
/// Products of a sum that are added up in one go, and about so many in a piece of a longer one. Where
/// both operands are copied, a piece's panel of B stays in the first cache for a group of blocks.
constexpr int64_t kWholeDepth = 1024, kPieceDepth = 512;
constexpr int64_t kWholeCopied = 384, kPieceCopied = 256;
// in_pieces rounds up to whole squares, for which there has to be room.
static_assert(kPieceDepth % kTurnSide == 0 && kPieceCopied % kTurnSide == 0);
static_assert(kDepthInRegisters <= std::min(kWholeDepth, kWholeCopied),
              "no sum in registers is in pieces");
constexpr int64_t kFirstCacheBytes = 24 << 10;     ///< of a panel that stays in the first cache
constexpr int64_t kRowsAhead = 4;                  ///< of B that are fetched otherwise
constexpr int64_t kGroupBytes = int64_t{1} << 20;  ///< of A's rows in a group of blocks
/// Of a group whose columns of A are copied, and of any that waits in scratch.
constexpr int64_t kCopiedBlocks = 4, kWaitingBlocks = 16, kWaitingPanels = 16;

/// The least and the largest height of a block.
struct Heights {
  int64_t least, most;
};

int64_t lines(int64_t bytes) {
  return round_up(bytes, kLineBytes);
}

class Contraction {
 public:
  Contraction(KernelContext& c, const std::vector<ValueId>& ops, const MatmulOperands& o)
      : c_(c),
        b_(c.b),
        epilogue_(c, ops, o.matmul),
        ta_(o.turned_a),
        tb_(o.turned_b),
        m_(o.m),
        k_(o.k),
        n_(o.n),
        a_(o.a),
        bp_(o.b) {
    in_panels_ = bp_.layout.kind == runtime::Layout::Panels && !tb_;
    if (in_panels_)
      width_ = bp_.layout.param;
    else
      width_ = ir::panel_width(n_, lanes());
    vectors_ = width_ / lanes();
    panels_ = (n_ + width_ - 1) / width_;
    rows_max_ = max_height(c.cpu, vectors_);
    if (!m_.is_symbol()) return;
    if (!k_.is_symbol() && k_.first.size() <= kShortDepth)
      rows_max_ = std::min(rows_max_, kShortRows);
    if (vectors_ == 1) rows_max_ = std::min(rows_max_, kNarrowRows);
  }

  void emit() {
    choose_wide();
    depth_ = size(k_);
    Value* m = size(m_);
    if (few_rows_ > 0 && !m_.is_symbol()) {
      tiles_ = c_.scratch_at(0, few_rows_ * together_ * width_ * 4);
      return wide_blocks(m);
    }
    choose_groups();
    in_registers_ = !m_.is_symbol() && most(k_) <= kDepthInRegisters && epilogue_.is_short();
    choose_scratch();
    if (few_rows_ == 0) return blocks_of_rows(m);
    Value* few = b_.CreateICmpULE(m, c_.i64(few_rows_));
    c_.when(few, [&] { wide_blocks(m); });
    c_.when(b_.CreateNot(few), [&] { blocks_of_rows(m); });
  }

 private:
  Value* size(const Extent& e) { return size_of(c_, e); }
  int64_t most(const Extent& e) const { return most_of(c_, e); }

  int lanes() const { return static_cast<int>(c_.cpu.lanes); }
  int64_t tile_elements() const { return rows_max_ * width_; }

  // ---- choices that are made when the kernel is emitted

  /// A few rows have too few sums in a panel to hide the time that an addition takes, and to ask for
  /// enough of a weight at once: they take several panels together.
  void choose_wide() {
    if (ta_ || tb_) return;
    LATHE_CHECK(!bp_.rows, "a right operand with a symbol for rows and no transposed left one");
    const int64_t together = std::min(kWideVectors / vectors_, panels_);
    if (together < 2) return;
    const int64_t few = max_height(c_.cpu, together * vectors_);
    if (!m_.is_symbol() && m_.first.size() > few) return;
    together_ = together;
    few_rows_ = few;
  }

  /// Blocks of a group, panels of a segment of it.
  void choose_groups() {
    copies_a_ = ta_ && !tb_ && panels_ >= kLeastPanels;
    pieces_ = most(k_) > (copies_a_ ? kWholeCopied : kWholeDepth);
    copies_b_ = copies_a_ && pieces_ && !in_panels_;
    piece_ = copies_a_ ? kPieceCopied : kPieceDepth;
    const int64_t deep = pieces_ ? piece_ : most(k_);
    if (copies_a_)
      group_ = kCopiedBlocks;
    else
      group_ = std::max<int64_t>(kGroupBytes / (rows_max_ * deep * 4), 1);
    if (pieces_) group_ = std::min(group_, kWaitingBlocks);
    if (pieces_ && copies_a_) group_ = kWaitingBlocks;
    group_ = std::min(group_, (most(m_) + rows_max_ - 1) / rows_max_);
    segment_panels_ = pieces_ ? std::min(panels_, kWaitingPanels) : panels_;
  }

  void choose_scratch() {
    const int64_t wide = few_rows_ * together_ * width_;
    const int64_t waiting = tile_elements() * (pieces_ ? group_ * segment_panels_ : 1);
    int64_t at = lines(std::max(wide, waiting) * 4);
    tiles_ = c_.scratch_at(0, at);
    const int64_t deep = pieces_ ? piece_ : most(k_);
    if (copies_a_) {
      copy_elements_ = lines((deep * heights().most + lanes()) * 4) / 4;
      packed_a_ = c_.scratch_at(at, group_ * copy_elements_ * 4);
      at += group_ * copy_elements_ * 4;
    }
    if (tb_ || copies_b_)
      packed_b_ = c_.scratch_at(at, (deep + kTurnSide) / kTurnSide * kTurnSide * width_ * 4);
  }

  /// Of blocks_of_rows: a few rows are one wide block, and more than one block are no lower than half of
  /// the highest. A fixed number of rows is cut into blocks of two heights at most.
  Heights heights() const {
    if (m_.is_symbol()) return {std::min(few_rows_ + 1, (rows_max_ + 1) / 2), rows_max_};
    const int64_t rows = m_.first.size(), blocks = (rows + rows_max_ - 1) / rows_max_;
    return {rows / blocks, (rows + blocks - 1) / blocks};
  }

  // ---- a few rows

  Heights few_heights() const {
    if (m_.is_symbol()) return {1, few_rows_};
    return {m_.first.size(), m_.first.size()};
  }

  void wide_blocks(Value* m) {
    const Depth all{c_.i64(0), depth_};
    auto [from, to] = c_.share(c_.i64((panels_ + together_ - 1) / together_));
    c_.loop(
        from, to, 1,
        [&](Value* group) {
          Value* panel = b_.CreateMul(group, c_.i64(together_));
          by_columns(group, together_, [&](Value* column, int64_t columns) {
            const Block block{c_.i64(0), m, column, columns};
            sums(block, few_heights(), a_.base, b_at(panel, column, all), tiles_, all, false, {});
            epilogue_.finish(tiles_, block);
          });
        },
        "wide");
  }

  /// The columns of group `at`, of `together` panels, with their number, which only the last has
  /// otherwise.
  void by_columns(Value* at, int64_t together,
                  const std::function<void(Value* column, int64_t columns)>& body) {
    const int64_t wide = together * width_, groups = (n_ + wide - 1) / wide, rest = n_ % wide;
    Value* column = b_.CreateMul(at, c_.i64(wide));
    if (rest == 0 || groups == 1) {
      body(column, std::min(n_, wide));
      return;
    }
    Value* last = b_.CreateICmpEQ(at, c_.i64(groups - 1));
    c_.when(b_.CreateNot(last), [&] { body(column, wide); });
    c_.when(last, [&] { body(column, rest); });
  }

  // ---- blocks of rows

  /// Some tiles of a group, one after the other.
  struct Segment {
    Value *first, *end;   ///< tiles
    Value* group_tile;    ///< the first tile of the group
    Value *block, *many;  ///< the group's first block, and how many it has
  };

  void blocks_of_rows(Value* m) {
    blocks_ = b_.CreateUDiv(b_.CreateAdd(m, c_.i64(rows_max_ - 1)), c_.i64(rows_max_));
    low_ = b_.CreateUDiv(m, blocks_);
    extra_ = b_.CreateURem(m, blocks_);
    auto [from, to] = c_.share(b_.CreateMul(blocks_, c_.i64(panels_)));
    c_.walk(
        from, to,
        [&, to = to](Value* t) {
          const Segment s = segment(t, to);
          if (pieces_)
            in_pieces(s);
          else
            piece(s, {c_.i64(0), depth_}, nullptr, nullptr);
          return s.end;
        },
        "segment");
  }

  Segment segment(Value* t, Value* to) {
    const auto least = [&](Value* x, Value* y) {
      return b_.CreateSelect(b_.CreateICmpULT(x, y), x, y);
    };
    Value* group = b_.CreateUDiv(t, c_.i64(group_ * panels_));
    Segment s;
    s.first = t;
    s.group_tile = b_.CreateMul(group, c_.i64(group_ * panels_));
    s.block = b_.CreateMul(group, c_.i64(group_));
    s.many = least(b_.CreateSub(blocks_, s.block), c_.i64(group_));
    Value* last = b_.CreateMul(s.many, c_.i64(panels_));  // all in terms of the group's tiles
    if (segment_panels_ < panels_) {
      Value* size = b_.CreateMul(s.many, c_.i64(segment_panels_));
      Value* before = b_.CreateUDiv(b_.CreateSub(t, s.group_tile), size);
      last = least(last, b_.CreateMul(b_.CreateAdd(before, c_.i64(1)), size));
    }
    s.end = least(to, b_.CreateAdd(s.group_tile, last));
    return s;
  }

  void in_pieces(const Segment& s) {
    const auto pieces_of = [&](Value* deep) {
      return b_.CreateUDiv(b_.CreateAdd(depth_, b_.CreateSub(deep, c_.i64(1))), deep);
    };
    // Equal ones, but whole squares of a right operand that is turned.
    Value* some = pieces_of(c_.i64(piece_));
    Value* deep = b_.CreateUDiv(b_.CreateAdd(depth_, b_.CreateSub(some, c_.i64(1))), some);
    deep = b_.CreateAnd(b_.CreateAdd(deep, c_.i64(kTurnSide - 1)), c_.i64(-kTurnSide));
    Value* count = pieces_of(deep);
    c_.loop(
        c_.i64(0), count, 1,
        [&](Value* i) {
          Value* first = b_.CreateMul(i, deep);
          Value* left = b_.CreateSub(depth_, first);
          Value* is_last = b_.CreateICmpULE(left, deep);
          piece(s, {first, b_.CreateSelect(is_last, left, deep)}, b_.CreateICmpEQ(i, c_.i64(0)),
                is_last);
        },
        "piece");
  }

  /// `is_first` and `is_last` of the pieces of a sum; null where there is one.
  void piece(const Segment& s, const Depth& k, Value* is_first, Value* is_last) {
    if (copies_a_)
      c_.loop(
          c_.i64(0), s.many, 1, [&](Value* i) { pack_block(b_.CreateAdd(s.block, i), i, k); },
          "copy");
    c_.loop(
        s.first, s.end, 1,
        [&](Value* t) {
          Value* within = b_.CreateSub(t, s.group_tile);
          Value* panel = b_.CreateUDiv(within, s.many);
          Value* in_group = b_.CreateURem(within, s.many);
          Value* block = b_.CreateAdd(s.block, in_group);
          Value* is_new =
              b_.CreateOr(b_.CreateICmpEQ(t, s.first), b_.CreateICmpEQ(in_group, c_.i64(0)));
          Value* tile = tiles_;
          if (pieces_)
            tile =
                c_.element_address(tiles_, DType::F32,
                                   b_.CreateMul(b_.CreateSub(t, s.first), c_.i64(tile_elements())));
          by_columns(panel, 1, [&](Value* column, int64_t columns) {
            const Block at{row_of(block), height_of(block), column, columns};
            if (packed_b_) c_.when(is_new, [&] { copy_panel(panel, column, columns, k); });
            if (pieces_) c_.when(is_first, [&] { clear(tile); });
            Value* a = copies_a_
                           ? c_.element_address(packed_a_, DType::F32,
                                                b_.CreateMul(in_group, c_.i64(copy_elements_)))
                           : a_at(at.row, k);
            Value* b = packed_b_ ? packed_b_ : b_at(panel, column, k);
            if (in_registers_)
              finish_in_registers(at, a, b, k);
            else
              sums(at, heights(), a, b, tile, k, pieces_, ahead(at, tile, is_last));
            when_last(is_last, [&] {
              if (!in_registers_) epilogue_.finish(tile, at);
              if (epilogue_.sums_columns()) sum_columns(at, panel, block);
            });
          });
        },
        "tile");
  }

  /// What is asked for with the last products of a sum; with others the tile, which is there.
  std::vector<Fetched> ahead(const Block& at, Value* tile, Value* is_last) {
    std::vector<Fetched> all = epilogue_.ahead(at);
    if (!is_last) return all;
    for (Fetched& f : all) {
      f.first = b_.CreateSelect(is_last, f.first, tile);
      f.step = b_.CreateSelect(is_last, f.step, c_.i64(0));
    }
    return all;
  }

  void when_last(Value* is_last, const std::function<void()>& body) {
    if (is_last)
      c_.when(is_last, body);
    else
      body();
  }

  Value* height_of(Value* block) {
    Value* more = b_.CreateICmpULT(block, extra_);
    return b_.CreateAdd(low_, b_.CreateZExt(more, b_.getInt64Ty()));
  }
  Value* row_of(Value* block) {
    Value* before = b_.CreateSelect(b_.CreateICmpULT(block, extra_), block, extra_);
    return b_.CreateAdd(b_.CreateMul(block, low_), before);
  }

  void pack_block(Value* block, Value* in_group, const Depth& k) {
    Value* a = c_.element_address(a_.base, DType::F32, row_of(block));
    Value* out =
        c_.element_address(packed_a_, DType::F32, b_.CreateMul(in_group, c_.i64(copy_elements_)));
    for (int64_t h = heights().least; h <= heights().most; ++h)
      c_.when(b_.CreateICmpEQ(height_of(block), c_.i64(h)),
              [&] { copy_columns(c_, a, c_.row_stride(a_), k, h, h, out); });
  }

  void copy_panel(Value* panel, Value* column, int64_t columns, const Depth& k) {
    if (tb_)
      turn_rows(c_, bp_, column, columns, k, width_, packed_b_);
    else
      copy_columns(c_, b_at(panel, column, {c_.i64(0), nullptr}), c_.row_stride(bp_), k, columns,
                   width_, packed_b_);
  }

  void clear(Value* tile) {
    auto* zero = llvm::Constant::getNullValue(llvm::FixedVectorType::get(b_.getFloatTy(), lanes()));
    c_.loop(
        c_.i64(0), c_.i64(tile_elements()), lanes(),
        [&](Value* i) {
          c_.store(zero, c_.element_address(tile, DType::F32, i), DType::F32, lanes());
        },
        "clear");
  }

  /// Each panel's sum by another block, so that workers share them.
  void sum_columns(const Block& at, Value* panel, Value* block) {
    c_.when(b_.CreateICmpEQ(block, b_.CreateURem(panel, blocks_)), [&] {
      epilogue_.sum_columns(b_at(panel, at.column, {c_.i64(0), depth_}), depth_, b_stride(), at);
    });
  }

  // ---- operands

  Value* a_at(Value* row, const Depth& k) {
    const int64_t lda = c_.row_stride(a_);
    Value* index = ta_ ? b_.CreateAdd(row, b_.CreateMul(k.first, c_.i64(lda)))
                       : b_.CreateAdd(b_.CreateMul(row, c_.i64(lda)), k.first);
    return c_.element_address(a_.base, DType::F32, index);
  }

  Value* b_at(Value* panel, Value* column, const Depth& k) {
    Value* first = column;
    if (in_panels_) {
      Value* rows = bp_.rows ? bp_.rows : c_.i64(bp_.type.shape[0].size());
      first = b_.CreateMul(b_.CreateMul(panel, rows), c_.i64(width_));
    }
    Value* index = b_.CreateAdd(first, b_.CreateMul(k.first, c_.i64(b_stride())));
    return c_.element_address(bp_.base, DType::F32, index);
  }

  /// Elements from one k to the next, of B where it is, and of what is read for it.
  int64_t b_stride() { return in_panels_ ? width_ : c_.row_stride(bp_); }
  int64_t b_step() { return packed_b_ ? width_ : b_stride(); }

  MicrokernelKey key_of(const Block& at) {
    MicrokernelKey key;
    key.vectors = (at.columns + lanes() - 1) / lanes();
    const int64_t lda = c_.row_stride(a_);
    key.a_row_step = ta_ ? 1 : lda;
    key.a_k_step = ta_ ? lda : 1;
    key.b_k_step = b_step();
    if (at.columns > width_) {
      key.panel_vectors = vectors_;
      key.b_panel_step = in_panels_ ? bp_.type.shape[0].size() * width_ : width_;
    }
    // A panel that does not fit the first cache comes from the second one for every block.
    const int64_t deep = pieces_ ? piece_ : most(k_);
    if (deep * width_ * 4 >= kFirstCacheBytes) key.b_ahead = kRowsAhead;
    // A padded row may be read to the end of its last vector; any other B may not.
    key.masked = !packed_b_ && !in_panels_ && at.columns % lanes() != 0 &&
                 c_.row_stride(bp_) < (n_ + lanes() - 1) / lanes() * lanes();
    return key;
  }

  /// `body` for the height of a block, which is in the range.
  void by_height(Value* height, Heights range, const std::function<void(int64_t height)>& body) {
    auto& context = c_.out.getContext();
    auto* after = llvm::BasicBlock::Create(context, "block.done", c_.fn);
    auto* never = llvm::BasicBlock::Create(context, "block.never", c_.fn);
    auto* choose = b_.CreateSwitch(height, never, range.most - range.least + 1);
    for (int64_t h = range.least; h <= range.most; ++h) {
      auto* one = llvm::BasicBlock::Create(context, "block", c_.fn);
      choose->addCase(b_.getInt64(h), one);
      b_.SetInsertPoint(one);
      body(h);
      b_.CreateBr(after);
    }
    b_.SetInsertPoint(never);
    b_.CreateUnreachable();
    b_.SetInsertPoint(after);
  }

  /// The sums of a block, of one panel or several, to `tile`; `adds`: to what stands there.
  void sums(const Block& at, Heights range, Value* a, Value* b, Value* tile, const Depth& k,
            bool adds, const std::vector<Fetched>& fetched) {
    MicrokernelKey key = key_of(at);
    key.adds = adds;
    std::vector<Value*> args{a, b, tile, k.count, c_.i64(at.columns)};
    for (const Fetched& f : fetched) {
      key.fetched.push_back(f.written);
      args.insert(args.end(), {f.first, f.step});
    }
    by_height(at.height, range, [&](int64_t height) {
      key.height = height;
      if (copies_a_) key.a_k_step = height;
      b_.CreateCall(microkernel(c_.out, c_.cpu, key), args);
    });
  }

  /// The sums of a block of one panel, and the maps on them while they are in registers.
  void finish_in_registers(const Block& at, Value* a, Value* b, const Depth& k) {
    MicrokernelKey key = key_of(at);
    const BlockOperands operands{a, b, k.count, c_.i64(at.columns), epilogue_.ahead(at)};
    by_height(at.height, heights(), [&](int64_t height) {
      key.height = height;
      if (copies_a_) key.a_k_step = height;
      auto* vector = llvm::FixedVectorType::get(b_.getFloatTy(), static_cast<unsigned>(lanes()));
      std::vector<Value*> sums(height * key.vectors, llvm::Constant::getNullValue(vector));
      add_products(b_, c_.cpu, key, operands, sums);
      epilogue_.finish(sums, at);
    });
  }

  KernelContext& c_;
  llvm::IRBuilder<>& b_;
  BlockEpilogue epilogue_;
  const bool ta_, tb_;  ///< transposed
  const Extent m_, k_;
  const int64_t n_;
  const Place a_, bp_;
  bool in_panels_ = false;  ///< B, as it is read
  int64_t width_ = 16, vectors_ = 1, panels_ = 1, rows_max_ = 1;
  int64_t few_rows_ = 0, together_ = 1;       ///< of wide blocks; 0: there are none
  bool in_registers_ = false;                 ///< maps are made of sums that are in registers
  bool pieces_ = false;                       ///< sums may be made in pieces
  bool copies_a_ = false, copies_b_ = false;  ///< columns of A, panels of B
  int64_t piece_ = 1;                         ///< products in a piece, about
  int64_t group_ = 1, segment_panels_ = 1;
  int64_t copy_elements_ = 0;                                           ///< of a block's copy
  Value *tiles_ = nullptr, *packed_a_ = nullptr, *packed_b_ = nullptr;  ///< in scratch
  Value *depth_ = nullptr, *blocks_ = nullptr, *low_ = nullptr, *extra_ = nullptr;
};

}  // namespace

void emit_contraction(KernelContext& c, int, const std::vector<ValueId>& ops) {
  const MatmulOperands o = matmul_operands(c, ops);
  if (is_dot_products(o))
    emit_dot_products(c, ops, o);
  else if (is_narrow_gradient(o))
    emit_narrow_gradient(c, ops, o);
  else
    Contraction(c, ops, o).emit();
}

}  // namespace lathe::codegen
