// A network from one number to one number, and how well it fits points.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/lecture/points.h"
#include "tools/cli/lecture/small_training.h"

namespace lathe::cli {

/// Dense layers between two Rescalings: x as -1 to 1 over the points' range, y likewise.
Sequential curve_model(const Points& points, const std::vector<int64_t>& hidden,
                       const NetOptions& options);
/// Its numbers: weights and biases.
int64_t curve_parameters(const std::vector<int64_t>& hidden);
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
