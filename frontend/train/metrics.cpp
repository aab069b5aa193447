// Metrics by name; the rows are in metric_table.cpp.
#include "frontend/train/metrics.h"

#include <algorithm>
#include <cmath>

#include "frontend/base/table.h"
#include "frontend/train/metric_rows.h"
#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::detail {

using ir::ValueId;

namespace {

Loss without_reduction(Spec spec) {
  spec.options.erase("reduction");
  return Loss(to_string(spec));
}

[[noreturn]] void unknown(std::string_view name) {
  const auto both = [](std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  const auto names = both(row_names(metric_table()), row_names(loss_table()));
  const auto listed = both(first_names(metric_table()), first_names(loss_table()));
  throw Error(ir::unknown_name("metric", name, names, listed));
}

/// In logs and in a run's files these mean something else.
void check_name(const std::string& name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto part = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  if (name.size() > 100 || !letter(name[0]) || !std::all_of(name.begin(), name.end(), part))
    throw Error("metric: name '" + name.substr(0, 100) +
                "' must be a letter or underscore, then letters, digits and any of _ . -");
  for (const char* taken : {"loss", "epoch", "seconds", "images_per_second", "learning_rate"})
    if (name == taken)
      throw Error("metric: name '" + name + "' is taken by what is written beside it");
  if (name.starts_with("val_"))
    throw Error("metric: names that begin with val_, as '" + name + "', are the validation's");
}

}  // namespace

Metric::Metric(std::string_view text, bool weighted, const std::string& prefix)
    : weighted_(weighted) {
  Spec spec = parse_spec(text);
  const std::string given_name = spec.options.word("name");
  if (const MetricRow* row = find_row(metric_table(), spec.name)) {
    if (spec.name != row->name)
      for (const auto& [option, value] : row->alias_options)
        if (!spec.options.has(option)) spec.options.set(option, value);
    row_ = row;
    options_ = choose(metric_table(), spec, "metric").options;
    name_ = row_->name;
  } else {
    if (!find_row(loss_table(), spec.name)) unknown(spec.name);
    spec.options.erase("name");
    loss_ = Loss(to_string(spec));
    name_ = find_loss(loss_).name;
    if (loss_options(loss_) != loss_options(without_reduction(spec)))
      throw Error("metric '" + name_ + "' takes no reduction: it is the mean over all rows");
    if (weighted && loss_scope(loss_) == LossScope::Whole)
      throw Error("metric '" + name_ + "' " + kNoRows);
  }
  if (!given_name.empty()) name_ = given_name;
  check_name(name_);
  name_ = prefix + name_;
}

void Metric::fold(std::span<const float> step, std::span<double> totals) const {
  if (row_ && row_->fold) return row_->fold(step, totals);
  for (size_t i = 0; i < totals.size(); ++i) totals[i] += static_cast<double>(step[i]);
}

std::vector<double> Metric::finish(std::span<const double> totals) const {
  if (row_ && row_->finish) return row_->finish(totals, options_);
  return {ratio(totals[0], totals[1])};
}

std::vector<std::string> Metric::number_names(int64_t units) const {
  std::vector<std::string> labels;
  switch (numbers()) {
    case Numbers::One:
      break;
    case Numbers::Thresholds:
      for (double t : options_.reals("thresholds")) labels.push_back(ir::number_to_text(t, false));
      break;
    case Numbers::Units:
      for (int64_t i = 0; i < units && units > 1; ++i) labels.push_back(std::to_string(i));
      break;
    case Numbers::Table:
      return {};
  }
  if (labels.empty()) return {name_};
  for (std::string& label : labels) label = name_ + "_" + label;
  return labels;
}

void Metric::report(std::span<const double> totals, Logs& logs) const {
  std::vector<double> values = finish(totals);
  const size_t count = values.size();
  if (numbers() == Numbers::Table) {
    const auto side = static_cast<int64_t>(std::llround(std::sqrt(count)));
    logs.add_table({name_, side, side, std::move(values)});
    return;
  }
  // Of one a unit there are as many as units.
  const std::vector<std::string> names = number_names(static_cast<int64_t>(count));
  LATHE_CHECK(names.size() == count, "a metric has another number of names than numbers");
  if (count == 1)
    logs.add(name_, values[0]);
  else
    logs.add_group(name_, names, values);
}

const LossRow& Metric::target_rules() const {
  return find_loss(row_ ? Loss("mse") : loss_);
}

ValueId Metric::build(StepValues& all) const {
  StepValues unweighted(all.b, all.pred, all.target());
  StepValues& v = !weighted_ && all.weight != ir::kNone ? unweighted : all;
  try {
    if (!row_)
      return is_mean() ? build_loss(loss_, v) : sum_and_rows(v, build_row_losses(loss_, v));
    const ValueId value = row_->build(v, options_);
    if (row_->finish) return value;
    return is_mean() ? v.mean(value) : sum_and_rows(v, value);
  } catch (const Error& e) {
    throw Error("metric '" + name_ + "': " + e.what());
  }
}

}  // namespace lathe::detail
