#include "passes/decompose.h"

#include "ir/error.h"
#include "passes/rewrite.h"

namespace lathe::passes {

using namespace ir;

namespace {

using namespace scalar_dsl;
const E kA = E::arg(0), kB = E::arg(1);

/// Over the first axes, but not over all: what is left has more than one element, and a kernel of
/// its own.
bool is_over_leading(const std::vector<int64_t>& axes, int rank) {
  return static_cast<int>(axes.size()) < rank && axes.back() + 1 == static_cast<int>(axes.size());
}

/// A sum, max or min in the form that the header names.
ValueId reduce(Builder& b, const std::string& kind, ValueId x, const std::vector<int64_t>& axes,
               bool keepdims) {
  if (axes.at(0) != 0) return b.reduce(kind, x, axes, keepdims);
  Shape kept = b.type(x).shape;
  for (int64_t axis : axes) kept[axis] = 1;
  if (is_over_leading(axes, b.type(x).rank())) {
    x = b.reduce(kind, x, axes);
  } else {
    if (axes.size() > 1) x = b.reduce(kind, x, {axes.begin() + 1, axes.end()});
    x = b.reduce(kind, x, {0});
  }
  return keepdims ? b.reshape(x, kept) : x;
}

ValueId mean(Builder& b, ValueId x, const std::vector<int64_t>& axes, bool keepdims) {
  double count = 1;
  bool batch = false;
  for (int64_t axis : axes) {
    const Dim d = b.type(x).shape[axis];
    if (d.is_batch())
      batch = true;
    else
      count *= static_cast<double>(d.size());
  }
  const DType dtype = b.type(x).dtype;
  const ValueId sum = reduce(b, "sum", x, axes, keepdims);
  if (!batch) return b.map(kA / E(count), {sum});
  // One division, by the number of elements.
  return b.map(kA / (E(count) * kB), {sum, b.convert(b.batch_size(), dtype)});
}

ValueId decomposed(Builder& b, const Op& op) {
  const ValueId x = op.operands[0];
  if (op.kind == OpKind::Reduce) {
    const std::string kind = op.attrs.word("kind");
    const std::vector<int64_t> axes = op.attrs.ints("axes");
    const bool keepdims = op.attrs.flag("keepdims");
    return kind == "mean" ? mean(b, x, axes, keepdims) : reduce(b, kind, x, axes, keepdims);
  }
  const std::vector<int64_t> last = {b.type(x).rank() - 1};
  const ValueId largest = reduce(b, "max", x, last, true);
  const ValueId shifted = b.map("sub", {x, largest});
  const ValueId e = b.map("exp", {shifted});
  const ValueId sum = reduce(b, "sum", e, last, true);
  if (op.kind == OpKind::LogSoftmax) return b.map("sub", {shifted, b.map("log", {sum})});
  // Of a matrix, whose rows have one sum each: one division a row, and not one an element.
  if (b.type(x).rank() == 2) return b.map("mul", {e, b.map(E(1.0) / kA, {sum})});
  return b.map("div", {e, sum});
}

bool is_compound(const Op& op, int rank) {
  if (op.kind != OpKind::Reduce) return op.kind == OpKind::Softmax || op.kind == OpKind::LogSoftmax;
  const std::vector<int64_t> axes = op.attrs.ints("axes");
  return op.attrs.word("kind") == "mean" ||
         (axes.at(0) == 0 &&
          (op.attrs.flag("keepdims") || (axes.size() > 1 && !is_over_leading(axes, rank))));
}

bool decompose_function(Module& m, Function& f) {
  Rebuild r(m, f, "decompose");
  for (ValueId v : r.old().body) {
    const Op op = r.take(v);
    const int rank = op.operands.empty() ? 0 : r.builder().type(op.operands[0]).rank();
    r.set(v, is_compound(op, rank) ? decomposed(r.builder(), op) : r.add(op));
  }
  return r.finish();
}

}  // namespace

bool decompose(Module& module, const PassOptions&, Remarks&) {
  bool changed = false;
  for (Function& f : module.functions) changed |= decompose_function(module, f);
  return changed;
}

}  // namespace lathe::passes
