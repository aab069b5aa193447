// Rows kernels: a walk over the rows, each row in vectors of kRowLanes columns.
//
// Ops are put in levels (row_levels.h). Level by level, first the numbers (one a row), then one
// loop over the columns for each width. A row that is needed in a later level and has no buffer of
// its own waits in this worker's scratch. What overwrites an operand (a buffer in place of another,
// an assigned state) is written at the level of the last op that reads it. A flat kernel is one
// row, and its columns are shared among the workers. While a level works, the caches are asked for
// what the next one is the first to need.
#include <algorithm>
#include <set>

#include "codegen/llvm/fetch_rows.h"
#include "codegen/llvm/kernel_context.h"
#include "codegen/llvm/philox_emit.h"
#include "codegen/llvm/row_levels.h"
#include "codegen/llvm/row_reduce.h"
#include "codegen/llvm/scalar_emit.h"
#include "ir/access.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/row_form.h"

namespace lathe::codegen {

using ir::OpKind;
using ir::RowForm;
using ir::ValueId;
using llvm::Value;

namespace {

class Rows : private RowLevels {
 public:
  /// Ops are all flat, or none is.
  Rows(KernelContext& c, const std::vector<ValueId>& ops)
      : RowLevels(c.f, c.buffers, ops), c_(c), b_(c.b), ops_(ops) {}

  void emit() {
    find_places();
    if (is_flat()) {
      emit_flat();
      return;
    }
    const Dim rows = c_.f.op(ops_.front()).type.shape.at(0);
    auto [from, to] = c_.share(c_.dim(rows));
    FetchRows fetch(c_, ops_);
    if (fetch.at_once() == 0) return emit_rows(from, to);
    c_.loop(
        from, to, fetch.at_once(),
        [&, to = to](Value* first) {
          Value* end = b_.CreateAdd(first, c_.i64(fetch.at_once()));
          end = b_.CreateSelect(b_.CreateICmpSLT(end, to), end, to);
          fetch.emit(first, end);
          emit_rows(first, end);
        },
        "rows");
  }

 private:
  static constexpr int kLanes = kRowLanes;

  void emit_rows(Value* from, Value* to) {
    c_.loop(
        from, to, 1,
        [&](Value* row) {
          row_ = row;
          numbers_.clear();
          for (ValueId v : row_numbers_) numbers_[v] = load_number(v);
          for (int level = 0; level <= last_level(); ++level) {
            for (ValueId id : ops_)
              if (is_number(id) && level_of(id) == level && !is_reduction(id)) number_op(id);
            for (int64_t width : widths(level)) columns_loop(level, width);
          }
        },
        "row");
  }

  void find_places() {
    int64_t scratch = 0;
    for (ValueId id : ops_) {
      targets_[id] =
          is_assign(id) ? std::vector<Place>{c_.state_place(op(id).state)} : c_.destinations(id);
      for (ValueId v : op(id).operands) {
        if (in_kernel(v) || constants_.contains(v)) continue;
        if (Value* leaf = c_.leaf(v)) {
          constants_[v] = leaf;
          continue;
        }
        if (!sources_.contains(v)) sources_[v] = c_.place(v);
        // Numbers are read where they dominate every use: before the loops, or once a row.
        if (is_one(v))
          constants_[v] = c_.load_scalar(sources_[v].base, op(v).type.dtype);
        else if (is_row_number(id, v))
          row_numbers_.insert(v);
      }
    }
    for (ValueId v : waits()) {
      if (!targets_[v].empty()) continue;
      const int64_t bytes = (columns(v) + kLanes) * dtype_size(op(v).type.dtype);
      row_buffers_[v] = c_.scratch_at(scratch, bytes);
      scratch += (bytes + 63) / 64 * 64;
    }
  }

  // ---- flat: one row, its vectors shared among the workers

  void emit_flat() {
    const int64_t n = columns(ops_.front());
    row_ = c_.i64(0);
    if (n == 1) {
      c_.when(b_.CreateICmpEQ(c_.worker, c_.i64(0)), [&] {
        for (ValueId id : ops_) number_op(id);
      });
      return;
    }
    const int64_t full = n / kLanes, all = (n + kLanes - 1) / kLanes;
    auto [from, to] = c_.share(c_.i64(all));
    Value* end = b_.CreateSelect(b_.CreateICmpSLT(to, c_.i64(full)), to, c_.i64(full));
    c_.loop(
        from, end, 1,
        [&](Value* i) {
          vectors_.clear();
          level_ops(0, n, b_.CreateMul(i, c_.i64(kLanes)), nullptr);
        },
        "flat");
    if (full < all)
      c_.when(b_.CreateAnd(b_.CreateICmpEQ(to, c_.i64(all)), b_.CreateICmpSLT(from, to)), [&] {
        vectors_.clear();
        level_ops(0, n, c_.i64(full * kLanes), c_.i64(n % kLanes));
      });
  }

