#include "frontend/train/initializers.h"

#include <algorithm>
#include <cmath>

#include "frontend/base/letters.h"
#include "frontend/base/normal.h"
#include "frontend/base/table.h"
#include "frontend/train/orthonormal.h"
#include "ir/error.h"

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

/// Cut off at two standard deviations of its parent, the normal distribution with `stddev`.
ValueId cut_normal(const InitValues& v, double mean, double stddev) {
  const ValueId u = v.b.random_uniform(v.seed, v.step, v.stream, v.shape);
  const E t = E::arg(0) * E(2.0) - E(1.0);
  const E normal = truncated_normal_quantile(t) * E(stddev);
  return v.b.map(mean == 0 ? normal : normal + E(mean), {u});
}

/// The same with `stddev` after the cut, as Keras does it where it scales variances: cutting off
/// shrinks the deviation to 0.8796 of the parent's.
ValueId truncated_normal(const InitValues& v, double stddev) {
  constexpr double kShrink = .87962566103423978;
  return cut_normal(v, 0, stddev / kShrink);
}

/// The second of the two draws is that of step 1.
ValueId normal(const InitValues& v, double mean, double stddev) {
  const ValueId u = v.b.random_uniform(v.seed, v.step, v.stream, v.shape);
  const ValueId angle = v.b.random_uniform(v.seed, v.b.constant(1, DType::I64), v.stream, v.shape);
  return v.b.map(standard_normal(E::arg(0), E::arg(1)) * E(stddev) + E(mean), {u, angle});
}

ValueId between(const InitValues& v, double low, double high) {
  const ValueId u = v.b.random_uniform(v.seed, v.step, v.stream, v.shape);
  return v.b.map(E::arg(0) * E(high - low) + E(low), {u});
}

double mean_fan(const InitValues& v) {
  return (v.fan_in + v.fan_out) / 2;
}

ValueId variance_scaling(const InitValues& v) {
  const std::string mode = v.options.word("mode"), kind = v.options.word("distribution");
  const double fan = mode == "fan_in" ? v.fan_in : mode == "fan_out" ? v.fan_out : mean_fan(v);
  const double variance = v.options.real("scale", 1) / fan;
  if (kind == "uniform") return uniform(v, std::sqrt(3 * variance));
  if (kind == "untruncated_normal") return normal(v, 0, std::sqrt(variance));
  return truncated_normal(v, std::sqrt(variance));
}

/// Keras's: of a matrix [rows, columns], where rows are all dimensions but the last, the shorter
/// side's vectors are orthonormal, by the longer side's normal numbers.
void finish_orthogonal(std::vector<double>& values, const std::vector<int64_t>& shape,
                       const Options& options) {
  const int64_t columns = shape.back(), rows = static_cast<int64_t>(values.size()) / columns;
  make_orthonormal(values, std::max(rows, columns), std::min(rows, columns));
  const double gain = options.real("gain", 1);
  const std::vector<double> q = values;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      values[i * columns + j] = gain * (rows < columns ? q[j * rows + i] : q[i * columns + j]);
}

void finish_identity(std::vector<double>& values, const std::vector<int64_t>& shape,
                     const Options& options) {
  for (int64_t i = 0; i < std::min(shape[0], shape[1]); ++i)
    values[i * shape[1] + i] = options.real("gain", 1);
}

void check_variance_scaling(const Options& o) {
  if (!(o.real("scale", 0) > 0)) throw Error("scale must be more than 0");
  check_one_of(o, "mode", {"fan_in", "fan_out", "fan_avg"});
  check_one_of(o, "distribution", {"truncated_normal", "untruncated_normal", "uniform"});
}

void check_deviation(const Options& o) {
  if (o.real("stddev", 0) < 0) throw Error("stddev must be 0 or more");
}

void check_limits(const Options& o) {
  if (o.real("minval", 0) > o.real("maxval", 0)) throw Error("minval must not be above maxval");
}

Chosen<InitializerRow> read(std::string_view text) {
  auto initial = choose(initializer_table(), parse_spec(text), "initializer");
  for (const OptionSpec& option : initial.row.options)
    if (option.type == "real" &&
        !std::isfinite(static_cast<float>(initial.options.real(option.name, 0))))
      throw Error("initializer '" + std::string(initial.row.name) + "': " + option.name +
                  " must be finite");
  return initial;
}

