// Expands losses.def; weights and reduction.
#include "frontend/train/losses.h"

#include <algorithm>

#include "frontend/base/table.h"
#include "frontend/train/loss_words.h"
#include "ir/error.h"

namespace lathe::detail {

using ir::ValueId;

#define ELEMENT_LOSS(name, aliases, specs, targets, over, expression)
#define ROW_LOSS(name, aliases, specs, targets, scope, formula) \
  LossTerms loss_##name(StepValues& v, const Options& options);
#include "frontend/train/losses.def"
#undef ELEMENT_LOSS
#undef ROW_LOSS

namespace {

constexpr const char* kReductions[] = {"sum_over_batch_size", "mean", "sum",
                                       "mean_with_sample_weight", "none"};
constexpr int64_t kMostAxes = 8;  ///< of an array

#define O(option) E(options.real(#option, 0))
#define ELEMENT_LOSS(name, aliases, specs, targets, over, expression)                \
  LossTerms element_##name(StepValues& v, [[maybe_unused]] const Options& options) { \
    using namespace loss_words;                                                      \
    const E y = E::arg(0), p = E::arg(1);                                            \
    return {v.b.map(E(expression), {v.dense(), v.pred}), LossTerms::Over::over};     \
  }
#define ROW_LOSS(name, aliases, specs, targets, scope, formula)
#include "frontend/train/losses.def"
#undef ELEMENT_LOSS
#undef ROW_LOSS
#undef O

std::vector<std::string> split(std::string_view words) {
  std::vector<std::string> all;
  while (!words.empty()) {
    const size_t space = std::min(words.find(' '), words.size());
    all.emplace_back(words.substr(0, space));
    words.remove_prefix(std::min(space + 1, words.size()));
  }
  return all;
}

LossRow make_row(std::string_view name, std::string_view aliases, std::string_view options,
                 TargetKind targets, LossScope scope, std::string formula,
                 LossTerms (*build)(StepValues&, const Options&)) {
  LossRow row{name,  split(aliases), std::move(formula), parse_option_specs(options), targets,
              scope, build};
  row.options.push_back({"reduction", "word", ir::Attr(std::string(kReductions[0]))});
  return row;
}

/// Numbers that only make sense within bounds, whichever loss has them.
void check_bounds(const LossRow& row, const Options& options) {
  const auto check = [&](const char* name, double low, double high, const char* bounds) {
    const ir::Attr* value = options.find(name);
    if (!value) return;
    const double v = std::get<double>(*value);
    if (!(v >= low && v <= high))
      throw Error("loss '" + std::string(row.name) + "': " + name + " must be " + bounds);
  };
  check("label_smoothing", 0, 1, "0 to 1");
  check("alpha", 0, 1, "0 to 1");
  check("beta", 0, 1, "0 to 1");
  check("gamma", 0, 1e6, "0 or more");
  check("delta", 0, 1e30, "0 or more");
  check("q", 1e-3, 1 - 1e-3, "above 0 and below 1 (0.001 to 0.999)");
}

}  // namespace