  // ---- numbers: one a row

  bool is_one(ValueId v) const {
    for (Dim d : op(v).type.shape)
      if (!(d == Dim(1))) return false;
    return true;
  }

  /// Whether op `id` reads one number a row of `v`.
  bool is_row_number(ValueId id, ValueId v) const {
    const ir::Op& o = op(id);
    if (is_flat()) return false;
    if (o.kind == OpKind::OneHot) return true;
    if (o.kind == OpKind::Gather) return v == o.operands[1];
    if (is_reduction(id)) return false;
    return is_number(id) || ir::row_form(o.type, op(v).type) == RowForm::PerRow;
  }

  Value* load_number(ValueId v) {
    const Place& p = sources_.at(v);
    return c_.load_scalar(c_.address(p, row_, c_.i64(0)), p.type.dtype);
  }

  Value* number(ValueId v) {
    if (auto it = constants_.find(v); it != constants_.end()) return it->second;
    return numbers_.at(v);
  }

  void number_op(ValueId id) {
    const ir::Op& o = op(id);
    if (is_assign(id)) return store_number(id, number(o.operands[0]));
    std::vector<Value*> args;
    if (o.kind != OpKind::Gather)
      for (ValueId v : o.operands) args.push_back(number(v));
    finish_number(
        id, o.kind == OpKind::Gather ? gathered(o, c_.i64(0), 0) : compute(o, args, 0, nullptr));
  }

  void finish_number(ValueId id, Value* value) {
    numbers_[id] = value;
    store_number(id, value);
  }

  void store_number(ValueId id, Value* value) {
    for (const Place& p : targets_[id])
      c_.store_scalar(value, is_flat() ? p.base : c_.address(p, row_, c_.i64(0)), p.type.dtype);
  }

  /// `lanes` of the row, or window of rows, that the index names, 0: its one number. Zeros, and
  /// nothing read outside, where there is no such row.
  Value* gathered(const ir::Op& o, Value* column, int lanes, Value* valid = nullptr) {
    const auto [first, inside] = c_.picked(o, number(o.operands[1]));
    // A data set may be shorter than the window that is not there.
    if (lanes != 0 && o.attrs.integer("window", 0) > 1)
      valid = b_.CreateSelect(inside, valid ? valid : c_.i64(lanes), c_.i64(0));
    Value* address = c_.address(sources_.at(o.operands[0]), first, column);
    Value* value = lanes == 0 ? c_.load_scalar(address, o.type.dtype)
                              : c_.load(address, o.type.dtype, lanes, valid);
    return b_.CreateSelect(inside, value, llvm::Constant::getNullValue(value->getType()));
  }

  // ---- columns

  /// A row for which the caches are asked while another one is walked over.
  struct Fetch {
    Place place;
    Value* row;
    bool written;
  };

  /// Of matrices that the caches next to the core don't hold: the row that the next level's loop is
  /// the first to read or to write; after the last level, in the next row, the first level's.
  std::vector<Fetch> fetched_ahead(int level, int64_t width) {
    std::vector<Fetch> list;
    if (last_level() == 0) return list;  // one walk in order, which the CPU foresees
    const bool last = level == last_level();
    const int next = last ? 0 : level + 1;
    Value* row = last ? next_row() : row_;
    const auto add = [&](const Place& p, bool written) {
      if (is_large(p)) list.push_back({p, row, written});
    };
    for (ValueId v : first_read(next, width))
      if (auto source = sources_.find(v); source != sources_.end()) add(source->second, false);
    for (ValueId id : ops_)
      if (level_of(id) == next && columns(id) == width && !is_reduction(id))
        for (const Place& p : targets_.at(id)) add(p, true);
    return list;
  }

  /// The last one has none: itself.
  Value* next_row() {
    Value* next = b_.CreateAdd(row_, c_.i64(1));
    Value* rows = c_.dim(c_.f.op(ops_.front()).type.shape.at(0));
    return b_.CreateSelect(b_.CreateICmpULT(next, rows), next, row_);
  }

  bool is_large(const Place& p) const {
    return p.type.rank() >= 2 && c_.most_bytes(p.type) >= kLargeBytes;
  }

