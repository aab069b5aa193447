// Contraction kernels: a matmul in blocks of registers, maps and stores on each block, and, for a
// weight gradient, the column sum of its right operand.
//
// Blocks are numbered panel by panel, so that a worker goes down the rows with one panel of B in
// cache. Rows are cut into equal blocks: ceil(M / R) of them, as high as each other but for one
// row. Values of more than two dimensions are matrices, whose rows are all dimensions but the last.
#include <algorithm>

#include "codegen/llvm/kernel_context.h"
#include "codegen/llvm/microkernel.h"
#include "codegen/llvm/scalar_emit.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/row_form.h"

namespace lathe::codegen {

using ir::RowForm;
using ir::ValueId;
using llvm::Value;

namespace {

/// How many rows, or how many products a sum has: `times` is 1 but where the batch, or the first of
/// several dimensions, is multiplied.
struct Extent {
  Dim first = 1;
  int64_t times = 1;
};

/// All dimensions of a value but the last.
Extent rows_of(const TensorType& t) {
  Extent rows{t.shape[0]};
  for (int i = 1; i + 1 < t.rank(); ++i) rows.times *= t.shape[i].size();
  if (rows.first.is_symbol()) return rows;
  return {rows.first.size() * rows.times};
}

class Contraction {
 public:
  Contraction(KernelContext& c, const std::vector<ValueId>& ops) : c_(c), b_(c.b), ops_(ops) {
    for (ValueId id : ops)
      if (c.f.op(id).kind == ir::OpKind::MatMul) matmul_ = id;
    LATHE_CHECK(matmul_ != ir::kNone, "a contraction without a matmul");
    const ir::Op& mm = c.f.op(matmul_);
    LATHE_CHECK(!mm.attrs.flag("transpose_b"), "the layout pass left a transposed right operand");
    ta_ = mm.attrs.flag("transpose_a");
    m_ = rows_of(mm.type);
    n_ = mm.type.shape.back().size();
    const TensorType& a = c.f.op(mm.operands[0]).type;
    k_ = ta_ ? rows_of(a) : Extent{a.shape.back()};
  }

  void emit() {
    const ir::Op& mm = c_.f.op(matmul_);
    a_ = matrix(c_.place(mm.operands[0]));
    bp_ = matrix(c_.place(mm.operands[1]));
    choose_panels();
    prepare_operands();
    const int64_t tile_bytes = rows_max_ * width_ * 4;
    tile_ = c_.scratch_at(0, tile_bytes);

    Value* m = size(m_);
    Value* blocks = b_.CreateUDiv(b_.CreateAdd(m, c_.i64(rows_max_ - 1)), c_.i64(rows_max_));
    Value* low = b_.CreateUDiv(m, blocks);
    Value* extra = b_.CreateURem(m, blocks);
    k_now_ = size(k_);
    const int64_t panels = (n_ + width_ - 1) / width_;
    auto [from, to] = c_.share(b_.CreateMul(blocks, c_.i64(panels)));
    c_.loop(
        from, to, 1,
        [&](Value* t) {
          Value* panel = b_.CreateUDiv(t, blocks);
          Value* block = b_.CreateURem(t, blocks);
          Value* more = b_.CreateICmpULT(block, extra);
          Value* height = b_.CreateAdd(low, b_.CreateZExt(more, b_.getInt64Ty()));
          Value* before = b_.CreateSelect(more, block, extra);
          Value* row = b_.CreateAdd(b_.CreateMul(block, low), before);
          Value* column = b_.CreateMul(panel, c_.i64(width_));
          const int64_t rest = n_ % width_;
          if (rest == 0 || panels == 1) {
            tile(row, height, column, panel, block, n_ < width_ ? n_ : width_);
            return;
          }
          Value* last = b_.CreateICmpEQ(panel, c_.i64(panels - 1));
          c_.when(b_.CreateNot(last), [&] { tile(row, height, column, panel, block, width_); });
          c_.when(last, [&] { tile(row, height, column, panel, block, rest); });
        },
        "tile");
  }

 private:
  Value* size(const Extent& e) {
    Value* first = c_.dim(e.first);
    return e.times == 1 ? first : b_.CreateMul(first, c_.i64(e.times));
  }

  /// What lies there, seen as a matrix.
  static Place matrix(Place p) {
    if (p.type.rank() > 2) p.type.shape = {p.type.shape[0], p.type.shape.back()};
    return p;
  }

  int lanes() const { return static_cast<int>(c_.cpu.lanes); }

  void choose_panels() {
    if (bp_.layout.kind == runtime::Layout::Panels)
      width_ = bp_.layout.param;
    else
      width_ = std::min<int64_t>(std::max<int64_t>(16, 2 * lanes()), (n_ + 15) / 16 * 16);
    vectors_ = width_ / lanes();
    rows_max_ = max_height(c_.cpu, vectors_);
  }

