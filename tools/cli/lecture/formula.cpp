#include "tools/cli/lecture/formula.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <string_view>
#include <vector>

#include "ir/error.h"
#include "ir/nearest.h"
#include "ir/text_number.h"

namespace lathe::cli {
namespace {

using ir::ScalarExpr;
namespace dsl = ir::scalar_dsl;
using namespace ir::scalar_dsl;  // its operators

struct BuiltIn {
  const char* name;
  const char* formula;
};

constexpr BuiltIn kBuiltIn[] = {
#define FORMULA(name, formula) {name, formula},
#include "tools/cli/lecture/formulas.def"
#undef FORMULA
};

struct Call {
  const char* name;
  size_t operands;
  ScalarExpr (*make)(std::span<const ScalarExpr> of);
};

const Call kCalls[] = {
#define ONE(name) {#name, 1, [](std::span<const ScalarExpr> of) { return dsl::name(of[0]); }}
#define TWO(name) {#name, 2, [](std::span<const ScalarExpr> of) { return dsl::name(of[0], of[1]); }}
    ONE(sin),
    ONE(cos),
    ONE(tanh),
    ONE(exp),
    ONE(log),
    ONE(sqrt),
    ONE(abs),
    ONE(erf),
    TWO(min),
    TWO(max),
#undef ONE
#undef TWO
    {"tan", 1, [](std::span<const ScalarExpr> of) { return dsl::sin(of[0]) / dsl::cos(of[0]); }},
    {"relu", 1, [](std::span<const ScalarExpr> of) { return dsl::max(of[0], 0.0); }},
    {"if", 3,
     [](std::span<const ScalarExpr> of) {
       const ScalarExpr zero = 0.0;
       return dsl::select(dsl::logical_not(dsl::equal(of[0], zero)), of[1], of[2]);
     }},
};

/// A truth value as 1 or 0.
ScalarExpr number(const ScalarExpr& e) {
  return e.is_truth() ? dsl::select(e, 1.0, 0.0) : e;
}

/// base^n by squaring.
ScalarExpr whole_power(const ScalarExpr& base, int64_t n) {
  if (n < 0) return ScalarExpr(1.0) / whole_power(base, -n);
  if (n == 0) return 1.0;
  if (n == 1) return base;
  const ScalarExpr half = whole_power(base, n / 2);
  return n % 2 == 0 ? half * half : half * half * base;
}

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  ScalarExpr all() {
    const ScalarExpr e = comparison();
    if (!at_end()) fail("expected an operator or the end");
    return e;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    const std::string found =
        place_ < text_.size() ? fmt::format("'{}'", text_.substr(place_, 12)) : "the end";
    throw Error(fmt::format("{}: column {}: {}, found {}", text_, place_ + 1, what, found));
  }

  bool at_end() {
    while (place_ < text_.size() && text_[place_] == ' ') ++place_;
    return place_ == text_.size();
  }

  bool take(std::string_view word) {
    if (at_end() || text_.compare(place_, word.size(), word) != 0) return false;
    place_ += word.size();
    return true;
  }

  bool next_is(auto&& kind) { return !at_end() && kind(text_[place_]); }

  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  static bool is_digit(char c) { return (c >= '0' && c <= '9') || c == '.'; }
  /// The digits behind `e`, or behind a sign there: 2e-x is the number e, less x.
  bool has_exponent(size_t at) const {
    const auto is = [&](size_t i, std::string_view any) {
      return i < text_.size() && any.find(text_[i]) != std::string_view::npos;
    };
    if (!is(at, "e")) return false;
    return is(at + (is(at + 1, "+-") ? 2 : 1), "0123456789");
  }
  static bool begins_factor(char c) { return is_letter(c) || is_digit(c) || c == '('; }

  ScalarExpr comparison() {
    const ScalarExpr left = sum();
    if (take("<=")) return number(left <= sum());
    if (take(">=")) return number(left >= sum());
    if (take("<")) return number(left < sum());
    if (take(">")) return number(left > sum());
    return left;
  }

  ScalarExpr sum() {
    ScalarExpr left = product();
    for (;;) {
      if (take("+")) {
        left = left + product();
      } else if (take("-")) {
        left = left - product();
      } else {
        return left;
      }
    }
  }

