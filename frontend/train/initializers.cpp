#include "frontend/train/initializers.h"

#include <cmath>

#include "frontend/base/nearest.h"
#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::detail {

namespace {

using ir::ValueId;
using namespace ir::scalar_dsl;

ValueId constant(const InitValues& v, double value) {
  return v.b.constant(value, DType::F32, v.shape);
}

/// Even in [-limit, limit).
ValueId uniform(const InitValues& v, double limit) {
  const ValueId u = v.b.random_uniform(v.seed, v.step, v.stream, v.shape);
  return v.b.map((E::arg(0) * E(2.0) - E(1.0)) * E(limit), {u});
}

/// The quantile function of the standard normal distribution cut off at -2 and 2, at (t + 1) / 2.
///
/// It is sqrt(2) erfinv(y), y = t erf(sqrt(2)). As in Giles: "Approximating the erfinv function",
/// GPU Computing Gems, 2011, erfinv(y) / y is smooth in w = -log(1 - y^2): the polynomial
/// interpolates sqrt(2) erfinv(y) / y at the Chebyshev nodes of 0 <= w <= 2.4199, all that can
/// occur here, and is within 3.4e-8 of it, relatively.
E truncated_normal_quantile(const E& t) {
  constexpr double kErfSqrt2 = 0.95449973610364158560;
  constexpr double kCoefficients[] = {
      1.2533140958662679,      0.32811856152323454,   0.016321771376452996,  -0.003272422264472653,
      -0.00021934955034524497, 9.208817007520112e-05, -6.557868455780537e-06};
  const E y = t * E(kErfSqrt2);
  const E w = -log((E(1.0) - y) * (E(1.0) + y));
  E p = E(kCoefficients[6]);
  for (int i = 5; i >= 0; --i) p = p * w + E(kCoefficients[i]);
  return p * y;
}

/// Normal with that standard deviation, cut off at two of its parent's, as Keras does: cutting off
/// shrinks the deviation to 0.8796 of the parent's.
ValueId truncated_normal(const InitValues& v, double stddev) {
  constexpr double kShrink = .87962566103423978;
  const ValueId u = v.b.random_uniform(v.seed, v.step, v.stream, v.shape);
  const E t = E::arg(0) * E(2.0) - E(1.0);
  return v.b.map(truncated_normal_quantile(t) * E(stddev / kShrink), {u});
}

double mean_fan(const InitValues& v) {
  return (v.fan_in + v.fan_out) / 2;
}

/// `constant(0.5)` is `constant` and 0.5; without parentheses the argument is 0.
const InitializerRow& find(std::string_view text, double& argument) {
  const size_t open = text.find('(');
  const std::string_view name = text.substr(0, open);
  std::vector<std::string> names;
  for (const InitializerRow& row : initializer_table()) {
    names.emplace_back(row.name);
    if (row.name != name) continue;
    if (open == text.npos) {
      if (row.takes_argument)
        throw Error("initializer '" + std::string(name) + "' needs a value: " + std::string(name) +
                    "(0.5)");
      return row;
    }
    if (!row.takes_argument)
      throw Error("initializer '" + std::string(name) + "' takes no value in parentheses");
    const auto value = text.back() == ')'
                           ? ir::text_to_number(text.substr(open + 1, text.size() - open - 2))
                           : std::nullopt;
    if (!value || !std::isfinite(static_cast<float>(*value)))
      throw Error("initializer '" + std::string(text.substr(0, 64)) +
                  "' is not of the form constant(0.5)");
    argument = *value;
    return row;
  }
  throw Error(unknown_name("initializer", name, names));
}

}  // namespace

std::span<const InitializerRow> initializer_table() {
  static constexpr InitializerRow kTable[] = {
      {"zeros", "0", false, [](const InitValues& v) { return constant(v, 0); }},
      {"ones", "1", false, [](const InitValues& v) { return constant(v, 1); }},
      {"constant", "constant(c): c", true,
       [](const InitValues& v) { return constant(v, v.argument); }},
      {"glorot_uniform", "uniform within +-sqrt(6 / (fan_in + fan_out))", false,
       [](const InitValues& v) { return uniform(v, std::sqrt(3 / mean_fan(v))); }},
      {"glorot_normal", "normal of variance 2 / (fan_in + fan_out), cut off at 2 deviations", false,
       [](const InitValues& v) { return truncated_normal(v, std::sqrt(1 / mean_fan(v))); }},
      {"he_uniform", "uniform within +-sqrt(6 / fan_in)", false,
       [](const InitValues& v) { return uniform(v, std::sqrt(6 / v.fan_in)); }},
      {"he_normal", "normal of variance 2 / fan_in, cut off at 2 deviations", false,
       [](const InitValues& v) { return truncated_normal(v, std::sqrt(2 / v.fan_in)); }},
  };
  return kTable;
}

void check_initializer(std::string_view text) {
  double argument = 0;
  find(text, argument);
}

ValueId build_initializer(ir::Builder& b, std::string_view text, ValueId seed, ValueId step,
                          int64_t stream, const Shape& shape) {
  double argument = 0;
  const InitializerRow& row = find(text, argument);
  double fan_in = 1, fan_out = 1;
  if (!shape.empty()) fan_out = static_cast<double>(shape.back().size());
  for (size_t i = 0; i + 1 < shape.size(); ++i) fan_in *= static_cast<double>(shape[i].size());
  if (shape.size() == 1) fan_in = fan_out;  // Keras's rule for vectors
  return row.build({b, seed, step, stream, shape, fan_in, fan_out, argument});
}

}  // namespace lathe::detail
