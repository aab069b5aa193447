// Columns kernels: the sum over the leading axes, then maps on the sum.
//
// The axes that go, flattened, are rows; those that stay are columns. Sums are made in vectors of
// columns, shared among the workers: chains over blocks of kBlock rows, and a chain over the
// blocks' sums. What is summed up altogether is one row, or a row for each index of the first axis:
// a chain in each lane through all of them, lanes joined by halves. Either order depends on the
// shape alone.
#include "codegen/llvm/kernel_context.h"
#include "codegen/llvm/row_reduce.h"
#include "codegen/llvm/scalar_emit.h"
#include "ir/access.h"
#include "ir/error.h"
#include "ir/row_form.h"

namespace lathe::codegen {

using ir::OpKind;
using ir::ValueId;
using llvm::Value;

namespace {

class Columns {
 public:
  Columns(KernelContext& c, const std::vector<ValueId>& ops) : c_(c), b_(c.b), ops_(ops) {}

  void emit() {
    sum_ = ops_.front();
    const ir::Op& o = c_.f.op(sum_);
    LATHE_CHECK(o.kind == OpKind::Reduce, "a columns kernel starts with its sum");
    x_ = c_.place(o.operands[0]);
    t_ = o.type.dtype;
    prepare();
    if (o.type.rank() == 0) {
      rows_ = c_.dim(x_.type.shape[0]);
      c_.when(b_.CreateICmpEQ(c_.worker, c_.i64(0)),
              [&] { finish(x_.type.rank() == 1 ? sum_vector() : sum_rows(), nullptr, nullptr); });
      return;
    }
    rows_ = c_.i64(1);
    for (size_t i = 0; i < o.attrs.ints("axes").size(); ++i)
      rows_ = b_.CreateMul(rows_, c_.dim(x_.type.shape[i]));
    const int64_t columns = o.type.elements();
    const int64_t full = columns / kRowLanes, all = (columns + kRowLanes - 1) / kRowLanes;
    auto [from, to] = c_.share(c_.i64(all));
    const int64_t rest = columns % kRowLanes;
    Value* end = b_.CreateSelect(b_.CreateICmpSLT(to, c_.i64(full)), to, c_.i64(full));
    c_.loop(
        from, end, 1,
        [&](Value* i) {
          Value* column = b_.CreateMul(i, c_.i64(kRowLanes));
          finish(sum_matrix(column, nullptr), column, nullptr);
        },
        "columns");
    if (rest > 0)
      c_.when(b_.CreateAnd(b_.CreateICmpEQ(to, c_.i64(all)), b_.CreateICmpSLT(from, to)), [&] {
        Value* column = c_.i64(full * kRowLanes);
        finish(sum_matrix(column, c_.i64(rest)), column, c_.i64(rest));
      });
  }

 private:
  static constexpr int64_t kBlock = 32;

  /// Results, and what maps read, are taken as one row.
  static Place contiguous(const Place& p) {
    const int64_t columns = p.type.shape.empty() ? 1 : p.type.shape.back().size();
    LATHE_CHECK(p.layout == runtime::Layout() || p.layout == runtime::Layout::rows(columns),
                "a columns kernel takes contiguous results");
    return p;
  }

  void prepare() {
    for (ValueId id : ops_) {
      const ir::Op& op = c_.f.op(id);
      if (op.kind == OpKind::Assign) {
        targets_[op.operands[0]].push_back(contiguous(c_.state_place(op.state)));
        continue;
      }
      for (Place& p : c_.destinations(id)) targets_[id].push_back(contiguous(p));
      if (op.kind != OpKind::Map) continue;
      for (ValueId v : op.operands) {
        if (std::find(ops_.begin(), ops_.end(), v) != ops_.end()) continue;
        const ir::RowForm form = ir::row_form(op.type, c_.f.op(v).type);
        if (Value* leaf = c_.leaf(v)) {
          scalars_[v] = leaf;
        } else if (op.type.rank() == 0 || form == ir::RowForm::Scalar) {
          scalars_[v] = c_.load_scalar(c_.place(v).base, t_);
        } else {
          LATHE_CHECK(form == ir::RowForm::Full, "an operand that fuse should have refused");
          places_[v] = contiguous(c_.place(v));
        }
      }
    }
  }

  llvm::Type* vector_type() { return llvm::FixedVectorType::get(c_.value_type(t_), kRowLanes); }