  /// Numbers, which are the same for every element, are read once, before the loops.
  void prepare_operands() {
    for (ValueId id : ops_) {
      const ir::Op& op = c_.f.op(id);
      if (op.kind != ir::OpKind::Map) continue;
      for (ValueId v : op.operands) {
        if (scalars_.contains(v) || in_kernel(v)) continue;
        const TensorType& type = c_.f.op(v).type;
        if (Value* leaf = c_.leaf(v))
          scalars_[v] = leaf;
        else if (ir::matrix_form(op.type, type) == RowForm::Scalar)
          scalars_[v] = c_.load_scalar(c_.place(v).base, type.dtype);
        else
          places_[v] = matrix(c_.place(v));
      }
    }
    for (ValueId id : ops_) {
      const ir::Op& op = c_.f.op(id);
      if (op.kind == ir::OpKind::Assign)
        targets_[op.operands[0]].push_back(matrix(c_.state_place(op.state)));
      else if (ir::has_result(op.kind))
        for (const Place& p : c_.destinations(id)) targets_[id].push_back(matrix(p));
    }
  }

  bool in_kernel(ValueId v) const { return std::find(ops_.begin(), ops_.end(), v) != ops_.end(); }

  Value* b_base(Value* panel, Value* column) {
    if (bp_.layout.kind == runtime::Layout::Panels) {
      Value* rows = bp_.rows ? bp_.rows : c_.i64(bp_.type.shape[0].size());
      return c_.element_address(bp_.base, DType::F32,
                                b_.CreateMul(b_.CreateMul(panel, rows), c_.i64(width_)));
    }
    return c_.element_address(bp_.base, DType::F32, column);
  }

  int64_t b_step() {
    return bp_.layout.kind == runtime::Layout::Panels ? width_ : c_.row_stride(bp_);
  }

  /// One block: `columns` (known at compile time) of the panel count.
  void tile(Value* row, Value* height, Value* column, Value* panel, Value* block, int64_t columns) {
    MicrokernelKey key;
    key.vectors = (columns + lanes() - 1) / lanes();
    const int64_t lda = c_.row_stride(a_);
    key.a_row_step = ta_ ? 1 : lda;
    key.a_k_step = ta_ ? lda : 1;
    key.b_k_step = b_step();
    // A padded row may be read to the end of its last vector; any other B may not.
    key.masked = columns % lanes() != 0 && bp_.layout.kind == runtime::Layout::RowMajor &&
                 c_.row_stride(bp_) < (n_ + lanes() - 1) / lanes() * lanes();
    Value* a_index = ta_ ? row : b_.CreateMul(row, c_.i64(lda));
    Value* a = c_.element_address(a_.base, DType::F32, a_index);
    Value* bp = b_base(panel, column);
    call_by_height(key, height, a, bp, columns);
    epilogue(key, row, height, column, columns);
    if (column_sum() != ir::kNone)
      c_.when(b_.CreateICmpEQ(block, c_.i64(0)), [&] { sum_columns(key, bp, column, columns); });
  }

  void call_by_height(MicrokernelKey key, Value* height, Value* a, Value* bp, int64_t columns) {
    // A fixed number of rows is cut into blocks of two heights at most.
    int64_t least = 1, most = rows_max_;
    if (!m_.first.is_symbol()) {
      const int64_t rows = m_.first.size(), blocks = (rows + rows_max_ - 1) / rows_max_;
      least = rows / blocks;
      most = (rows + blocks - 1) / blocks;
    }
    auto& context = c_.out.getContext();
    auto* after = llvm::BasicBlock::Create(context, "block.done", c_.fn);
    auto* never = llvm::BasicBlock::Create(context, "block.never", c_.fn);
    auto* choose = b_.CreateSwitch(height, never, static_cast<unsigned>(most - least + 1));
    for (int64_t h = least; h <= most; ++h) {
      auto* one = llvm::BasicBlock::Create(context, "block", c_.fn);
      choose->addCase(b_.getInt64(h), one);
      b_.SetInsertPoint(one);
      key.height = h;
      b_.CreateCall(microkernel(c_.out, c_.cpu, key), {a, bp, tile_, k_now_, c_.i64(columns)});
      b_.CreateBr(after);
    }
    b_.SetInsertPoint(never);
    b_.CreateUnreachable();
    b_.SetInsertPoint(after);
  }

  ValueId column_sum() const {
    for (ValueId id : ops_)
      if (c_.f.op(id).kind == ir::OpKind::Reduce) return id;
    return ir::kNone;
  }

  /// The value of an operand of map `op` for a vector at (row, column).
  Value* operand(const ir::Op& op, ValueId v, Value* row, Value* column, Value* valid,
                 const std::map<ValueId, Value*>& known) {
    if (auto it = known.find(v); it != known.end()) return it->second;
    if (auto it = scalars_.find(v); it != scalars_.end()) return c_.splat(it->second, lanes());
    const Place& p = places_.at(v);
    switch (ir::matrix_form(op.type, c_.f.op(v).type)) {
      case RowForm::Full:
        return c_.load(op.type.rank() == 1 ? c_.element_address(p.base, DType::F32, column)
                                           : c_.address(p, row, column),
                       DType::F32, lanes(), valid);
      case RowForm::RowVector:
        return c_.load(c_.element_address(p.base, DType::F32, column), DType::F32, lanes(), valid);
      case RowForm::PerRow:
        return c_.splat(
            c_.load_scalar(b_.CreateInBoundsGEP(b_.getFloatTy(), p.base,
                                                b_.CreateMul(row, c_.i64(c_.row_stride(p)))),
                           DType::F32),
            lanes());
      case RowForm::Scalar:
      case RowForm::General:
        break;
    }
    internal_error(__FILE__, __LINE__, "an operand that fuse should have refused");
  }

