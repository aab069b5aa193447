#include "passes/fuse_rules.h"

#include <algorithm>
#include <set>

#include "ir/access.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/row_form.h"

namespace lathe::passes {

using namespace ir;

namespace {

bool all_but_first(const std::vector<int64_t>& axes, int rank) {
  return static_cast<int>(axes.size()) == rank - 1 && axes.front() == 1;
}

}  // namespace

bool FuseRules::rows_operands_fit(const Op& op) const {
  for (ValueId v : op.operands)
    if (row_form(op.type, f_.op(v).type) == RowForm::General) return false;
  return true;
}

KernelKind FuseRules::kind_alone(ValueId id) const {
  const Op& op = f_.op(id);
  switch (op.kind) {
    case OpKind::MatMul:
      return op.type.dtype == DType::F32 ? KernelKind::Contraction : KernelKind::Loops;
    case OpKind::Transpose:
      return op.type.dtype == DType::F32 && op.type.rank() == 2 ? KernelKind::Transpose
                                                                : KernelKind::Loops;
    case OpKind::ScatterAdd:
      return KernelKind::Scatter;
    case OpKind::Reduce: {
      if (op.attrs.word("kind") == "mean") break;
      const std::vector<int64_t> axes = op.attrs.ints("axes");
      const int rank = f_.op(op.operands[0]).type.rank();
      if (rank > 1 && all_but_first(axes, rank)) return KernelKind::Rows;
      const bool leading = axes.back() + 1 == static_cast<int64_t>(axes.size());
      if (leading && op.attrs.word("kind") == "sum" && !op.attrs.flag("keepdims"))
        return KernelKind::Columns;
      return KernelKind::Loops;
    }
    case OpKind::Map:
    case OpKind::Convert:
    case OpKind::Broadcast:
      return rows_operands_fit(op) ? KernelKind::Rows : KernelKind::Loops;
    case OpKind::Gather:
      return f_.op(op.operands[1]).type.rank() == 1 ? KernelKind::Rows : KernelKind::Loops;
    case OpKind::OneHot:
    case OpKind::RandomUniform:
      return KernelKind::Rows;
    case OpKind::ArgMax:
      return f_.op(op.operands[0]).type.rank() == 2 ? KernelKind::Rows : KernelKind::Loops;
    case OpKind::Concat:
    case OpKind::Slice:
    case OpKind::Assign:
      return KernelKind::Loops;
    case OpKind::Param:
    case OpKind::State:
    case OpKind::Constant:
    case OpKind::BatchSize:
    case OpKind::Reshape:
    case OpKind::Softmax:
    case OpKind::LogSoftmax:
    case OpKind::Minimize:
    case OpKind::Update:
      break;
  }
  throw Error("function '" + f_.name + "' still has a '" + std::string(op_info(op.kind).text) +
              "': run the passes before fuse");
}

std::string FuseRules::rows_refusal(const Op& op, int32_t group) const {
  for (ValueId v : op.operands) {
    if (groups_.producer(v) != group) continue;
    if (resolve_view(f_, v) != v) return "a reshape stands between";
    const Op& source = f_.op(v);
    if (is_flat_op(source) != is_flat_op(op)) return "one is a single row, the other is not";
    if (is_flat_op(op) && source.type.shape != op.type.shape) return "the shapes differ";
    if (!(source.type.shape.empty() && op.type.shape.empty()) &&
        !(source.type.shape.at(0) == op.type.shape.at(0)))
      return "the number of rows differs";
    if (is_elementwise(op.kind)) {
      const RowForm form = row_form(op.type, source.type);
      if (form != RowForm::Full && form != RowForm::PerRow) return "a row is broadcast to all rows";
    } else if (op.kind == OpKind::Gather && v == op.operands[0]) {
      return "a gather reads any row";
    }
  }
  return "";
}

std::string FuseRules::state_refusal(int32_t a, int32_t b, KernelKind kind) const {
  std::set<StateId> assigned;
  for (int32_t g : {a, b})
    for (ValueId id : groups_.members(g))
      if (f_.op(id).kind == OpKind::Assign) assigned.insert(f_.op(id).state);
  if (assigned.empty()) return "";
  for (int32_t g : {a, b})
    for (ValueId id : groups_.members(g))
      for (ValueId v : f_.op(id).operands) {
        const Op &op = f_.op(id), &source = f_.op(resolve_view(f_, v));
        if (source.kind != OpKind::State || !assigned.contains(source.state)) continue;
        if (!is_tiled(kind) || !is_elementwise(op.kind) || f_.op(v).kind != OpKind::State ||
            op.type.shape != source.type.shape)
          return "%" + m_.states[source.state].name + " is read at other places than overwritten";
      }
  return "";
}

ValueId FuseRules::find_matmul(int32_t group) const {
  for (ValueId id : groups_.members(group))
    if (f_.op(id).kind == OpKind::MatMul) return id;
  internal_error(__FILE__, __LINE__, "a contraction without a matmul");
}

std::string FuseRules::contraction_refusal(const Op& op, int32_t group,
                                           const std::vector<bool>& columns) const {
  const TensorType& result = f_.op(find_matmul(group)).type;
  bool column = false, main = false;
  for (ValueId v : op.operands) {
    if (groups_.producer(v) != group) continue;
    if (resolve_view(f_, v) != v) return "a reshape stands between";
    (columns[v] ? column : main) = true;
  }
  if (column && main) return "it joins the result with its column sum";
  if (op.type.dtype != DType::F32) return "its result is not f32";
  if (main && op.type.shape != result.shape) return "its shape is not the matmul's";
  if (column && op.type.shape != Shape{result.shape.back()})
    return "its shape is not the column sum's";
  for (ValueId v : op.operands) {
    if (f_.op(v).type.dtype != DType::F32) return "an operand is not f32";
    if (matrix_form(op.type, f_.op(v).type) == RowForm::General) return "an operand is broadcast";
  }
  return "";
}

std::string FuseRules::columns_refusal(const Op& op, int32_t group) const {
  const ValueId sum = groups_.members(group).front();
  if (op.type.shape != f_.op(sum).type.shape || op.type.dtype != f_.op(sum).type.dtype)
    return "its type is not the sum's";
  std::string why;
  for (ValueId v : op.operands) {
    const RowForm form = row_form(op.type, f_.op(v).type);
    const bool made_here = groups_.producer(v) == group;
    if (form != RowForm::Full && form != RowForm::Scalar) why = "an operand is broadcast";
    if (made_here && resolve_view(f_, v) != v) why = "a reshape stands between";
    if (v != sum && made_here && form != RowForm::Full) why = "an operand is broadcast";
  }
  return why;
}

}  // namespace lathe::passes
