#include "tools/cli/lecture/curve_fit.h"

#include <algorithm>

namespace lathe::cli {
namespace {

constexpr int kCurvePoints = 401;
constexpr double kSpan = 3;  ///< x is -3 to 3 to the layers: less is too flat a start for waves

Array column(const std::vector<double>& values) {
  Array all(DType::F32, {static_cast<int64_t>(values.size()), 1});
  std::transform(values.begin(), values.end(), all.data<float>().begin(),
                 [](double v) { return static_cast<float>(v); });
  return all;
}

std::vector<double> predicted(Model& model, const std::vector<double>& x) {
  const Array y = model.predict(column(x));
  return {y.data<float>().begin(), y.data<float>().end()};
}

double mean_squared(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

/// Not compiled yet.
Sequential curve_layers(const Points& points, const std::vector<int64_t>& hidden,
                        const NetOptions& options) {
  const auto [y_low, y_high] = points.y_range();
  const double x_half = (points.high - points.low) / 2, x_middle = points.low + x_half;
  const double y_half = std::max((y_high - y_low) / 2, 1e-6), y_middle = y_low + y_half;
  std::vector<Layer> layers = {Input({1}), Rescaling(kSpan / x_half, -kSpan * x_middle / x_half)};
  for (const Layer& layer : dense_layers(hidden, options.activation, "linear")) {
    layers.push_back(layer);
  }
  layers.push_back(Rescaling(y_half, y_middle));
  return Sequential(layers, "function");
}

}  // namespace

Sequential curve_model(const Points& points, const std::vector<int64_t>& hidden,
                       const NetOptions& options) {
  Sequential model = curve_layers(points, hidden, options);
  model.compile(options.compile_options("mse", {}));
  return model;
}

std::vector<int64_t> units_of(const Points& points, size_t depth, int64_t parameters,
                              const NetOptions& options) {
  const auto parameters_of = [&](int64_t units) {
    return curve_layers(points, std::vector<int64_t>(depth, units), options).parameter_count();
  };
  int64_t each = 1;  // what the units are multiples of
  try {
    parameters_of(each);
  } catch (const Error&) {
    each = 2;
  }
  // From here on: `below` is 0 or has no more than `parameters`, `above` has more.
  int64_t below = 0, above = 1;
  while (parameters_of(each * above) <= parameters) {
    below = above;
    above *= 2;
  }
  while (above - below > 1) {
    const int64_t middle = below + (above - below) / 2;
    (parameters_of(each * middle) <= parameters ? below : above) = middle;
  }
  const bool wider = below == 0 || parameters_of(each * above) - parameters <
                                       parameters - parameters_of(each * below);
  return std::vector<int64_t>(depth, each * (wider ? above : below));
}

SmallData curve_data(const Points& points) {
  return {column(points.x), column(points.y), std::nullopt};
}

plot::Series curve_of(Model& model, const Points& points, const std::string& name, plot::Ink ink) {
  plot::Series curve{name, {}, {}, ink, plot::Mark::Line};
  for (int i = 0; i < kCurvePoints; ++i) {
    curve.x.push_back(points.low + (points.high - points.low) * i / (kCurvePoints - 1));
  }
  curve.y = predicted(model, curve.x);
  return curve;
}

std::vector<plot::Series> series_of(const Points& points) {
  std::vector<plot::Series> all = {
      {"points", points.x, points.y, plot::Ink::Axis, plot::Mark::Dots}};
  if (points.truth) {
    all.push_back({points.name, points.test_x, points.test_y, plot::Ink::Text, plot::Mark::Dashed});
  } else {
    all.push_back({"kept apart", points.test_x, points.test_y, plot::Ink::Text, plot::Mark::Dots});
  }
  return all;
}

CurveErrors errors_of(Model& model, const Points& points) {
  return {mean_squared(predicted(model, points.x), points.y),
          mean_squared(predicted(model, points.test_x), points.test_y)};
}

std::string widths_text(const std::vector<int64_t>& hidden) {
  std::string text = "1-";
  for (const int64_t units : hidden) text += fmt::format("{}-", units);
  return text + "1";
}

}  // namespace lathe::cli
