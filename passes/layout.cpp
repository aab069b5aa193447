#include "passes/layout.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

#include "ir/access.h"
#include "ir/error.h"
#include "ir/row_form.h"
#include "passes/fuse.h"

namespace lathe::passes {

using namespace ir;

namespace {

bool is_matrix(const TensorType& t) {
  return t.dtype == DType::F32 && t.rank() == 2;
}

/// What a use of a state says of panels.
enum class Use { No, Fits, Wants };

/// The use of operand `i` of `op`, in a kernel of that kind. Reshapes are seen by the caller.
Use use_of_state(KernelKind kind, const Op& op, size_t i, const TensorType& state,
                 std::string& why) {
  switch (kind) {
    case KernelKind::Contraction:
      if (op.kind == OpKind::MatMul) {
        if (i == 1) return op.attrs.flag("transpose_b") ? Use::Fits : Use::Wants;
        why = "is the left operand of its matmul";
        return Use::No;
      }
      if (row_form(op.type, state) == RowForm::Full) return Use::Fits;
      why = "is broadcast in it";
      return Use::No;
    case KernelKind::Rows:
      if (row_form(op.type, state) == RowForm::Full) return Use::Fits;
      why = "is read across rows";
      return Use::No;
    case KernelKind::Transpose:
      return Use::Fits;
    case KernelKind::Columns:
    case KernelKind::Scatter:
    case KernelKind::Loops:
      why = "is read element by element";
      return Use::No;
  }
  internal_error(__FILE__, __LINE__, "bad kernel kind");
}

/// By state: why it can't lie in panels; empty where it can.
std::vector<std::string> panel_refusals(const Module& m) {
  std::vector<std::string> refusals(m.states.size());
  std::vector<bool> wanted(m.states.size(), false);
  const auto refuse = [&](StateId s, const std::string& why) {
    if (refusals[s].empty()) refusals[s] = why;
  };
  for (const Function& f : m.functions)
    for (ValueId id : f.body) {
      const Op& op = f.op(id);
      if (op.kernel == kNone) continue;
      const Kernel& kernel = f.kernels[op.kernel];
      // A columns kernel takes its result as one row, wherever it goes.
      if (op.kind == OpKind::Assign && kernel.kind == KernelKind::Columns)
        refuse(op.state, "columns kernel @" + kernel.name + " of @" + f.name + " writes it");
      for (size_t i = 0; i < op.operands.size(); ++i) {
        const Op& source = f.op(resolve_view(f, op.operands[i]));
        if (source.kind != OpKind::State) continue;
        std::string why;
        Use use = use_of_state(kernel.kind, op, i, source.type, why);
        if (f.op(op.operands[i]).kind == OpKind::Reshape) {
          use = Use::No;
          why = "is reshaped";
        }
        if (use == Use::No)
          refuse(source.state, "in @" + kernel.name + " of @" + f.name + " it " + why);
        if (use == Use::Wants) wanted[source.state] = true;
      }
    }
  for (size_t s = 0; s < refusals.size(); ++s)
    if (is_matrix(m.states[s].type) && m.states[s].type.shape[1].size() == 1)
      refuse(static_cast<StateId>(s), "it has one column, whose numbers are neighbours there");
  for (size_t s = 0; s < refusals.size(); ++s)
    if (!wanted[s])
      refuse(static_cast<StateId>(s), "no matmul reads it, not transposed, as its right operand");
  return refusals;
}

/// Row stride of a padded matrix: whole vectors, and no multiple of 512 bytes, which would put the
/// rows of a column block into few cache sets.
int64_t padded_stride(int64_t columns) {
  int64_t ld = (columns + ir::kRowLanes - 1) / ir::kRowLanes * ir::kRowLanes;
  if (ld % 128 == 0) ld += ir::kRowLanes;
  return ld;
}

/// A matrix takes the stride of a wider one up to this factor of its own, so that kernels agree in it and are
/// compiled once. Nothing but the rest of a last vector is touched beyond its own.
constexpr int64_t kMostOfStride = 2;

/// The widest of the strides that are taken which a matrix of so many columns may take, or its own.
int64_t stride_of(int64_t columns, const std::set<int64_t>& taken) {
  const int64_t own = padded_stride(columns);
  const auto above = taken.upper_bound(kMostOfStride * own);
  return above == taken.begin() ? own : std::max(own, *std::prev(above));
}

/// Matrices between contractions and row kernels get padded rows.
bool pad_rows(Function& f) {
  bool changed = false;
  const std::vector<bool> buffer = needs_buffer(f);
  std::vector<bool> fixed(f.ops.size(), false);  // must stay contiguous
  std::vector<bool> wanted(f.ops.size(), false);
  for (const Output& o : f.outputs) fixed[resolve_view(f, o.value)] = true;
  for (ValueId id : f.body) {
    const Op& op = f.op(id);
    if (op.kind == OpKind::Reshape) fixed[resolve_view(f, id)] = true;
    if (op.kernel == kNone) continue;
    // A columns kernel takes its result, however many dimensions it has, as one row.
    if (f.kernels[op.kernel].kind == KernelKind::Columns) {
      fixed[id] = true;
      if (op.kind != OpKind::Reduce)
        for (ValueId v : op.operands) fixed[v] = true;
    }
    // A rows kernel takes a matrix that is the same for each of its rows as one row.
    if (f.kernels[op.kernel].kind == KernelKind::Rows && is_elementwise(op.kind))
      for (ValueId v : op.operands)
        if (row_form(op.type, f.op(v).type) == RowForm::RowVector) fixed[v] = true;
    if (op.kind == OpKind::MatMul && f.kernels[op.kernel].kind == KernelKind::Contraction)
      for (ValueId v : op.operands) wanted[v] = true;
  }
  const auto is_free = [&](ValueId id) {
    const Op& op = f.op(id);
    return buffer[id] && !fixed[id] && wanted[id] && is_matrix(op.type) && !op.attrs.has("layout");
  };
  std::vector<ValueId> free;
  std::set<int64_t> taken;  // good ones alone
  for (ValueId id : f.body) {
    const TensorType& type = f.op(id).type;
    if (!wanted[id] || !is_matrix(type) || f.op(id).kind == OpKind::State) continue;
    const int64_t columns = type.shape[1].size();
    if (is_free(id))
      free.push_back(id);
    else if (padded_stride(columns) == columns)
      taken.insert(columns);
  }
  const auto columns_of = [&](ValueId id) { return f.op(id).type.shape[1].size(); };
  std::ranges::stable_sort(free, std::greater(), columns_of);
  for (ValueId id : free) {
    const int64_t ld = stride_of(columns_of(id), taken);
    taken.insert(ld);
    if (ld == columns_of(id)) continue;
    f.op(id).attrs.set("layout", "rows(" + std::to_string(ld) + ")");
    changed = true;
  }
  return changed;
}

}  // namespace

bool choose_layouts(Module& m, const PassOptions& options, Remarks& remarks) {
  for (const Function& f : m.functions) {
    require_kernels(f, "layout");
    for (const Kernel& k : f.kernels)
      if (k.attrs.has("phase"))
        throw Error("layout: function '" + f.name + "' is scheduled; it comes before schedule");
  }
  bool changed = false;
  const std::vector<std::string> refusals = panel_refusals(m);
  for (size_t s = 0; s < m.states.size(); ++s) {
    State& state = m.states[s];
    if (!is_matrix(state.type) || state.attrs.has("layout")) continue;
    const std::string& why = refusals[s];
    if (why.empty()) {
      const int64_t width = panel_width(state.type.shape[1].size(), options.target.vector_lanes);
      state.attrs.set("layout", "panels(" + std::to_string(width) + ")");
      changed = true;
    } else {
      remarks.push_back({"layout", m.name, "%" + state.name, "kept in rows: " + why});
    }
  }
  for (Function& f : m.functions) changed |= pad_rows(f);
  return changed;
}

}  // namespace lathe::passes