std::span<const LossRow> loss_table() {
  static const std::vector<LossRow> table = [] {
    const auto mean = LossTerms::Over::Mean;
    const auto in_words = [&](LossTerms::Over over, const char* text) {
      return std::string(over == mean ? "mean " : "sum ") + text;
    };
    std::vector<LossRow> rows;
#define ELEMENT_LOSS(name, aliases, specs, targets, over, expression)                 \
  rows.push_back(make_row(#name, aliases, specs, TargetKind::targets, LossScope::Row, \
                          in_words(LossTerms::Over::over, #expression), element_##name));
#define ROW_LOSS(name, aliases, specs, targets, scope, formula)                                  \
  rows.push_back(make_row(#name, aliases, specs, TargetKind::targets, LossScope::scope, formula, \
                          loss_##name));
#include "frontend/train/losses.def"
#undef ELEMENT_LOSS
#undef ROW_LOSS
    return rows;
  }();
  return table;
}

namespace {

Spec loss_spec(const Loss& loss) {
  if (loss.name.empty()) throw Error("a loss is missing, such as .loss = \"mse\"");
  Spec spec = parse_spec(loss.name);
  add_options(spec, loss.options);
  return spec;
}

}  // namespace

const LossRow& find_loss(const Loss& loss) {
  return known_row(loss_table(), loss_spec(loss).name, "loss");
}

LossScope loss_scope(const Loss& loss) {
  const LossScope scope = find_loss(loss).scope;
  const std::vector<int64_t> axes = loss_options(loss).ints("axis");
  if (scope != LossScope::Whole || axes.empty()) return scope;
  const int64_t first = *std::min_element(axes.begin(), axes.end());
  return first > 0 ? LossScope::Row : first < 0 ? LossScope::Batch : LossScope::Whole;
}

void check_trainable(const Loss& loss) {
  if (loss_options(loss).word("reduction") != "none") return;
  throw Error(
      "loss '" + std::string(find_loss(loss).name) +
      "': reduction none gives a number a row, and a model follows one: take " +
      "sum_over_batch_size, sum or mean_with_sample_weight; compute_loss gives those of rows");
}

bool depends_on_batch(const Loss& loss) {
  const std::string reduction = loss_options(loss).word("reduction");
  return loss_scope(loss) != LossScope::Row || reduction == "sum" ||
         reduction == "mean_with_sample_weight";
}

Options loss_options(const Loss& loss) {
  auto [row, all] = choose(loss_table(), loss_spec(loss), "loss");
  check_bounds(row, all);
  for (int64_t axis : all.ints("axis"))
    if (axis < -kMostAxes || axis >= kMostAxes)
      throw Error("loss '" + std::string(row.name) + "': axis " + std::to_string(axis) +
                  " is none of any predictions");
  if (row.name == "expression") check_expression_loss(all);
  const std::string reduction = all.word("reduction");
  if (std::find(std::begin(kReductions), std::end(kReductions), reduction) == std::end(kReductions))
    throw Error(
        "loss '" + std::string(row.name) + "': " +
        ir::unknown_name("reduction", reduction, {std::begin(kReductions), std::end(kReductions)}));
  return all;
}

Logits logits_of(const Loss& loss) {
  if (!loss_options(loss).flag("from_logits", false)) return Logits::None;
  return find_loss(loss).probabilities() ? Logits::Sigmoid : Logits::Softmax;
}

namespace {

/// The mean or sum that is left to do over the last axis.
ValueId finish_rows(const LossTerms& terms, StepValues& v) {
  switch (terms.over) {
    case LossTerms::Over::Mean:
      return v.over_last("mean", terms.value);
    case LossTerms::Over::Sum:
      return v.over_last("sum", terms.value);
    case LossTerms::Over::Done:
      return terms.value;
  }
  internal_error(__FILE__, __LINE__, "an unknown way to end a loss");
}

/// Of the whole batch, there is one loss, and weights scale it.
ValueId reduce_one(ValueId loss, StepValues& v, const std::string& reduction) {
  loss = v.over_all(reduction == "sum" ? "sum" : "mean", loss);  // of what other axes are left
  if (v.weight == ir::kNone || reduction == "mean_with_sample_weight") return loss;
  return v.b.map("mul", {loss, v.over_all(reduction == "sum" ? "sum" : "mean", v.weight)});
}

/// Each row's loss times its weight. Of the whole batch: that, or, where there are weights, once for
/// each of them.
ValueId weigh_only(ValueId losses, bool of_rows, StepValues& v) {
  if (v.weight == ir::kNone) return losses;
  if (of_rows) return v.weighted(losses);
  if (v.b.type(losses).rank() == 0) return v.b.map("mul", {losses, v.weight});
  throw Error("losses that sum over the batch have no rows that weights could count");
}

}  // namespace

ValueId build_row_losses(const Loss& loss, StepValues& v) {
  return finish_rows(find_loss(loss).build(v, loss_options(loss)), v);
}

ValueId build_loss(const Loss& loss, StepValues& v) {
  const Options options = loss_options(loss);
  const std::string reduction = options.word("reduction");
  const LossTerms terms = find_loss(loss).build(v, options);
  const bool weighted = v.weight != ir::kNone, sum = reduction == "sum", none = reduction == "none";
  // The mean of the rows' means is the mean of all elements.
  if (terms.over == LossTerms::Over::Mean && !weighted && !sum && !none) return v.mean(terms.value);
  const ValueId rows = finish_rows(terms, v);
  const TensorType& type = v.b.type(rows);
  const bool of_rows = type.rank() > 0 && type.shape[0].is_batch();
  if (none) return weigh_only(rows, of_rows, v);
  if (!of_rows) return reduce_one(rows, v, reduction);
  if (!weighted) return v.over_all(sum ? "sum" : "mean", rows);
  const ValueId scaled = v.weighted(rows);
  if (reduction != "mean_with_sample_weight") return v.over_all(sum ? "sum" : "mean", scaled);
  using namespace ir::scalar_dsl;
  const E total = E::arg(0), weights = E::arg(1);
  return v.b.map(select(equal(weights, E(0.0)), E(0.0), total / weights),
                 {v.sum(scaled), v.sum(v.weight)});
}

}  // namespace lathe::detail