std::vector<InitializerRow> make_rows() {
  const auto options = [](std::string_view text) { return parse_option_specs(text); };
  // Zero and One stand in models that were made of Keras's JSON.
  std::vector<InitializerRow> rows = {
      {"zeros",
       "0",
       {},
       nullptr,
       [](const InitValues& v) { return constant(v, 0); },
       {"Zero", "zero"}},
      {"ones",
       "1",
       {},
       nullptr,
       [](const InitValues& v) { return constant(v, 1); },
       {"One", "one"}},
      {"constant", "value", options("value:real=0"), nullptr,
       [](const InitValues& v) { return constant(v, v.options.real("value", 0)); }},
      {"random_uniform",
       "uniform from minval to maxval",
       options("minval:real=-0.05 maxval:real=0.05"),
       check_limits,
       [](const InitValues& v) {
         return between(v, v.options.real("minval", 0), v.options.real("maxval", 0));
       },
       {"uniform"}},
      {"random_normal",
       "normal",
       options("mean:real=0 stddev:real=0.05"),
       check_deviation,
       [](const InitValues& v) {
         return normal(v, v.options.real("mean", 0), v.options.real("stddev", 0));
       },
       {"normal"}},
      {"truncated_normal", "normal, cut off at 2 deviations",
       options("mean:real=0 stddev:real=0.05"), check_deviation,
       [](const InitValues& v) {
         return cut_normal(v, v.options.real("mean", 0), v.options.real("stddev", 0));
       }},
      {"variance_scaling",
       "of variance scale / fan; mode: fan_in, fan_out, fan_avg; distribution: truncated_normal, "
       "untruncated_normal, uniform",
       options("scale:real=1 mode:word=fan_in distribution:word=truncated_normal"),
       check_variance_scaling, variance_scaling},
      {"glorot_uniform",
       "uniform within +-sqrt(6 / (fan_in + fan_out))",
       {},
       nullptr,
       [](const InitValues& v) { return uniform(v, std::sqrt(3 / mean_fan(v))); }},
      {"glorot_normal",
       "normal of variance 2 / (fan_in + fan_out), cut off at 2 deviations",
       {},
       nullptr,
       [](const InitValues& v) { return truncated_normal(v, std::sqrt(1 / mean_fan(v))); }},
      {"he_uniform",
       "uniform within +-sqrt(6 / fan_in)",
       {},
       nullptr,
       [](const InitValues& v) { return uniform(v, std::sqrt(6 / v.fan_in)); }},
      {"he_normal",
       "normal of variance 2 / fan_in, cut off at 2 deviations",
       {},
       nullptr,
       [](const InitValues& v) { return truncated_normal(v, std::sqrt(2 / v.fan_in)); }},
      {"lecun_uniform",
       "uniform within +-sqrt(3 / fan_in)",
       {},
       nullptr,
       [](const InitValues& v) { return uniform(v, std::sqrt(3 / v.fan_in)); }},
      {"lecun_normal",
       "normal of variance 1 / fan_in, cut off at 2 deviations",
       {},
       nullptr,
       [](const InitValues& v) { return truncated_normal(v, std::sqrt(1 / v.fan_in)); }},
      {.name = "orthogonal",
       .formula = "gain times Q of the QR decomposition of normal numbers",
       .options = options("gain:real=1"),
       .check = nullptr,
       .build = [](const InitValues& v) { return normal(v, 0, 1); },
       .aliases = {"OrthogonalInitializer"},
       .finish = finish_orthogonal,
       .least_rank = 2},
      {.name = "identity",
       .formula = "gain on the diagonal, 0 elsewhere",
       .options = options("gain:real=1"),
       .check = nullptr,
       .build = [](const InitValues& v) { return constant(v, 0); },
       .aliases = {"IdentityInitializer"},
       .finish = finish_identity,
       .least_rank = 2,
       .most_rank = 2},
  };
  for (InitializerRow& row : rows) row.aliases.push_back(class_case(row.name));
  return rows;
}

}  // namespace

std::span<const InitializerRow> initializer_table() {
  static const std::vector<InitializerRow> kTable = make_rows();
  return kTable;
}

void check_initializer(std::string_view text) {
  read(text);
}

void check_initializer_rank(std::string_view text, const std::vector<int64_t>& shape) {
  const InitializerRow& row = read(text).row;
  const int rank = static_cast<int>(shape.size());
  if (rank >= row.least_rank && rank <= row.most_rank) return;
  throw Error("initializer '" + std::string(row.name) + "' is for weights of " +
              std::to_string(row.least_rank) + " dimensions" +
              (row.most_rank == InitializerRow::kAnyRank ? " or more" : "") + ", not " +
              std::to_string(rank));
}

ValueId build_initializer(ir::Builder& b, std::string_view text, ValueId seed, ValueId step,
                          int64_t stream, const Shape& shape) {
  const Chosen<InitializerRow> initial = read(text);
  double fan_in = 1, fan_out = 1, field = 1;
  for (size_t i = 0; i + 2 < shape.size(); ++i) field *= static_cast<double>(shape[i].size());
  if (!shape.empty()) fan_out = field * static_cast<double>(shape.back().size());
  if (shape.size() > 1) fan_in = field * static_cast<double>(shape[shape.size() - 2].size());
  if (shape.size() == 1) fan_in = fan_out;
  return initial.row.build({b, seed, step, stream, shape, fan_in, fan_out, initial.options});
}

bool is_finished_by_host(std::string_view text) {
  return read(text).row.finish != nullptr;
}

void finish_initial(std::string_view text, Array& value) {
  const Chosen<InitializerRow> initial = read(text);
  if (!initial.row.finish) return;
  check_initializer_rank(text, value.shape());
  const std::span<float> weights = value.data<float>();
  std::vector<double> values(weights.begin(), weights.end());
  initial.row.finish(values, value.shape(), initial.options);
  std::transform(values.begin(), values.end(), weights.begin(),
                 [](double v) { return static_cast<float>(v); });
}

}  // namespace lathe::detail
