// Losses of directions, of overlaps and of smoothness.
#include <algorithm>

#include "frontend/train/image_variation.h"
#include "frontend/train/loss_words.h"
#include "frontend/train/losses.h"
#include "ir/error.h"

namespace lathe::detail {

using ir::ValueId;
using namespace loss_words;

namespace {

/// x over its length along the last axis, or over 1e-7 where that is larger.
ValueId unit_length(StepValues& v, ValueId x) {
  const ValueId squares = v.b.reduce("sum", v.b.map("square", {x}), {-1}, true);
  return v.b.map(E::arg(0) * min(E(1.0) / sqrt(E::arg(1)), E(1 / epsilon)), {x, squares});
}

/// The sum of an expression over y and p: over the axes that the option names, or the whole batch.
ValueId sum_over(StepValues& v, const E& e, const Options& options) {
  const ValueId x = v.b.map(e, {v.dense(), v.pred});
  std::vector<int64_t> axes = options.ints("axis");
  if (axes.empty()) return v.sum(x);
  const int64_t rank = v.b.type(x).rank();
  for (int64_t& axis : axes) {
    if (axis < -rank || axis >= rank)
      throw Error("the loss's axis must be " + std::to_string(-rank) + " to " +
                  std::to_string(rank - 1) + " of predictions " + v.b.type(x).to_string() +
                  ", not " + std::to_string(axis));
    if (axis < 0) axis += rank;
  }
  std::sort(axes.begin(), axes.end());
  const auto twice = std::adjacent_find(axes.begin(), axes.end());
  if (twice != axes.end())
    throw Error("the loss's axis names " + std::to_string(*twice) + " twice");
  return v.b.reduce("sum", x, axes);
}

}  // namespace

LossTerms loss_cosine_similarity(StepValues& v, const Options&) {
  const ValueId products = v.b.map("mul", {unit_length(v, v.dense()), unit_length(v, v.pred)});
  return {v.b.map("neg", {v.b.reduce("sum", products, {-1})})};
}

LossTerms loss_dice(StepValues& v, const Options& options) {
  const E y = E::arg(0), p = E::arg(1);
  const ValueId both = sum_over(v, y * p, options), all = sum_over(v, y + p, options);
  return {v.b.map(E(1.0) - E(2.0) * E::arg(0) / (E::arg(1) + E(epsilon)), {both, all})};
}

LossTerms loss_tversky(StepValues& v, const Options& options) {
  const E y = E::arg(0), p = E::arg(1), one(1.0);
  const E alpha(options.real("alpha", 0)), beta(options.real("beta", 0));
  const ValueId both = sum_over(v, y * p, options);
  const ValueId wrong = sum_over(v, alpha * y * (one - p) + beta * (one - y) * p, options);
  return {v.b.map(one - E::arg(0) / (E::arg(0) + E::arg(1) + E(epsilon)), {both, wrong})};
}

LossTerms loss_image_total_variation(StepValues& v, const Options&) {
  return {image_total_variation(v.b, v.pred)};
}

}  // namespace lathe::detail