  ScalarExpr product() {
    ScalarExpr left = signed_factor();
    for (;;) {
      if (take("*")) {
        left = left * signed_factor();
      } else if (take("/")) {
        left = left / signed_factor();
      } else if (next_is(begins_factor)) {
        left = left * power();
      } else {
        return left;
      }
    }
  }

  /// A sign binds less than a power: -x^2 is -(x^2).
  ScalarExpr signed_factor() {
    if (++depth_ > 200) fail("nested too deeply");
    const ScalarExpr e = take("-") ? -signed_factor() : take("+") ? signed_factor() : power();
    --depth_;
    return e;
  }

  ScalarExpr power() {
    const ScalarExpr base = primary();
    if (!take("^")) return base;
    const ScalarExpr exponent = ir::simplify(signed_factor());
    if (!exponent.is_const()) return dsl::exp(exponent * dsl::log(base));
    const double n = exponent.root().value;
    if (n != std::floor(n)) return dsl::exp(exponent * dsl::log(base));
    if (std::fabs(n) > 1000) fail("expected an exponent from -1000 to 1000");
    return whole_power(base, static_cast<int64_t>(n));
  }

  ScalarExpr primary() {
    if (take("(")) {
      if (++depth_ > 200) fail("nested too deeply");
      const ScalarExpr e = comparison();
      if (!take(")")) fail("expected )");
      --depth_;
      return e;
    }
    if (next_is(is_digit)) return literal();
    if (next_is(is_letter)) return word();
    fail("expected a number, x or a function");
  }

  ScalarExpr literal() {
    size_t end = place_;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (has_exponent(end)) {
      end += 2;
      while (end < text_.size() && is_digit(text_[end])) ++end;
    }
    const auto value = ir::text_to_number(text_.substr(place_, end - place_));
    if (!value || !std::isfinite(*value)) fail("expected a number");
    place_ = end;
    return *value;
  }

  ScalarExpr word() {
    const size_t begin = place_;
    while (place_ < text_.size() && is_letter(text_[place_])) ++place_;
    const std::string name = text_.substr(begin, place_ - begin);
    if (name == "x") return ScalarExpr::arg(0);
    if (name == "pi") return std::numbers::pi;
    if (name == "e") return std::numbers::e;
    for (const Call& call : kCalls) {
      if (name == call.name) return called(call);
    }
    std::vector<std::string> names = {"x", "pi", "e"};
    for (const Call& call : kCalls) names.emplace_back(call.name);
    throw Error(
        fmt::format("{}: column {}: {}", text_, begin + 1, ir::unknown_name("name", name, names)));
  }

  ScalarExpr called(const Call& call) {
    if (!take("(")) fail(fmt::format("expected ( behind {}", call.name));
    if (++depth_ > 200) fail("nested too deeply");
    std::vector<ScalarExpr> operands;
    do {
      operands.push_back(comparison());
    } while (take(","));
    if (operands.size() != call.operands) {
      fail(fmt::format("{} takes {} operand{}", call.name, call.operands,
                       call.operands == 1 ? "" : "s"));
    }
    if (!take(")")) fail("expected )");
    --depth_;
    return call.make(operands);
  }

  std::string text_;
  size_t place_ = 0;
  int depth_ = 0;
};

}  // namespace

ir::ScalarExpr parse_formula(const std::string& text) {
  for (const BuiltIn& f : kBuiltIn) {
    if (text == f.name) return parse_formula(f.formula);
  }
  constexpr size_t kLongest = 500;
  if (text.size() > kLongest) {
    throw Error(
        fmt::format("the formula has {} characters, expected {} or fewer", text.size(), kLongest));
  }
  const ScalarExpr e = ir::simplify(Parser(text).all());
  if (!e.is_readable()) throw Error("the formula is too long");
  return e;
}

double without_nan_sign(double value) {
  return std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value;
}

double value_of(const ir::ScalarExpr& f, double x) {
  return without_nan_sign(f.evaluate({&x, 1}));
}

std::string formula_help() {
  std::vector<std::string> functions, built_in;
  for (const Call& call : kCalls) functions.emplace_back(call.name);
  for (const BuiltIn& f : kBuiltIn) built_in.push_back(fmt::format("{} = {}", f.name, f.formula));
  return fmt::format("a formula in x, with {}; or one of {}", fmt::join(functions, ", "),
                     fmt::join(built_in, ", "));
}

}  // namespace lathe::cli
