// A network from one number to one number, and how well it fits points.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/lecture/points.h"
#include "tools/cli/lecture/small_training.h"

namespace lathe::cli {

/// Dense layers between two Rescalings: the points' range of x is -3 to 3 to them, that of y -1 to 1.
/// Error where the activation can't take rows of these units.
Sequential curve_model(const Points& points, const std::vector<int64_t>& hidden,
                       const NetOptions& options);
/// The units of `depth` equal hidden layers whose parameters come nearest to `parameters`, of those
/// that the activation can take: glu halves them.
std::vector<int64_t> units_of(const Points& points, size_t depth, int64_t parameters,
                              const NetOptions& options);
SmallData curve_data(const Points& points);

/// The curve that a model makes over the range of the points.
plot::Series curve_of(Model& model, const Points& points, const std::string& name, plot::Ink ink);
/// The points, and the truth where it is known, for a figure.
std::vector<plot::Series> series_of(const Points& points);

struct CurveErrors {
  double train = 0, test = 0;  ///< mean squared
};
CurveErrors errors_of(Model& model, const Points& points);

/// `1-16-16-1`
std::string widths_text(const std::vector<int64_t>& hidden);

}  // namespace lathe::cli
