#include "frontend/model/validation_split.h"

#include <cmath>

#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::detail {

SplitFit split_validation(const Inputs& x, const ArrayView& y, const FitOptions& options) {
  const double share = options.validation_split;
  const std::string text = "validation_split " + ir::number_to_text(share, false);
  if (!(share >= 0 && share < 1)) throw Error(text + " is not 0 or more and below 1");
  if (options.validation_data)
    throw Error("validation_split and validation_data can't both be given");
  if (x.size() == 0) throw Error("there is no x");
  const int64_t n = row_count(x.views()[0]);
  const auto check = [&](const ArrayView& a, const char* name) {
    if (row_count(a) != n)
      throw Error("x has " + std::to_string(n) + " rows, but " + name + " has " +
                  std::to_string(row_count(a)));
  };
  const auto train = static_cast<int64_t>(std::floor(static_cast<double>(n) * (1 - share)));
  if (train == 0 || train == n)
    throw Error(text + " of " + std::to_string(n) + " rows leaves none for " +
                (train == 0 ? "training" : "validation"));
  std::vector<ArrayView> first, last;
  for (const ArrayView& view : x.views()) {
    check(view, "another input");
    first.push_back(rows(view, 0, train));
    last.push_back(rows(view, train, n));
  }
  check(y, "y");
  SplitFit split{first, rows(y, 0, train), options};
  split.options.validation_split = 0;
  split.options.validation_data = ValidationData{last, rows(y, train, n)};
  if (options.sample_weight) {
    check(*options.sample_weight, "sample_weight");
    split.options.sample_weight = rows(*options.sample_weight, 0, train);
    split.options.validation_data->sample_weight = rows(*options.sample_weight, train, n);
  }
  return split;
}

}  // namespace lathe::detail