  void columns_loop(int level, int64_t width) {
    std::vector<RowReduction> reductions;
    std::vector<ValueId> reduced;
    for (ValueId id : ops_)
      if (is_reduction(id) && level_of(id) == level && loop_width(id) == width) {
        reductions.push_back(make_reduction(c_, op(id), op(op(id).operands[0]).type.dtype));
        reduced.push_back(id);
      }
    const std::vector<Fetch> fetches = fetched_ahead(level, width);
    const auto at_column = [&](Value* column, Value* valid, std::vector<Value*> carried) {
      for (const Fetch& fetch : fetches)
        emit_prefetch(b_, c_.address(fetch.place, fetch.row, column), fetch.written);
      vectors_.clear();
      level_ops(level, width, column, valid);
      size_t at = 0;
      for (size_t i = 0; i < reduced.size(); ++i) {
        const ValueId x = op(reduced[i]).operands[0];
        const size_t n = reductions[i].start.size();
        std::vector<Value*> mine(carried.begin() + at, carried.begin() + at + n);
        mine = reductions[i].step(mine, vector(op(reduced[i]), x, column, valid), column, valid);
        std::copy(mine.begin(), mine.end(), carried.begin() + at);
        at += n;
      }
      return carried;
    };
    std::vector<Value*> carried;
    for (const RowReduction& r : reductions)
      carried.insert(carried.end(), r.start.begin(), r.start.end());
    const int64_t full = width / kLanes * kLanes, rest = width % kLanes;
    if (full > 0 && full <= kUnrolled)
      for (int64_t col = 0; col < full; col += kLanes)
        carried = at_column(c_.i64(col), nullptr, carried);
    else if (full > 0)
      carried = c_.loop_carry(
          c_.i64(0), c_.i64(full), kLanes, carried,
          [&](Value* column, std::vector<Value*> now) { return at_column(column, nullptr, now); },
          "column");
    if (rest > 0) carried = at_column(c_.i64(full), c_.i64(rest), carried);
    size_t at = 0;
    for (size_t i = 0; i < reduced.size(); ++i) {
      const size_t n = reductions[i].start.size();
      finish_number(reduced[i],
                    reductions[i].finish({carried.begin() + at, carried.begin() + at + n}));
      at += n;
    }
  }

  void level_ops(int level, int64_t width, Value* column, Value* valid) {
    for (ValueId id : ops_) {
      const ir::Op& o = op(id);
      if (is_reduction(id) || is_number(id)) continue;
      if (level_of(id) != level || columns(id) != width) continue;
      if (is_assign(id)) {
        vectors_[id] = vector(o, o.operands[0], column, valid);
        continue;
      }
      std::vector<Value*> args;
      if (ir::is_elementwise(o.kind))
        for (ValueId v : o.operands) args.push_back(vector(o, v, column, valid));
      vectors_[id] = o.kind == OpKind::Gather ? gathered(o, column, kLanes, valid)
                                              : compute(o, args, kLanes, column);
    }
    for (ValueId id : ops_) {  // after all loads of this vector: results may overwrite operands
      auto value = vectors_.find(id);
      if (value == vectors_.end() || level_of(id) != level) continue;
      for (const Place& p : targets_[id])
        c_.store(value->second, c_.address(p, row_, column, is_flat()), p.type.dtype, kLanes,
                 valid);
      if (auto row = row_buffers_.find(id); row != row_buffers_.end())
        c_.store(value->second, c_.element_address(row->second, op(id).type.dtype, column),
                 op(id).type.dtype, kLanes);
    }
  }

  /// Operand `v` of `o` as a vector at `column`.
  Value* vector(const ir::Op& o, ValueId v, Value* column, Value* valid) {
    if (auto it = vectors_.find(v); it != vectors_.end()) return it->second;
    const TensorType& t = op(v).type;
    if (in_kernel(v)) {
      if (is_number(v)) return c_.splat(number(v), kLanes);
      if (auto row = row_buffers_.find(v); row != row_buffers_.end())
        return c_.load(c_.element_address(row->second, t.dtype, column), t.dtype, kLanes);
      return c_.load(c_.address(targets_.at(v).front(), row_, column, is_flat()), t.dtype, kLanes,
                     valid);
    }
    if (constants_.contains(v)) return c_.splat(number(v), kLanes);
    // A reduction reads whole rows of its operand; elementwise work goes by the operand's form.
    const RowForm form = is_reduction(o.kind) ? RowForm::Full : ir::row_form(o.type, t);
    const Place& p = sources_.at(v);
    switch (form) {
      case RowForm::Full:
        return vectors_[v] =
                   c_.load(c_.address(p, row_, column, is_flat()), t.dtype, kLanes, valid);
      case RowForm::RowVector:
        if (p.layout != runtime::Layout() && t.rank() == 2 && !(t.shape[0] == Dim(1)) &&
            p.layout != runtime::Layout::rows(t.shape[1].size()))
          throw Error("layout " + runtime::to_string(p.layout) + " of " + t.to_string() +
                      ": a rows kernel that reads it as one row needs plain rows");
        return vectors_[v] =
                   c_.load(c_.element_address(p.base, t.dtype, column), t.dtype, kLanes, valid);
      case RowForm::PerRow:
      case RowForm::Scalar:
        return c_.splat(number(v), kLanes);
      case RowForm::General:
        break;
    }
    internal_error(__FILE__, __LINE__, "an operand that fuse should have refused");
  }

