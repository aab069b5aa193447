#include "ir/elementwise.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <unordered_map>

#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::ir {

namespace {

using scalar_dsl::E;

// Ends of the parameters' ranges. In f32 too a least one is no zero, and a factor times what is
// far from f32's end stays finite.
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeast = 1e-30, kMost = 1e30, kMostFactor = 1e6;

// Words that several rows are written in.
constexpr double kSqrtHalf = std::numbers::sqrt2 / 2;
constexpr double kNormalPeak = kSqrtHalf * std::numbers::inv_sqrtpi;  // 1 / sqrt(2 pi)
constexpr double kSeluScale = 1.0507009873554805;
constexpr double kSeluSaturation = kSeluScale * 1.6732632423543772;

/// x within -limit and limit.
E within(const E& x, double limit) {
  using namespace scalar_dsl;
  return min(max(x, -limit), limit);
}
/// 1 / (1 + exp(-x)).
E logistic(const E& x) {
  using namespace scalar_dsl;
  return select(x < 0.0, exp(-abs(x)), 1.0) / (1.0 + exp(-abs(x)));
}
/// sqrt(x^2 + b), where b is small against 1e20.
E hypotenuse(const E& x, const E& b) {
  using namespace scalar_dsl;
  return select(abs(x) < 1e10, sqrt(x * x + b), abs(x));
}
/// With e = exp(-|x|): tanh(log(1 + exp x)) is numerator / denominator, 1 less that is rest /
/// denominator.
E mish_numerator(const E& x) {
  using namespace scalar_dsl;
  const E e = exp(-abs(x));
  return select(x < 0.0, e * (e + 2.0), 1.0 + 2.0 * e);
}
E mish_rest(const E& x) {
  using namespace scalar_dsl;
  const E e = exp(-abs(x));
  return select(x < 0.0, 2.0, 2.0 * e * e);
}
E mish_denominator(const E& x) {
  using namespace scalar_dsl;
  return mish_numerator(x) + mish_rest(x);
}
/// sqrt(2 / pi) (x + 0.044715 x^3), and its derivative.
constexpr double kGeluScale = 2 * kNormalPeak;
E gelu_argument(const E& x) {
  using namespace scalar_dsl;
  return kGeluScale * (x + 0.044715 * x * x * x);
}
E gelu_slope(const E& x) {
  using namespace scalar_dsl;
  return kGeluScale * (1.0 + (3 * 0.044715) * x * x);
}

struct Marks : ElementwiseMarks {
  std::vector<E> kink_patterns = {};
};

/// The expressions of a row with `values` in place of its parameters.
ScalarExpr fill(const ScalarExpr& pattern, int arity, std::span<const double> values) {
  if (values.empty()) return pattern;
  std::vector<ScalarExpr> args;
  for (int i = 0; i <= arity; ++i) args.push_back(ScalarExpr::arg(i));
  for (double v : values) args.emplace_back(v);
  return pattern.substitute(args);
}

ElementwiseRow make_row(std::string_view name, int arity, bool activation, std::string_view formula,
                        std::vector<ElementwiseParam> params, E expr, std::vector<E> gradient,
                        Marks marks) {
  ElementwiseRow row;
  row.name = name;
  row.arity = arity;
  row.activation = activation;
  row.formula = formula;
  row.params = std::move(params);
  row.expr_pattern = std::move(expr);
  row.gradient_pattern = std::move(gradient);
  row.kink_patterns = std::move(marks.kink_patterns);
  row.marks = std::move(marks);
  std::vector<double> defaults;
  for (const ElementwiseParam& p : row.params) defaults.push_back(p.default_value);
  return row.with(defaults);
}

std::vector<ElementwiseRow> build_table() {
  using namespace scalar_dsl;
  std::vector<ElementwiseRow> rows;
#define DERIVED \
  std::vector<E> {}
#define GRADIENT(...) \
  std::vector<E> {    \
    __VA_ARGS__       \
  }
#define NONE \
  Marks {}
#define KINKS(...)       \
  Marks {                \
    {}, std::vector<E> { \
      __VA_ARGS__        \
    }                    \
  }
#define TIE       \
  Marks {         \
    {             \
      .tie = true \
    }             \
  }
#define STRAIGHT_THROUGH       \
  Marks {                      \
    {                          \
      .straight_through = true \
    }                          \
  }
#define ABSOLUTE       \
  Marks {              \
    {                  \
      .absolute = true \
    }                  \
  }
#define DOMAIN(lo, hi)      \
  Marks {                   \
    {                       \
      .low = lo, .high = hi \
    }                       \
  }
#define NO_PARAMS
#define PARAM(name, value, low, high) PARAM_FROM(0.0, name, value, low, high)
#define NONZERO_PARAM(name, value, low, high) PARAM_FROM(kLeast, name, value, low, high)
#define PARAM_FROM(least, name, value, low, high)                     \
  const E name = E::arg(arity + 1 + static_cast<int>(params.size())); \
  params.push_back(ElementwiseParam{#name, value, low, high, least});
#define ELEMENTWISE(name, operands, expression, gradient, marks)                         \
  {                                                                                      \
    const E x = E::arg(0), y = E::arg(1), z = E::arg(2), out = E::arg(operands);         \
    (void)y, (void)z, (void)out;                                                         \
    rows.push_back(                                                                      \
        make_row(#name, operands, false, #expression, {}, expression, gradient, marks)); \
  }
#define ACTIVATION(name, parameters, formula, expression, gradient, marks)           \
  {                                                                                  \
    constexpr int arity = 1;                                                         \
    const E x = E::arg(0), out = E::arg(arity);                                      \
    (void)out;                                                                       \
    std::vector<ElementwiseParam> params;                                            \
    parameters rows.push_back(                                                       \
        make_row(#name, arity, true, formula, params, expression, gradient, marks)); \
  }
#include "ir/elementwise.def"
#undef ACTIVATION
#undef ELEMENTWISE
#undef PARAM
#undef NONZERO_PARAM
#undef PARAM_FROM
  return rows;
}

struct ExprHash {
  size_t operator()(const ScalarExpr& e) const { return e.hash(); }
};

/// Where the parameters of a pattern get their values; the first one is argument `first`.
struct Binding {
  int first;
  std::vector<std::optional<double>> values;
};

bool bind(const ScalarExpr& pattern, int32_t p, const ScalarExpr& e, int32_t i, Binding& bound) {
  const ScalarExpr::Node &pn = pattern.nodes()[p], &en = e.nodes()[i];
  if (pn.op == ScalarOp::Arg && pn.arg >= bound.first) {
    if (en.op != ScalarOp::Const) return false;
    std::optional<double>& value = bound.values[pn.arg - bound.first];
    if (value) return std::bit_cast<uint64_t>(*value) == std::bit_cast<uint64_t>(en.value);
    value = en.value;
    return true;
  }
  if (pn.op != en.op || pn.arg != en.arg) return false;
  if (pn.op == ScalarOp::Const)
    return std::bit_cast<uint64_t>(pn.value) == std::bit_cast<uint64_t>(en.value);
  for (int k = 0; k < scalar_op_arity(pn.op); ++k)
    if (!bind(pattern, pn.operand[k], e, en.operand[k], bound)) return false;
  return true;
}

/// What a parameter must be that is not `v`.
std::string expected(const ElementwiseParam& p, double v) {
  if (std::isnan(v)) return "a number";
  const bool above = v > p.high;
  if (!above && v >= p.low) return "other than 0";
  if (!above && p.low == 0) return "0 or more";
  if (!above && p.low > 0 && v <= 0) return "more than 0";
  std::string text = above ? "at most " : "at least ";
  text += number_to_text(above ? p.high : p.low, false);
  return text;
}

std::string param_error(const ElementwiseRow& row, const std::string& what) {
  return "'" + std::string(row.name) + "': " + what;
}

}  // namespace

bool ElementwiseParam::allows(double v) const {
  return v >= low && v <= high && std::fabs(v) >= least;
}

ElementwiseRow ElementwiseRow::with(std::span<const double> new_values) const {
  LATHE_CHECK(new_values.size() == params.size(), "a value for each parameter");
  for (size_t i = 0; i < params.size(); ++i)
    if (!params[i].allows(new_values[i]))
      throw Error(param_error(*this, "parameter '" + std::string(params[i].name) + "' must be " +
                                         expected(params[i], new_values[i]) + ", not " +
                                         number_to_text(new_values[i], false)));
  ElementwiseRow row = *this;
  row.values.assign(new_values.begin(), new_values.end());
  row.expr = fill(expr_pattern, arity, new_values);
  row.gradient.clear();
  for (const E& g : gradient_pattern) row.gradient.push_back(fill(g, arity, new_values));
  row.marks.kinks.clear();
  for (const E& kink : kink_patterns)
    row.marks.kinks.push_back(fill(kink, arity, new_values).evaluate({}));
  return row;
}

ElementwiseRow ElementwiseRow::with(const Attrs& options) const {
  std::vector<double> chosen;
  std::string known;
  for (const ElementwiseParam& p : params) {
    known += (known.empty() ? "" : ", ") + std::string(p.name);
    const Attr* given = options.find(p.name);
    if (given && !std::holds_alternative<double>(*given) &&
        !std::holds_alternative<int64_t>(*given))
      throw Error(param_error(*this, "parameter '" + std::string(p.name) +
                                         "' must be a number, not of type " +
                                         std::string(attr_type_name(*given))));
    chosen.push_back(given ? options.real(p.name, 0) : p.default_value);
  }
  for (const auto& [name, value] : options)
    if (std::none_of(params.begin(), params.end(),
                     [&](const ElementwiseParam& p) { return p.name == name; }))
      throw Error(param_error(*this, "unknown parameter '" + name + "'; " +
                                         (known.empty() ? "it has none" : "known are " + known)));
  return with(chosen);
}

std::optional<std::vector<double>> ElementwiseRow::match(const ScalarExpr& e) const {
  Binding bound{arity + 1, std::vector<std::optional<double>>(params.size())};
  const auto last = [](const ScalarExpr& x) { return static_cast<int32_t>(x.nodes().size()) - 1; };
  if (!bind(expr_pattern, last(expr_pattern), e, last(e), bound)) return std::nullopt;
  std::vector<double> found;
  for (size_t i = 0; i < params.size(); ++i) {
    if (!bound.values[i] || !params[i].allows(*bound.values[i])) return std::nullopt;
    found.push_back(*bound.values[i]);
  }
  return found;
}

std::span<const ElementwiseRow> elementwise_table() {
  static const std::vector<ElementwiseRow> table = build_table();
  return table;
}

const ElementwiseRow* find_elementwise(std::string_view name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, const ElementwiseRow*> m;
    for (const auto& row : elementwise_table()) m.emplace(row.name, &row);
    return m;
  }();
  auto it = index.find(name);
  return it == index.end() ? nullptr : it->second;
}

const ElementwiseRow* find_elementwise(const ScalarExpr& expr, std::vector<double>* values) {
  static const auto index = [] {
    std::unordered_map<ScalarExpr, const ElementwiseRow*, ExprHash> m;
    for (const auto& row : elementwise_table())
      if (row.params.empty()) m.emplace(row.expr, &row);
    return m;
  }();
  static const auto with_params = [] {
    std::vector<const ElementwiseRow*> rows;
    for (const auto& row : elementwise_table())
      if (!row.params.empty()) rows.push_back(&row);
    return rows;
  }();
  if (values) values->clear();
  if (const auto it = index.find(expr); it != index.end()) return it->second;
  for (const ElementwiseRow* row : with_params)
    if (auto found = row->match(expr)) {
      if (values) *values = std::move(*found);
      return row;
    }
  return nullptr;
}

ScalarExpr map_derivative(const ScalarExpr& expr, int arity, int wrt) {
  std::vector<double> values;
  const ElementwiseRow* row = find_elementwise(expr, &values);
  if (row && row->arity == arity && !row->gradient.empty())
    return fill(row->gradient_pattern.at(wrt), arity, values);
  return simplify(derivative(expr, wrt));
}

}  // namespace lathe::ir
