// Least squares by a complete orthogonal decomposition (lathe/forecast.h).
#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <string>

#include "frontend/forecast/scored_rows.h"
#include "ir/error.h"
#include "lathe/forecast.h"

namespace lathe {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const Matrix> matrix_of(const NumberRows& rows, const char* what) {
  if (rows.columns < 1)
    throw Error(std::string(what) + " must have a column or more, not " +
                std::to_string(rows.columns));
  const auto values = static_cast<int64_t>(rows.values.size());
  if (values % rows.columns != 0)
    throw Error(std::string(what) + " have " + std::to_string(values) +
                " values, no whole rows of " + std::to_string(rows.columns));
  return {rows.values.data(), values / rows.columns, rows.columns};
}

std::vector<double> values_of(const Matrix& m) {
  return {m.data(), m.data() + m.size()};
}

/// What of the centred inputs' longest column is no more than the rounding of the inputs.
double rounded_away(const Eigen::Map<const Matrix>& inputs, const Eigen::MatrixXd& centred,
                    double rounding) {
  const double longest = centred.colwise().norm().maxCoeff();
  if (longest == 0) return 1;
  const auto sides = static_cast<double>(std::max(inputs.rows(), inputs.cols()));
  return sides * rounding * inputs.colwise().norm().maxCoeff() / longest;
}

}  // namespace

LinearFit fit_linear(const NumberRows& x, const NumberRows& y, double rounding) {
  const auto inputs = matrix_of(x, "inputs"), outputs = matrix_of(y, "outputs");
  if (inputs.rows() != outputs.rows())
    throw Error("there are inputs of " + std::to_string(inputs.rows()) + " rows, but outputs of " +
                std::to_string(outputs.rows()));
  if (inputs.rows() == 0) throw Error("a linear regression needs rows");
  detail::check_finite(x.values, "inputs");
  detail::check_finite(y.values, "outputs");
  const Eigen::RowVectorXd input_means = inputs.colwise().mean();
  const Eigen::RowVectorXd output_means = outputs.colwise().mean();
  const Eigen::MatrixXd centred = inputs.rowwise() - input_means;
  // Pivoting takes each column by its own size, so that prices beside volumes lose no digits.
  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> fit;
  fit.setThreshold(rounded_away(inputs, centred, rounding));
  fit.compute(centred);
  const Matrix coefficients = fit.solve(Eigen::MatrixXd(outputs.rowwise() - output_means));
  const Matrix intercepts = output_means - input_means * coefficients;
  return {x.columns, y.columns, fit.rank(), values_of(coefficients), values_of(intercepts)};
}

std::vector<double> LinearFit::predict(const NumberRows& x) const {
  if (x.columns != inputs)
    throw Error("the regression was fitted to " + std::to_string(inputs) + " inputs, not to " +
                std::to_string(x.columns));
  const Eigen::Map<const Matrix> weights(coefficients.data(), inputs, outputs);
  const Eigen::Map<const Eigen::RowVectorXd> constant(intercepts.data(), outputs);
  return values_of((matrix_of(x, "inputs") * weights).rowwise() + constant);
}

}  // namespace lathe
