#include "codegen/interp/compare.h"

#include <bit>
#include <cfloat>
#include <cmath>
#include <functional>
#include <limits>

#include "codegen/interp/value.h"
#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::interp {

namespace {

constexpr int64_t kFar = std::numeric_limits<int64_t>::max();

/// Numbers in the order of their values, neighbours one apart.
int64_t ordinal(float v) {
  const int32_t bits = std::bit_cast<int32_t>(v);
  return bits < 0 ? -static_cast<int64_t>(bits & 0x7fffffff) : bits;
}
int64_t ordinal(double v) {
  const int64_t bits = std::bit_cast<int64_t>(v);
  return bits < 0 ? -(bits & kFar) : bits;
}

bool same(double a, double b) {
  return a == b || (a != a && b != b);
}

std::string index_text(const std::vector<int64_t>& shape, int64_t flat) {
  std::string s;
  for (size_t i = shape.size(); i-- > 0; flat /= shape[i])
    s = std::to_string(flat % shape[i]) + (s.empty() ? "" : ",") + s;
  return "[" + s + "]";
}

/// Distances of all elements that disagree (0: agrees), told in words.
std::string describe(const Value& actual, const Value& expected, const std::string& unit,
                     const std::function<double(int64_t)>& distance) {
  int64_t wrong = 0, worst = -1;
  double most = 0;
  for (int64_t i = 0; i < actual.size(); ++i) {
    const double d = distance(i);
    if (d == 0) continue;
    ++wrong;
    if (worst < 0 || d > most) worst = i, most = d;
  }
  if (wrong == 0) return "";
  return std::to_string(wrong) + " of " + std::to_string(actual.size()) +
         " elements disagree; the worst at " + index_text(actual.shape, worst) + ": " +
         ir::number_to_text(actual.elements[worst], false) + ", expected " +
         ir::number_to_text(expected.elements[worst], false) + " (" +
         ir::number_to_text(most, false) + " " + unit + ")";
}

std::string type_disagreement(const runtime::TensorView& actual,
                              const runtime::TensorView& expected) {
  if (actual.dtype == expected.dtype && actual.shape == expected.shape) return "";
  return "got " + actual.type().to_string() + ", expected " + expected.type().to_string();
}

template <class T>
int64_t steps_between(T a, T b) {
  constexpr T kNormal = std::numeric_limits<T>::min();
  if (std::fabs(a) < kNormal) a = 0;
  if (std::fabs(b) < kNormal) b = 0;
  if (same(a, b)) return 0;
  if (a != a || b != b) return kFar;
  // Of doubles with two signs the distance may be more than an int64 holds.
  const int64_t x = ordinal(a), y = ordinal(b);
  int64_t d = 0;
  if (__builtin_sub_overflow(x, y, &d)) return kFar;
  return d < 0 ? -d : d;
}

}  // namespace

int64_t ulp_distance(float a, float b) {
  return steps_between(a, b);
}

int64_t ulp_distance_f64(double a, double b) {
  return steps_between(a, b);
}

std::string disagreement(const runtime::TensorView& actual, const runtime::TensorView& expected,
                         const Tolerance& tolerance) {
  if (std::string types = type_disagreement(actual, expected); !types.empty()) return types;
  const Value a = from_tensor(actual, "actual"), e = from_tensor(expected, "expected");
  if (!is_float(a.dtype))
    return describe(a, e, "apart",
                    [&](int64_t i) { return std::fabs(a.elements[i] - e.elements[i]); });
  return describe(a, e, "ulps", [&](int64_t i) -> double {
    const double x = a.elements[i], y = e.elements[i];
    if (std::fabs(x - y) <= tolerance.absolute) return 0;
    const int64_t d = a.dtype == DType::F64
                          ? ulp_distance_f64(x, y)
                          : ulp_distance(static_cast<float>(x), static_cast<float>(y));
    return d <= tolerance.ulps ? 0 : static_cast<double>(d);
  });
}

std::vector<double> contraction_magnitudes(const runtime::TensorView& a,
                                           const runtime::TensorView& b, bool transpose_a,
                                           bool transpose_b) {
  const Value x = from_tensor(a, "a"), y = from_tensor(b, "b");
  LATHE_CHECK(x.rank() >= 2 && y.rank() >= 2, "a contraction is of matrices");
  // All dimensions of a value but the last are rows.
  const int64_t m = transpose_a ? x.shape.back() : x.size() / x.shape.back();
  const int64_t depth = x.size() / m, n = transpose_b ? y.shape[0] : y.shape.back();
  LATHE_CHECK(depth * n == y.size(), "the inner dimensions differ");
  std::vector<double> r(static_cast<size_t>(m * n), 0.0);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j)
      for (int64_t k = 0; k < depth; ++k) {
        const double p = std::fabs(x.elements[transpose_a ? k * m + i : i * depth + k] *
                                   y.elements[transpose_b ? j * depth + k : k * n + j]);
        if (std::isfinite(p)) r[i * n + j] += p;
      }
  return r;
}

std::string contraction_disagreement(const runtime::TensorView& actual,
                                     const runtime::TensorView& expected,
                                     const std::vector<double>& magnitudes, double relative) {
  if (std::string types = type_disagreement(actual, expected); !types.empty()) return types;
  const Value a = from_tensor(actual, "actual"), e = from_tensor(expected, "expected");
  LATHE_CHECK(magnitudes.size() == a.elements.size(), "one magnitude an element");
  return describe(a, e, "of the magnitude", [&](int64_t i) -> double {
    const double x = a.elements[i], y = e.elements[i], size = magnitudes[i];
    if (same(x, y)) return 0;
    if (!std::isfinite(x) || !std::isfinite(y))
      return size > FLT_MAX ? 0 : std::numeric_limits<double>::infinity();
    // FLT_MIN: a product or a sum below it may have been flushed.
    const double error = std::fabs(x - y);
    return error <= relative * size + FLT_MIN ? 0 : error / size;
  });
}

}  // namespace lathe::interp
