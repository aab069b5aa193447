// FitOptions::validation_split.
#pragma once

#include "lathe/array.h"
#include "lathe/fit_options.h"
#include "lathe/outputs.h"

namespace lathe::detail {

/// What fit gets without the option: views of the first rows, and options with the last ones as
/// validation data.
struct SplitFit {
  Inputs x;
  Targets y;
  FitOptions options;
};

/// Error for a share that is not 0 to 1, for one that leaves a part without rows, for different
/// numbers of rows, and together with validation_data.
SplitFit split_validation(const Inputs& x, const Targets& y, const FitOptions& options);

}  // namespace lathe::detail