  /// Vectors that are the same for every row, loaded once a block: by operand.
  std::map<ValueId, Value*> row_vectors(Value* column, Value* valid) {
    std::map<ValueId, Value*> known;
    for (ValueId id : ops_) {
      const ir::Op& op = c_.f.op(id);
      if (op.kind != ir::OpKind::Map || op.type.rank() < 2) continue;
      for (ValueId v : op.operands)
        if (places_.contains(v) && ir::matrix_form(op.type, c_.f.op(v).type) == RowForm::RowVector)
          known[v] = operand(op, v, nullptr, column, valid, {});
    }
    return known;
  }

  void epilogue(const MicrokernelKey& key, Value* row, Value* height, Value* column,
                int64_t columns) {
    for (int64_t v = 0; v < key.vectors; ++v) {
      const int64_t count = std::min<int64_t>(lanes(), columns - v * lanes());
      Value* valid = count < lanes() ? c_.i64(count) : nullptr;
      Value* at = b_.CreateAdd(column, c_.i64(v * lanes()));
      const std::map<ValueId, Value*> shared = row_vectors(at, valid);
      c_.loop(
          c_.i64(0), height, 1,
          [&](Value* r) {
            Value* line = b_.CreateAdd(row, r);
            Value* from =
                b_.CreateAdd(b_.CreateMul(r, c_.i64(key.vectors * lanes())), c_.i64(v * lanes()));
            std::map<ValueId, Value*> known = shared;
            known[matmul_] =
                c_.load(c_.element_address(tile_, DType::F32, from), DType::F32, lanes());
            run_maps(false, known, line, at, valid);
          },
          "row");
    }
  }

  /// The maps on the result, or on the column sum, and the stores of what they make.
  void run_maps(bool of_sum, std::map<ValueId, Value*>& known, Value* row, Value* column,
                Value* valid) {
    for (ValueId id : ops_) {
      const ir::Op& op = c_.f.op(id);
      if (op.kind == ir::OpKind::Assign || (op.type.rank() == 1) != of_sum) continue;
      if (op.kind == ir::OpKind::Map) {
        std::vector<Value*> args;
        for (ValueId v : op.operands) args.push_back(operand(op, v, row, column, valid, known));
        known[id] = emit_scalar(b_, op.fn, args, DType::F32, c_.cpu.math);
      }
    }
    // Stores come last: an operand may be the memory that a result overwrites.
    for (auto& [id, value] : known) {
      auto it = targets_.find(id);
      if (it == targets_.end()) continue;
      for (const Place& p : it->second) {
        Value* to =
            of_sum ? c_.element_address(p.base, DType::F32, column) : c_.address(p, row, column);
        c_.store(value, to, DType::F32, lanes(), valid);
      }
    }
  }

  void sum_columns(const MicrokernelKey& key, Value* bp, Value* column, int64_t columns) {
    for (int64_t v = 0; v < key.vectors; ++v) {
      const int64_t count = std::min<int64_t>(lanes(), columns - v * lanes());
      Value* valid = count < lanes() ? c_.i64(count) : nullptr;
      auto* type = llvm::FixedVectorType::get(b_.getFloatTy(), lanes());
      Value* first = c_.element_address(bp, DType::F32, c_.i64(v * lanes()));
      auto sum = c_.loop_carry(
          c_.i64(0), k_now_, 1, {llvm::Constant::getNullValue(type)},
          [&](Value* k, std::vector<Value*> acc) {
            Value* at = c_.element_address(first, DType::F32, b_.CreateMul(k, c_.i64(b_step())));
            Value* x = c_.load(at, DType::F32, lanes(), valid);
            return std::vector<Value*>{b_.CreateFAdd(acc[0], x)};
          },
          "sum");
      std::map<ValueId, Value*> known{{column_sum(), sum[0]}};
      run_maps(true, known, nullptr, b_.CreateAdd(column, c_.i64(v * lanes())), valid);
    }
  }

  KernelContext& c_;
  llvm::IRBuilder<>& b_;
  const std::vector<ValueId>& ops_;
  ValueId matmul_ = ir::kNone;
  bool ta_ = false;
  Extent m_, k_;
  int64_t n_ = 1;
  Place a_, bp_;
  int64_t width_ = 16, vectors_ = 1, rows_max_ = 1;
  Value *tile_ = nullptr, *k_now_ = nullptr;
  std::map<ValueId, Value*> scalars_;              ///< operands that are one number
  std::map<ValueId, Place> places_;                ///< operands in memory
  std::map<ValueId, std::vector<Place>> targets_;  ///< where results go
};

}  // namespace

void emit_contraction(KernelContext& c, int, const std::vector<ValueId>& ops) {
  Contraction(c, ops).emit();
}

}  // namespace lathe::codegen
