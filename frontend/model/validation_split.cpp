#include "frontend/model/validation_split.h"

#include <cmath>

#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::detail {

SplitFit split_validation(const Inputs& x, const Targets& y, const FitOptions& options) {
  const double share = options.validation_split;
  const std::string text = "validation_split " + ir::number_to_text(share, false);
  if (!(share >= 0 && share < 1)) throw Error(text + " is not 0 or more and below 1");
  if (options.validation_data)
    throw Error("validation_split and validation_data can't both be given");
  if (x.size() == 0) throw Error("there is no x");
  const int64_t n = x.entries()[0].rows();
  const auto check = [&](int64_t has, const char* name) {
    if (has != n)
      throw Error("x has " + std::to_string(n) + " rows, but " + name + " has " +
                  std::to_string(has));
  };
  const auto train = static_cast<int64_t>(std::floor(static_cast<double>(n) * (1 - share)));
  if (train == 0 || train == n)
    throw Error(text + " of " + std::to_string(n) + " rows leaves none for " +
                (train == 0 ? "training" : "validation"));
  // Of each array, to `first` and `last` those of its rows that train and those that validate.
  const auto divide = [&](const ArrayView& all, const char* name, ArrayView& first,
                          ArrayView& last) {
    check(row_count(all), name);
    first = rows(all, 0, train);
    last = rows(all, train, n);
  };
  std::vector<Inputs::Entry> first, last;
  for (const Inputs::Entry& entry : x.entries()) {
    check(entry.rows(), "another input");
    first.push_back(entry.part(0, train));
    last.push_back(entry.part(train, n));
  }
  SplitFit split{first, y, options};
  split.options.validation_split = 0;
  split.options.validation_data = ValidationData{last, y, options.sample_weight};
  const auto divide_all = [&](const PerOutput<ArrayView>& all, const char* name,
                              PerOutput<ArrayView>& of_first, PerOutput<ArrayView>& of_last) {
    for (size_t i = 0; i < all.entries().size(); ++i)
      if (const std::optional<ArrayView>& value = all.entries()[i].value)
        divide(*value, name, *of_first.entries()[i].value, *of_last.entries()[i].value);
  };
  divide_all(y, "y", split.y, split.options.validation_data->y);
  divide_all(options.sample_weight, "sample_weight", split.options.sample_weight,
             split.options.validation_data->sample_weight);
  return split;
}

}  // namespace lathe::detail