  /// An op other than reductions and gather, for one number (lanes 0) or a vector.
  Value* compute(const ir::Op& o, const std::vector<Value*>& args, int lanes, Value* column) {
    switch (o.kind) {
      case OpKind::Map:
        return emit_scalar(b_, o.fn, args, op(o.operands[0]).type.dtype, c_.cpu.math);
      case OpKind::Broadcast:
        return args[0];
      case OpKind::Convert:
        return emit_convert(c_, args[0], op(o.operands[0]).type.dtype, o.type.dtype);
      case OpKind::OneHot:
        return one_hot(o, lanes, column);
      case OpKind::RandomUniform:
        return uniform(o, lanes, column);
      case OpKind::Reduce:
      case OpKind::ArgMax:
      case OpKind::Gather:
      case OpKind::Assign:  // these four have ways of their own
      case OpKind::Param:
      case OpKind::State:
      case OpKind::Constant:
      case OpKind::BatchSize:
      case OpKind::ScatterAdd:
      case OpKind::MatMul:
      case OpKind::Transpose:
      case OpKind::Reshape:
      case OpKind::Softmax:
      case OpKind::LogSoftmax:
      case OpKind::Concat:
      case OpKind::Slice:
      case OpKind::Minimize:
      case OpKind::Update:
        break;
    }
    internal_error(__FILE__, __LINE__, "an op that the verifier lets into no rows kernel");
  }

  Value* one_hot(const ir::Op& o, int lanes, Value* column) {
    Value* label = c_.index(number(o.operands[0]), op(o.operands[0]).type.dtype);
    Value* index =
        lanes == 0 ? c_.i64(0) : b_.CreateAdd(c_.splat(column, lanes), c_.index_vector(lanes));
    return b_.CreateUIToFP(
        b_.CreateICmpEQ(index, c_.splat(label, lanes)),
        lanes == 0 ? b_.getFloatTy()
                   : static_cast<llvm::Type*>(llvm::FixedVectorType::get(b_.getFloatTy(), lanes)));
  }

  /// Numbers are keyed by their place in the whole tensor; rows begin anywhere in a block of four
  /// unless their columns are a multiple of it.
  Value* uniform(const ir::Op& o, int lanes, Value* column) {
    Value *seed = number(o.operands[0]), *step = number(o.operands[1]);
    const auto stream = static_cast<uint32_t>(o.attrs.integer("stream", 0));
    const int64_t columns = is_flat() ? 0 : o.type.row_elements();
    Value* element = b_.CreateMul(row_, c_.i64(columns));
    if (lanes == 0) return emit_uniform_at(b_, seed, step, stream, element);
    element = b_.CreateAdd(element, column);
    const auto emit = columns % 4 == 0 ? emit_uniform : emit_uniform_from;
    return emit(b_, seed, step, stream, element, static_cast<unsigned>(lanes));
  }

  static constexpr int64_t kUnrolled = 64;  ///< columns up to which a loop is written out
  /// Of a matrix that is fetched ahead: a walk over a row has several of them at once.
  static constexpr int64_t kLargeBytes = int64_t{1} << 18;

  KernelContext& c_;
  llvm::IRBuilder<>& b_;
  const std::vector<ValueId>& ops_;
  std::map<ValueId, Place> sources_;               ///< operands in memory
  std::map<ValueId, Value*> constants_;            ///< operands that are one number for all rows
  std::set<ValueId> row_numbers_;                  ///< operands that are one number a row
  std::map<ValueId, std::vector<Place>> targets_;  ///< where results go
  std::map<ValueId, Value*> row_buffers_;          ///< rows in scratch
  std::map<ValueId, Value*> numbers_;              ///< of this row
  std::map<ValueId, Value*> vectors_;              ///< at this column
  Value* row_ = nullptr;
};

}  // namespace

void emit_rows(KernelContext& c, int, const std::vector<ValueId>& ops) {
  Rows(c, ops).emit();
}

}  // namespace lathe::codegen
