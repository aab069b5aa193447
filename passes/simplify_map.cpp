// Rules for maps: what their operands are moves into the expression.
#include <algorithm>

#include "ir/elementwise.h"
#include "ir/ops/shapes.h"
#include "passes/simplify_maker.h"

namespace lathe::passes {

using namespace ir;

namespace {

Shape common_shape(const SimplifyMaker& m, const std::vector<ValueId>& values) {
  Shape shape;
  for (ValueId v : values) shape = broadcast_shapes(shape, m.type(v).shape);
  return shape;
}

/// Whether `shape` is `core` with ones in front.
bool only_adds_ones(const Shape& core, const Shape& shape) {
  if (core.size() >= shape.size()) return false;
  const size_t extra = shape.size() - core.size();
  return std::all_of(shape.begin(), shape.begin() + extra, [](Dim d) { return d == Dim(1); }) &&
         std::equal(core.begin(), core.end(), shape.begin() + extra);
}

}  // namespace

ValueId without_broadcast(const SimplifyMaker& m, ValueId v) {
  while (m.is(v, OpKind::Broadcast) ||
         (m.is(v, OpKind::Reshape) && only_adds_ones(m.type(m.inner(v)).shape, m.type(v).shape)))
    v = m.inner(v);
  return v;
}

// A map is brought into this form: every operand is used, none twice, none is a constant or a
// broadcast. Where that makes the shape smaller, the smaller map is computed and broadcast.
ValueId SimplifyMaker::map(const ScalarExpr& given, const std::vector<ValueId>& operands) {
  const DType dtype = type(operands.at(0)).dtype;
  // The rules, and what they evaluate, are about reals.
  const ScalarExpr fn = find_elementwise(given) || !is_float(dtype) ? given : ir::simplify(given);
  const Shape full = common_shape(*this, operands);

  if (fn.arity() == 0 && !fn.is_const() && !is_float(dtype)) {
    const size_t before = b_.function().ops.size();
    return intern(b_.map(fn, operands), before);
  }

  std::vector<ValueId> kept;
  std::vector<ScalarExpr> arguments;
  for (size_t i = 0; i < operands.size(); ++i) {
    if (!fn.uses(static_cast<int>(i))) {
      arguments.emplace_back(0.0);
      continue;
    }
    const ValueId v = without_broadcast(*this, operands[i]);
    if (is(v, OpKind::Constant) && is_float(dtype)) {
      arguments.emplace_back(op(v).attrs.real("value", 0));
      continue;
    }
    const auto at = std::find(kept.begin(), kept.end(), v);
    arguments.push_back(ScalarExpr::arg(static_cast<int>(at - kept.begin())));
    if (at == kept.end()) kept.push_back(v);
  }

  const ScalarExpr less = fn.substitute(arguments);
  if (kept.empty())
    return constant(less.evaluate({}), {less.is_truth() ? DType::Bool : dtype, full});
  // Algebra on what is left may free more operands.
  if (kept != operands) return broadcast(map(less, kept), full);
  if (fn.root().op == ScalarOp::Arg) return kept[0];
  const size_t before = b_.function().ops.size();
  return intern(b_.map(fn, kept), before);
}

}  // namespace lathe::passes
