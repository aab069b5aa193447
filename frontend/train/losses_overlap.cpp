// Losses of directions, of overlaps and of smoothness.
#include "frontend/train/image_variation.h"
#include "frontend/train/loss_words.h"
#include "frontend/train/losses.h"

namespace lathe::detail {

using ir::ValueId;
using namespace loss_words;

namespace {

/// x over its length along the last axis, or over 1e-7 where that is larger.
ValueId unit_length(StepValues& v, ValueId x) {
  const ValueId squares = v.b.reduce("sum", v.b.map("square", {x}), {-1}, true);
  return v.b.map(E::arg(0) * min(E(1.0) / sqrt(E::arg(1)), E(1 / epsilon)), {x, squares});
}

/// The sum over the whole batch of an expression over y and p.
ValueId batch_sum(StepValues& v, const E& e) {
  return v.sum(v.b.map(e, {v.dense(), v.pred}));
}

}  // namespace

LossTerms loss_cosine_similarity(StepValues& v, const Options&) {
  const ValueId products = v.b.map("mul", {unit_length(v, v.dense()), unit_length(v, v.pred)});
  return {v.b.map("neg", {v.b.reduce("sum", products, {-1})})};
}

LossTerms loss_dice(StepValues& v, const Options&) {
  const E y = E::arg(0), p = E::arg(1);
  const ValueId both = batch_sum(v, y * p), all = batch_sum(v, y + p);
  return {v.b.map(E(1.0) - E(2.0) * E::arg(0) / (E::arg(1) + E(epsilon)), {both, all})};
}

LossTerms loss_tversky(StepValues& v, const Options& options) {
  const E y = E::arg(0), p = E::arg(1), one(1.0);
  const E alpha(options.real("alpha", 0)), beta(options.real("beta", 0));
  const ValueId both = batch_sum(v, y * p);
  const ValueId wrong = batch_sum(v, alpha * y * (one - p) + beta * (one - y) * p);
  return {v.b.map(one - E::arg(0) / (E::arg(0) + E::arg(1) + E(epsilon)), {both, wrong})};
}

LossTerms loss_image_total_variation(StepValues& v, const Options&) {
  return {image_total_variation(v.b, v.pred)};
}

}  // namespace lathe::detail
