// Examples of prices divided by date: one split, or one for each training of a walk forward.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "ir/error.h"
#include "lathe/price_examples.h"

namespace lathe {

namespace {

std::string counted(int64_t n, const char* what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

void check_part(const PriceExamples& examples, const std::vector<PriceDay>& part, double fraction,
                const char* name) {
  if (!part.empty() || !(fraction > 0)) return;
  int64_t days = 0;
  for (const PriceSeries& one : examples.series()) days += one.rows();
  const PriceTask& task = examples.task();
  throw Error(std::string("no day is left for the ") + name + ": " + counted(days, "day") +
              " of prices make " +
              counted(static_cast<int64_t>(examples.days().size()), "example") + " of " +
              counted(task.rows(), "row") + " each and targets up to " +
              counted(task.horizon, "day") + " ahead; expected more days or a shorter window");
}

}  // namespace

PriceSplit split_by_date(const PriceExamples& examples, const SplitOptions& fractions) {
  std::vector<Date> known;  // on these all targets of an example are
  PriceSplit split;
  for (const PriceDay& day : examples.days()) {
    const Date made = examples.date(day);
    // Without a training part the first day stands for it, which is no example's target.
    split.train_until = known.empty() ? made : std::min(split.train_until, made);
    known.push_back(examples.target_date(day));
  }
  std::sort(known.begin(), known.end());
  SplitOptions o = fractions;
  o.order = SplitOrder::Chronological;
  const SplitRows sizes = split_rows(static_cast<int64_t>(known.size()), o);
  if (!sizes.train.empty()) split.train_until = known[sizes.train.size() - 1];
  split.validation_until = split.train_until;
  if (!sizes.validation.empty())
    split.validation_until = known[sizes.train.size() + sizes.validation.size() - 1];
  for (const PriceDay& day : examples.days()) {
    const Date made = examples.date(day), target = examples.target_date(day);
    if (target <= split.train_until)
      split.train.push_back(day);
    else if (made >= split.train_until && target <= split.validation_until)
      split.validation.push_back(day);
    else if (made >= split.validation_until)
      split.test.push_back(day);
  }
  check_part(examples, split.train, o.train, "training");
  check_part(examples, split.validation, o.validation, "validation");
  check_part(examples, split.test, o.test, "test");
  return split;
}

std::vector<PriceSplit> walk_forward(const PriceExamples& examples, const PriceSplit& split,
                                     const WalkForwardOptions& options) {
  if (options.every < 1 || options.train_days < 0)
    throw Error(
        "a walk forward trains every 1 or more days on 1 or more, or 0 for all, not every " +
        std::to_string(options.every) + " on " + std::to_string(options.train_days));
  std::set<Date> all_days, test_days;
  for (const PriceDay& day : examples.days()) all_days.insert(examples.date(day));
  for (const PriceDay& day : split.test) test_days.insert(examples.date(day));
  const std::vector<Date> calendar(all_days.begin(), all_days.end());
  std::vector<PriceSplit> trainings;
  for (auto at = test_days.begin(); at != test_days.end();) {
    const Date first = *at;
    Date last = first;
    for (int64_t i = 0; i < options.every && at != test_days.end(); ++i) last = *at++;
    const auto now = std::lower_bound(calendar.begin(), calendar.end(), first);
    const auto past = now - calendar.begin();
    const auto reach = options.train_days == 0 ? past : std::min<int64_t>(past, options.train_days);
    const Date oldest = reach == 0 ? first : *(now - reach);
    PriceSplit one;
    one.train_until = one.validation_until = first;
    for (const PriceDay& day : examples.days())
      if (examples.date(day) >= oldest && examples.target_date(day) <= first)
        one.train.push_back(day);
    for (const PriceDay& day : split.test)
      if (examples.date(day) >= first && examples.date(day) <= last) one.test.push_back(day);
    if (one.train.empty())
      throw Error("on " + first.to_string() + " there is no example whose target is known yet");
    trainings.push_back(std::move(one));
  }
  return trainings;
}

}  // namespace lathe
