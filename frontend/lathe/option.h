// The value of an option that is given by name: of a loss, an optimiser, …
#pragma once

#include <concepts>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace lathe {

/// True or false, a number, or a text. Whole numbers are numbers: `{{"delta", 2}}`.
class Option {
 public:
  using Value = std::variant<bool, double, std::string>;

  Option() : value_(false) {}
  Option(bool value) : value_(value) {}  // NOLINT: a value is an option
  template <class Number>
    requires(std::is_arithmetic_v<Number> && !std::same_as<Number, bool>)
  Option(Number value) : value_(static_cast<double>(value)) {}  // NOLINT
  Option(const char* text) : value_(std::string(text)) {}       // NOLINT
  Option(std::string text) : value_(std::move(text)) {}         // NOLINT

  const Value& value() const { return value_; }
  friend bool operator==(const Option&, const Option&) = default;

 private:
  Value value_;
};

using NamedOptions = std::map<std::string, Option>;

}  // namespace lathe
