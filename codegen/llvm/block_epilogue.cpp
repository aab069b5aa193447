#include "codegen/llvm/block_epilogue.h"

#include <algorithm>

#include "codegen/llvm/matmul_operands.h"
#include "codegen/llvm/philox_emit.h"
#include "codegen/llvm/scalar_emit.h"
#include "ir/access.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/row_form.h"

namespace lathe::codegen {

using ir::RowForm;
using ir::ValueId;
using llvm::Value;

namespace {

/// A matrix of this size is no longer in the caches next to a core when its block comes. Where sums are
/// short, fetches take longer than the wait for a smaller one.
constexpr int64_t kLargeBytes = int64_t{1} << 19;
/// Of the expressions of short maps together; vectors of a row that such maps take at once.
constexpr size_t kShortNodes = 24;
constexpr int64_t kTogether = 2;

}  // namespace

BlockEpilogue::BlockEpilogue(KernelContext& c, const std::vector<ValueId>& ops, ValueId matmul)
    : c_(c), b_(c.b), ops_(ops), matmul_(matmul) {
  for (ValueId id : ops_)
    if (c_.f.op(id).kind == ir::OpKind::Reduce) sum_ = id;
  find_operands();
  find_targets();
}

bool BlockEpilogue::in_kernel(ValueId v) const {
  return std::find(ops_.begin(), ops_.end(), v) != ops_.end();
}

void BlockEpilogue::find_operands() {
  for (ValueId id : ops_) {
    const ir::Op& op = c_.f.op(id);
    if (op.kind != ir::OpKind::Map && op.kind != ir::OpKind::RandomUniform) continue;
    for (ValueId v : op.operands) {
      if (scalars_.contains(v) || in_kernel(v)) continue;
      const TensorType& type = c_.f.op(v).type;
      if (Value* leaf = c_.leaf(v))
        scalars_[v] = leaf;
      else if (ir::matrix_form(op.type, type) == RowForm::Scalar)
        scalars_[v] = c_.load_scalar(c_.place(v).base, type.dtype);
      else
        places_[v] = as_matrix(c_.place(v));
      if (!places_.contains(v) || ir::matrix_form(op.type, type) != RowForm::Full) continue;
      const ir::Op& owner = c_.f.op(ir::resolve_view(c_.f, v));
      add_large(owner.kind == ir::OpKind::State ? ~int64_t{owner.state} : v, type, places_[v],
                false);
    }
  }
}

void BlockEpilogue::add_large(int64_t key, const TensorType& type, const Place& p, bool written) {
  if (type.rank() < 2) return;
  if (c_.most_bytes(type) < kLargeBytes) return;
  large_.try_emplace(key, Large{p, false}).first->second.written |= written;
}

void BlockEpilogue::find_targets() {
  for (ValueId id : ops_) {
    const ir::Op& op = c_.f.op(id);
    if (op.kind == ir::OpKind::Assign) {
      targets_[op.operands[0]].push_back(as_matrix(c_.state_place(op.state)));
      add_large(~int64_t{op.state}, c_.module.states.at(op.state).type,
                targets_[op.operands[0]].back(), true);
    } else if (ir::has_result(op.kind)) {
      for (const Place& p : c_.destinations(id)) targets_[id].push_back(as_matrix(p));
      if (targets_.contains(id)) add_large(id, op.type, targets_[id].front(), true);
    }
  }
}

Value* BlockEpilogue::valid(const Block& block, int64_t v) {
  const int64_t count = block.columns - v * lanes();
  return count < lanes() ? c_.i64(count) : nullptr;
}

Value* BlockEpilogue::address(const Place& p, const At& at) {
  return c_.element_address(c_.address(p, at.first_row, at.column), p.type.dtype,
                            b_.CreateMul(at.row, c_.i64(c_.line_step(p))));
}

/// The value of an operand of map `op` for a vector.
Value* BlockEpilogue::operand(const ir::Op& op, ValueId v, const At& at,
                              const std::map<ValueId, Value*>& known) {
  if (auto it = known.find(v); it != known.end()) return it->second;
  if (auto it = scalars_.find(v); it != scalars_.end()) return c_.splat(it->second, lanes());
  const Place& p = places_.at(v);
  switch (ir::matrix_form(op.type, c_.f.op(v).type)) {
    case RowForm::Full:
      return c_.load(
          op.type.rank() == 1 ? c_.element_address(p.base, DType::F32, at.column) : address(p, at),
          DType::F32, lanes(), at.valid);
    case RowForm::RowVector:
      return c_.load(c_.element_address(p.base, DType::F32, at.column), DType::F32, lanes(),
                     at.valid);
    case RowForm::PerRow:
      return c_.splat(c_.load_scalar(address(p, {at.first_row, at.row, c_.i64(0)}), DType::F32),
                      lanes());
    case RowForm::Scalar:
    case RowForm::General:
      break;
  }
  internal_error(__FILE__, __LINE__, "an operand that fuse should have refused");
}

/// Vectors that are the same for every row, loaded once a block: by operand.
std::map<ValueId, Value*> BlockEpilogue::row_vectors(const At& at) {
  std::map<ValueId, Value*> known;
  for (ValueId id : ops_) {
    const ir::Op& op = c_.f.op(id);
    if (op.kind != ir::OpKind::Map || op.type.rank() < 2) continue;
    for (ValueId v : op.operands)
      if (places_.contains(v) && ir::matrix_form(op.type, c_.f.op(v).type) == RowForm::RowVector)
        known[v] = operand(op, v, at, {});
  }
  return known;
}

/// LLVM takes long for a second copy of more, or of functions, and the loop around them costs little there.
bool BlockEpilogue::is_short() const {
  size_t nodes = 0;
  for (ValueId id : ops_) {
    const ir::Op& op = c_.f.op(id);
    if (op.kind == ir::OpKind::RandomUniform) return false;
    if (op.kind != ir::OpKind::Map) continue;
    nodes += op.fn.nodes().size();
    for (const ir::ScalarExpr::Node& node : op.fn.nodes())
      if (ir::scalar_op_is_real(node.op) && node.op != ir::ScalarOp::Sqrt) return false;
  }
  return nodes <= kShortNodes;
}

bool BlockEpilogue::is_column() {
  const auto apart = [&](const Place& p) { return p.type.rank() == 2 && c_.line_step(p) != 1; };
  if (c_.f.op(matmul_).type.shape.back() != Dim(1)) return false;
  for (const auto& [value, place] : places_)
    if (apart(place)) return false;
  for (const auto& [value, places] : targets_)
    if (std::ranges::any_of(places, apart)) return false;
  return true;
}

void BlockEpilogue::finish(Value* tile, const Block& block) {
  const int64_t whole = block.columns / lanes(), rest = block.columns % lanes();
  const int64_t stride = (whole + (rest > 0)) * lanes();
  const auto vectors = [&](Value* first, int64_t count, Value* valid) {
    std::vector<Value*> within, column;
    std::vector<std::map<ValueId, Value*>> shared;
    for (int64_t v = 0; v < count; ++v) {
      within.push_back(b_.CreateMul(b_.CreateAdd(first, c_.i64(v)), c_.i64(lanes())));
      column.push_back(b_.CreateAdd(block.column, within.back()));
      shared.push_back(row_vectors({.column = column.back(), .valid = valid}));
    }
    c_.loop(
        c_.i64(0), block.height, 1,
        [&](Value* r) {
          for (int64_t v = 0; v < count; ++v) {
            std::map<ValueId, Value*> known = shared[v];
            Value* from = b_.CreateAdd(b_.CreateMul(r, c_.i64(stride)), within[v]);
            known[matmul_] =
                c_.load(c_.element_address(tile, DType::F32, from), DType::F32, lanes());
            run_maps(false, known, {block.row, r, column[v], valid});
          }
        },
        "row");
  };
  // One copy of the maps for all whole vectors, or two where they are short.
  const int64_t together = is_short() && whole >= kTogether ? kTogether : 1;
  const int64_t odd = whole % together;
  c_.loop(
      c_.i64(0), c_.i64(whole - odd), together, [&](Value* v) { vectors(v, together, nullptr); },
      "vector");
  if (odd > 0) vectors(c_.i64(whole - odd), odd, nullptr);
  if (rest > 0) vectors(c_.i64(whole), 1, c_.i64(rest));
}

void BlockEpilogue::finish(const std::vector<Value*>& sums, const Block& block) {
  const int64_t vectors = (block.columns + lanes() - 1) / lanes();
  for (int64_t v = 0; v < vectors; ++v) {
    At at{.first_row = block.row, .valid = valid(block, v)};
    at.column = b_.CreateAdd(block.column, c_.i64(v * lanes()));
    const std::map<ValueId, Value*> shared = row_vectors(at);
    for (size_t i = v; i < sums.size(); i += vectors) {
      std::map<ValueId, Value*> known = shared;
      known[matmul_] = sums[i];
      at.row = c_.i64(static_cast<int64_t>(i) / vectors);
      run_maps(false, known, at);
    }
  }
}

std::vector<Fetched> BlockEpilogue::ahead(const Block& block) {
  std::vector<Fetched> all;
  for (const auto& [key, large] : large_)
    all.push_back({c_.address(large.place, block.row, block.column),
                   c_.i64(c_.line_step(large.place)), large.written});
  return all;
}

/// Numbers are keyed by their place in the whole result; a row begins anywhere in a block of four
/// unless the columns are a multiple of it.
Value* BlockEpilogue::uniform(const ir::Op& op, const At& at) {
  const int64_t columns = op.type.shape.back().size();
  Value* row = b_.CreateAdd(at.first_row, at.row);
  Value* element = b_.CreateAdd(b_.CreateMul(row, c_.i64(columns)), at.column);
  const auto emit = columns % 4 == 0 ? emit_uniform : emit_uniform_from;
  return emit(b_, scalars_.at(op.operands[0]), scalars_.at(op.operands[1]),
              static_cast<uint32_t>(op.attrs.integer("stream", 0)), element,
              static_cast<unsigned>(lanes()));
}

/// The maps on the result, or on the column sum, and the stores of what they make.
void BlockEpilogue::run_maps(bool of_sum, std::map<ValueId, Value*>& known, const At& at) {
  for (ValueId id : ops_) {
    const ir::Op& op = c_.f.op(id);
    if (op.kind == ir::OpKind::Assign || (op.type.rank() == 1) != of_sum) continue;
    if (op.kind == ir::OpKind::RandomUniform) known[id] = uniform(op, at);
    if (op.kind == ir::OpKind::Map) {
      std::vector<Value*> args;
      for (ValueId v : op.operands) args.push_back(operand(op, v, at, known));
      known[id] = emit_scalar(b_, op.fn, args, DType::F32, c_.cpu.math);
    }
  }
  // Stores come last: an operand may be the memory that a result overwrites.
  for (auto& [id, value] : known) {
    auto it = targets_.find(id);
    if (it == targets_.end()) continue;
    for (const Place& p : it->second) {
      Value* to = of_sum ? c_.element_address(p.base, DType::F32, at.column) : address(p, at);
      c_.store(value, to, DType::F32, lanes(), at.valid);
    }
  }
}

void BlockEpilogue::sum_columns(Value* b, Value* depth, int64_t step, const Block& block) {
  auto* type = llvm::FixedVectorType::get(b_.getFloatTy(), lanes());
  for (int64_t v = 0; v * lanes() < block.columns; ++v) {
    Value* first = c_.element_address(b, DType::F32, c_.i64(v * lanes()));
    auto sum = c_.loop_carry(
        c_.i64(0), depth, 1, {llvm::Constant::getNullValue(type)},
        [&](Value* k, std::vector<Value*> acc) {
          Value* at = c_.element_address(first, DType::F32, b_.CreateMul(k, c_.i64(step)));
          Value* x = c_.load(at, DType::F32, lanes(), valid(block, v));
          return std::vector<Value*>{b_.CreateFAdd(acc[0], x)};
        },
        "sum");
    std::map<ValueId, Value*> known{{sum_, sum[0]}};
    run_maps(true, known,
             {.column = b_.CreateAdd(block.column, c_.i64(v * lanes())), .valid = valid(block, v)});
  }
}

}  // namespace lathe::codegen