  Value* sum_vector() {
    auto* zero = llvm::Constant::getNullValue(vector_type());
    Value* full = b_.CreateMul(b_.CreateUDiv(rows_, c_.i64(kRowLanes)), c_.i64(kRowLanes));
    auto sum = c_.loop_carry(
        c_.i64(0), full, kRowLanes, {zero},
        [&](Value* i, std::vector<Value*> acc) {
          Value* x = c_.load(c_.element_address(x_.base, t_, i), t_, kRowLanes);
          return std::vector<Value*>{b_.CreateFAdd(acc[0], x)};
        },
        "sum");
    // The masked rest adds zeros where there is nothing: the order stays that of the lanes.
    Value* rest =
        c_.load(c_.element_address(x_.base, t_, full), t_, kRowLanes, b_.CreateSub(rows_, full));
    return sum_lanes(b_, b_.CreateFAdd(sum[0], rest));
  }

  /// All elements of all rows of x, wherever each row lies.
  Value* sum_rows() {
    const int64_t columns = x_.type.row_elements(), rest = columns % kRowLanes;
    const auto add = [&](Value* acc, Value* row, Value* column, Value* valid) {
      return b_.CreateFAdd(acc, c_.load(c_.address(x_, row, column), t_, kRowLanes, valid));
    };
    auto sum = c_.loop_carry(
        c_.i64(0), rows_, 1, {llvm::Constant::getNullValue(vector_type())},
        [&](Value* row, std::vector<Value*> acc) {
          auto part = c_.loop_carry(
              c_.i64(0), c_.i64(columns - rest), kRowLanes, acc,
              [&](Value* column, std::vector<Value*> inner) {
                return std::vector<Value*>{add(inner[0], row, column, nullptr)};
              },
              "column");
          if (rest > 0) part[0] = add(part[0], row, c_.i64(columns - rest), c_.i64(rest));
          return part;
        },
        "row");
    return sum_lanes(b_, sum[0]);
  }

  /// Of x, as the matrix of rows and columns that the sum sees.
  Value* element(Value* row, Value* column) {
    const ir::Op& sum = c_.f.op(sum_);
    if (sum.attrs.ints("axes").size() == 1) return c_.address(x_, row, column);
    // More than a matrix: its layout is plain.
    Value* line = b_.CreateMul(row, c_.i64(sum.type.elements()));
    return c_.element_address(x_.base, t_, b_.CreateAdd(line, column));
  }

  Value* sum_matrix(Value* column, Value* valid) {
    auto* zero = llvm::Constant::getNullValue(vector_type());
    auto total = c_.loop_carry(
        c_.i64(0), rows_, kBlock, {zero},
        [&](Value* block, std::vector<Value*> acc) {
          Value* end = b_.CreateAdd(block, c_.i64(kBlock));
          end = b_.CreateSelect(b_.CreateICmpSLT(end, rows_), end, rows_);
          auto part = c_.loop_carry(
              block, end, 1, {zero},
              [&](Value* row, std::vector<Value*> inner) {
                Value* x = c_.load(element(row, column), t_, kRowLanes, valid);
                return std::vector<Value*>{b_.CreateFAdd(inner[0], x)};
              },
              "row");
          return std::vector<Value*>{b_.CreateFAdd(acc[0], part[0])};
        },
        "block");
    return total[0];
  }

  /// Maps and stores: of one number (column nullptr) or of a vector of the result.
  void finish(Value* sum, Value* column, Value* valid) {
    std::map<ValueId, Value*> known{{sum_, sum}};
    for (ValueId id : ops_) {
      const ir::Op& op = c_.f.op(id);
      if (op.kind != OpKind::Map) continue;
      std::vector<Value*> args;
      for (ValueId v : op.operands) {
        if (auto it = known.find(v); it != known.end())
          args.push_back(it->second);
        else if (auto s = scalars_.find(v); s != scalars_.end())
          args.push_back(c_.splat(s->second, column ? kRowLanes : 0));
        else
          args.push_back(
              c_.load(c_.element_address(places_.at(v).base, t_, column), t_, kRowLanes, valid));
      }
      known[id] = emit_scalar(b_, op.fn, args, t_, c_.cpu.math);
    }
    for (ValueId id : ops_) {
      if (!known.contains(id)) continue;
      for (const Place& p : targets_[id]) {
        if (column)
          c_.store(known[id], c_.element_address(p.base, t_, column), t_, kRowLanes, valid);
        else
          c_.store_scalar(known[id], p.base, t_);
      }
    }
  }

  KernelContext& c_;
  llvm::IRBuilder<>& b_;
  const std::vector<ValueId>& ops_;
  ValueId sum_ = ir::kNone;
  Place x_;
  DType t_ = DType::F32;
  Value* rows_ = nullptr;
  std::map<ValueId, Value*> scalars_;
  std::map<ValueId, Place> places_;
  std::map<ValueId, std::vector<Place>> targets_;
};

}  // namespace

void emit_columns(KernelContext& c, int, const std::vector<ValueId>& ops) {
  Columns(c, ops).emit();
}

}  // namespace lathe::codegen
