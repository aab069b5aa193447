// Hinge losses.
#include "frontend/train/loss_words.h"
#include "frontend/train/losses.h"

namespace lathe::detail {

using ir::ValueId;
using namespace loss_words;
using Over = LossTerms::Over;

namespace {

/// Targets as -1 and 1: those of a batch that has only 0 and 1 are taken there, as Keras does.
ValueId signs(StepValues& v) {
  const ValueId y = v.dense();
  const E t = E::arg(0);
  const E doubled = E(2.0) * t - E(1.0);
  if (v.has_classes()) return v.b.map(doubled, {y});
  const E binary = select(logical_or(equal(t, E(0.0)), equal(t, E(1.0))), E(1.0), E(0.0));
  const ValueId all = v.over_all("min", v.b.map(binary, {y}));
  return v.b.map(select(E::arg(1) > E(0.5), doubled, t), {y, all});
}

}  // namespace

LossTerms loss_hinge(StepValues& v, const Options&) {
  return {v.b.map(max(E(1.0) - E::arg(0) * E::arg(1), E(0.0)), {signs(v), v.pred}), Over::Mean};
}

LossTerms loss_squared_hinge(StepValues& v, const Options&) {
  const E margin = max(E(1.0) - E::arg(0) * E::arg(1), E(0.0));
  return {v.b.map(square(margin), {signs(v), v.pred}), Over::Mean};
}

LossTerms loss_categorical_hinge(StepValues& v, const Options&) {
  const E y = E::arg(0), p = E::arg(1);
  const ValueId right = v.b.reduce("sum", v.b.map("mul", {v.dense(), v.pred}), {-1});
  const ValueId wrong = v.b.reduce("max", v.b.map((E(1.0) - y) * p, {v.dense(), v.pred}), {-1});
  return {v.b.map(max(E::arg(1) - E::arg(0) + E(1.0), E(0.0)), {right, wrong})};
}

}  // namespace lathe::detail
