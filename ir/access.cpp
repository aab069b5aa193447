#include "ir/access.h"

#include <algorithm>
#include <array>

#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/row_form.h"
#include "ir/text_number.h"

namespace lathe::ir {

ValueId resolve_view(const Function& f, ValueId v) {
  while (f.op(v).kind == OpKind::Reshape) v = f.op(v).operands.at(0);
  return v;
}

bool is_leaf(OpKind kind) {
  return kind == OpKind::Constant || kind == OpKind::BatchSize;
}

bool is_free(OpKind kind) {
  return is_leaf(kind) || kind == OpKind::Reshape;
}

bool is_tiled(KernelKind kind) {
  switch (kind) {
    case KernelKind::Contraction:
    case KernelKind::Rows:
    case KernelKind::Columns:
      return true;
    case KernelKind::Transpose:
    case KernelKind::Scatter:
    case KernelKind::Loops:
      return false;
  }
  internal_error(__FILE__, __LINE__, "bad kernel kind");
}

std::vector<bool> needs_buffer(const Function& f) {
  std::vector<bool> needs(f.ops.size(), false);
  const auto computed = [&](ValueId v) {
    const Op& op = f.op(v);
    return op.kernel != kNone && !is_free(op.kind) && has_result(op.kind);
  };
  for (ValueId id : f.body) {
    const Op& op = f.op(id);
    if (is_free(op.kind)) continue;
    for (ValueId operand : op.operands) {
      const ValueId owner = resolve_view(f, operand);
      if (computed(owner) && f.op(owner).kernel != op.kernel) needs[owner] = true;
    }
  }
  for (const Output& o : f.outputs)
    if (const ValueId owner = resolve_view(f, o.value); computed(owner)) needs[owner] = true;
  return needs;
}

std::vector<std::vector<ValueId>> kernel_ops(const Function& f) {
  std::vector<std::vector<ValueId>> ops(f.kernels.size());
  for (ValueId id : f.body)
    if (f.op(id).kernel != kNone) ops.at(f.op(id).kernel).push_back(id);
  return ops;
}

namespace {

using Ops = std::vector<ValueId>;

bool is_flat(const Function& f, const Ops& ops) {
  const Op* first = nullptr;
  for (ValueId id : ops) {
    const Op& op = f.op(id);
    if (op.kind == OpKind::Assign) continue;
    if (!is_flat_op(op)) return false;
    if (!first) first = &op;
    if (op.type.shape != first->type.shape) return false;
  }
  return first != nullptr;
}

/// Whether operand `i` of a rows kernel's op is read row by row, as the op's result is made.
bool reads_own_row(const Function& f, const Op& op, size_t i) {
  if (op.kind == OpKind::Gather && i == 0) return false;
  const ValueId v = op.operands[i], owner = resolve_view(f, v);
  const Shape &shape = f.op(v).type.shape, &memory = f.op(owner).type.shape;
  if (shape.empty() || memory.empty() || op.type.shape.empty()) return false;
  if (is_elementwise(op.kind) && shape.size() != op.type.shape.size()) return false;
  return shape[0] == op.type.shape[0] && memory[0] == shape[0];
}

/// Whether operand `i` is read only at the position of the op's result: see Access::aligned.
bool is_aligned(const Function& f, bool flat, KernelKind kind, const Op& op, size_t i) {
  const ValueId v = op.operands[i], owner = resolve_view(f, v);
  const bool full = is_elementwise(op.kind) && f.op(v).type.shape == op.type.shape &&
                    f.op(owner).type.shape == op.type.shape;
  switch (kind) {
    case KernelKind::Contraction:
    case KernelKind::Columns:
      return full;
    case KernelKind::Rows:
      return flat ? full : reads_own_row(f, op, i);
    case KernelKind::Transpose:
    case KernelKind::Scatter:
    case KernelKind::Loops:
      return false;
  }
  internal_error(__FILE__, __LINE__, "bad kernel kind");
}

std::vector<Access> kernel_accesses(const Module& m, const Function& f, int kernel, const Ops& ops,
                                    const std::vector<bool>& buffers) {
  std::vector<Access> reads, writes;
  const auto add = [](std::vector<Access>& list, Access a) {
    for (Access& old : list) {
      if (old.is_state != a.is_state || old.id != a.id) continue;
      old.aligned = old.aligned && a.aligned;
      return;
    }
    list.push_back(a);
  };
  const KernelKind kind = f.kernels.at(kernel).kind;
  const bool flat = kind == KernelKind::Rows && is_flat(f, ops);
  const bool tiled = is_tiled(kind);
  for (ValueId id : ops) {
    const Op& op = f.op(id);
    for (size_t i = 0; i < op.operands.size(); ++i) {
      const ValueId owner = resolve_view(f, op.operands[i]);
      const Op& source = f.op(owner);
      if (is_leaf(source.kind) || source.kernel == kernel) continue;
      // An assign of a value from elsewhere copies it, element by element.
      const bool aligned = op.kind == OpKind::Assign
                               ? tiled && source.type.shape == m.states.at(op.state).type.shape
                               : is_aligned(f, flat, kind, op, i);
      if (source.kind == OpKind::State)
        add(reads, {false, true, source.state, aligned});
      else
        add(reads, {false, false, owner, aligned});
    }
    if (buffers[id]) add(writes, {true, false, id, tiled});
    if (op.kind == OpKind::Assign) {
      const TensorType& made = f.op(resolve_view(f, op.operands.at(0))).type;
      add(writes, {true, true, op.state, tiled && made.shape == m.states.at(op.state).type.shape});
    }
  }
  reads.insert(reads.end(), writes.begin(), writes.end());
  return reads;
}

}  // namespace

bool is_flat(const Function& f, int kernel) {
  return f.kernels.at(kernel).kind == KernelKind::Rows && is_flat(f, kernel_ops(f).at(kernel));
}

std::vector<std::vector<Access>> accesses(const Module& m, const Function& f) {
  const std::vector<std::vector<ValueId>> ops = kernel_ops(f);
  const std::vector<bool> buffers = needs_buffer(f);
  std::vector<std::vector<Access>> all;
  for (size_t k = 0; k < ops.size(); ++k)
    all.push_back(kernel_accesses(m, f, static_cast<int>(k), ops[k], buffers));
  return all;
}

std::vector<Access> accesses(const Module& m, const Function& f, int kernel) {
  return kernel_accesses(m, f, kernel, kernel_ops(f).at(kernel), needs_buffer(f));
}

namespace {

/// a * b; Error where it leaves what memory can hold.
int64_t times(int64_t a, int64_t b) {
  constexpr int64_t kMost = int64_t{1} << 56;
  if (a < 0 || b < 0 || (b != 0 && a > kMost / b)) throw Error("the buffer is too large");
  return a * b;
}

}  // namespace

int64_t panel_width(int64_t columns, int64_t lanes) {
  const int64_t all = (columns + kRowLanes - 1) / kRowLanes * kRowLanes;
  return all == 3 * lanes ? all : std::min(std::max<int64_t>(kRowLanes, 2 * lanes), all);
}

int64_t buffer_bytes(const TensorType& type, std::string_view layout, int64_t batch) {
  const auto unfit = [&](const std::string& why) {
    throw Error("layout '" + std::string(layout) + "' of a value of type " + type.to_string() +
                ": " + why);
  };
  int64_t elements = 1;
  if (layout == "rows") {
    for (Dim d : type.shape) elements = times(elements, d.bind(batch, 0));
  } else {
    const bool panels = layout.starts_with("panels(");
    if (!(panels || layout.starts_with("rows(")) || !layout.ends_with(')'))
      unfit("expected rows, rows(STRIDE) or panels(WIDTH)");
    const size_t open = layout.find('(');
    const std::string_view digits = layout.substr(open + 1, layout.size() - open - 2);
    const auto n = text_to_integer(digits);
    if (!n || *n < 1 || digits[0] == '0')
      unfit("expected a positive number in brackets, digits alone, the first not 0");
    if (type.rank() != 2 || type.dtype != DType::F32) unfit("it is for f32 matrices");
    const int64_t rows = type.shape[0].bind(batch, 0), columns = type.shape[1].size();
    if (!panels && *n < columns) unfit("the stride is below a row");
    const int64_t width = panels ? times((columns - 1) / *n + 1, *n) : *n;
    elements = times(rows, width);
  }
  constexpr int64_t kTail = 64, kAlign = 64;
  const int64_t bytes = times(elements, dtype_size(type.dtype)) + kTail;
  return (bytes + kAlign - 1) / kAlign * kAlign;
}

int64_t buffer_bytes(const Function& f, ValueId v) {
  const Op& op = f.op(v);
  const int64_t batch = f.attrs.integer("max_batch", 1);
  return buffer_bytes(op.type, op.attrs.word("layout", "rows"), batch);
}

}  // namespace lathe::ir
