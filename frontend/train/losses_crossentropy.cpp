// Crossentropies: of probabilities and of logits, plain and focal.
#include "frontend/train/loss_words.h"
#include "frontend/train/losses.h"

namespace lathe::detail {

using ir::ValueId;
using namespace loss_words;
using Over = LossTerms::Over;

namespace {

/// Clipped as Keras does it, in maps of their own: pass `logits` looks through them.
ValueId clipped(ir::Builder& b, ValueId p) {
  const DType dtype = b.type(p).dtype;
  const ValueId low = b.constant(epsilon, dtype), high = b.constant(1 - epsilon, dtype);
  return b.map("minimum", {b.map("maximum", {p, low}), high});
}

/// y (1 - s) + s / n, over n outcomes.
ValueId smoothed(StepValues& v, const Options& options, int64_t outcomes) {
  const double s = options.real("label_smoothing", 0);
  if (s == 0) return v.dense();
  return v.b.map(E::arg(0) * E(1 - s) + E(s / static_cast<double>(outcomes)), {v.dense()});
}

/// p divided by its sum and clipped. Where p is a softmax, pass `logits` turns log of it into
/// log_softmax.
ValueId normalized(StepValues& v, ValueId p) {
  return clipped(v.b, v.b.map("div", {p, v.b.reduce("sum", p, {-1}, true)}));
}

}  // namespace

LossTerms loss_binary_crossentropy(StepValues& v, const Options& options) {
  const E y = E::arg(0), p = E::arg(1);
  const ValueId target = smoothed(v, options, 2);
  if (options.flag("from_logits")) {
    // max(z, 0) - z y + log(1 + exp(-|z|)): never overflows. The first term is a select, so that
    // its gradient at 0 is that of relu.
    const E positive = select(p <= E(0.0), E(0.0), p);
    return {v.b.map(positive - p * y + log(E(1.0) + exp(-abs(p))), {target, v.pred}), Over::Mean};
  }
  const ValueId q = clipped(v.b, v.pred);
  return {v.b.map(-(y * log(p) + (E(1.0) - y) * log(E(1.0) - p)), {target, q}), Over::Mean};
}

LossTerms loss_categorical_crossentropy(StepValues& v, const Options& options) {
  const ValueId target = smoothed(v, options, v.units());
  const ValueId log_p = options.flag("from_logits") ? v.b.log_softmax(v.pred)
                                                    : v.b.map("log", {normalized(v, v.pred)});
  const ValueId terms = v.b.map("mul", {target, log_p});
  return {v.b.map("neg", {v.b.reduce("sum", terms, {-1})})};
}

LossTerms loss_sparse_categorical_crossentropy(StepValues& v, const Options& options) {
  return loss_categorical_crossentropy(v, options);
}

LossTerms loss_binary_focal_crossentropy(StepValues& v, const Options& options) {
  const ValueId target = smoothed(v, options, 2);
  const ValueId p = options.flag("from_logits") ? v.b.map("sigmoid", {v.pred}) : v.pred;
  const E y = E::arg(0), x = E::arg(1), q = E::arg(2), one(1.0);  // q: x clipped
  const E crossentropy = -(y * log(q) + (one - y) * log(one - q));
  const E right = y * x + (one - y) * (one - x);
  E focal = power(one - right, options.real("gamma", 0)) * crossentropy;
  if (options.flag("apply_class_balancing")) {
    const E alpha(options.real("alpha", 0));
    focal = (y * alpha + (one - y) * (one - alpha)) * focal;
  }
  return {v.b.map(focal, {target, p, clipped(v.b, p)}), Over::Mean};
}

// Zhang and Sabuncu, "Generalized cross entropy loss for training deep neural networks with noisy
// labels", 2018.
LossTerms loss_categorical_generalized_cross_entropy(StepValues& v, const Options& options) {
  const double q = options.real("q", 0);
  const ValueId p = v.b.reduce("sum", v.b.map("mul", {v.dense(), v.pred}), {-1});
  return {v.b.map((E(1.0) - power(E::arg(0), q)) * E(1 / q), {p})};
}

LossTerms loss_categorical_focal_crossentropy(StepValues& v, const Options& options) {
  const ValueId target = smoothed(v, options, v.units());
  const ValueId p = options.flag("from_logits") ? v.b.softmax(v.pred) : v.pred;
  const E y = E::arg(0), q = E::arg(1);
  const E weight = E(options.real("alpha", 0)) * power(E(1.0) - q, options.real("gamma", 0));
  return {v.b.map(-(weight * y * log(q)), {target, normalized(v, p)}), Over::Sum};
}

}  // namespace lathe::detail
