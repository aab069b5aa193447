#include "passes/hyperparameters.h"

#include <algorithm>
#include <cmath>

#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::passes {

using ir::Attr;
using ir::Attrs;

void HyperparameterReader::declare(const char* name, Attr fallback, double low, double high,
                                   bool required) {
  if (const Attr* other = defaults_.find(name)) fallback = *other;
  declared_.push_back({name, std::move(fallback), low, high, false, required, common_});
}

double HyperparameterReader::real(const char* name, double fallback, double low, double high) {
  declare(name, fallback, low, high, false);
  return given_.real(prefix_ + name, std::get<double>(declared_.back().default_value));
}

double HyperparameterReader::real_below(const char* name, double fallback, double low,
                                        double high) {
  const double value = real(name, fallback, low, high);
  declared_.back().below_high = true;
  return value;
}

double HyperparameterReader::needed(const char* name, double low, double high) {
  declare(name, low, low, high, true);
  return given_.real(prefix_ + name, low);
}

bool HyperparameterReader::flag(const char* name, bool fallback) {
  declare(name, fallback, 0, 0, false);
  return given_.flag(prefix_ + name, std::get<bool>(declared_.back().default_value));
}

int64_t HyperparameterReader::integer(const char* name, int64_t fallback, int64_t low,
                                      int64_t high) {
  declare(name, fallback, static_cast<double>(low), static_cast<double>(high), false);
  const auto of_table = std::get<int64_t>(declared_.back().default_value);
  return static_cast<int64_t>(given_.real(prefix_ + name, static_cast<double>(of_table)));
}

std::vector<std::string> HyperparameterReader::words(const char* name) {
  declare(name, std::vector<std::string>{}, 0, 0, false);
  return given_.words(prefix_ + name);
}

std::vector<double> HyperparameterReader::needed_reals(const char* name, double low, double high) {
  declare(name, std::vector<double>{}, low, high, true);
  return given_.reals(prefix_ + name);
}

namespace {

std::string range(const Hyperparameter& h) {
  const std::string low = ir::number_to_text(h.low, false),
                    high = ir::number_to_text(h.high, false);
  if (std::isinf(h.low) && std::isinf(h.high)) return "a finite number";
  if (std::isinf(h.high)) return "at least " + low;
  if (h.below_high) return "at least " + low + " and below " + high;
  return std::isinf(h.low) ? "at most " + high : low + " to " + high;
}

/// Error that starts with `must` unless the hyperparameter may be, or hold, `v`.
void check_range(const Hyperparameter& h, double v, const std::string& must) {
  if (!(v >= h.low && v <= h.high) || std::isinf(v) || (h.below_high && v == h.high))
    throw Error(must + range(h) + ", not " + ir::number_to_text(v, false));
}

void check(const Hyperparameter& h, const Attr& given, const std::string& where) {
  const std::string must = where + ": '" + h.name + "' must be ";
  if (std::holds_alternative<bool>(h.default_value)) {
    if (!std::holds_alternative<bool>(given)) throw Error(must + "true or false");
    return;
  }
  const std::string type(ir::attr_type_name(given));
  if (std::holds_alternative<std::vector<std::string>>(h.default_value)) {
    if (type != "words") throw Error(must + "a list of words, not of type " + type);
    return;
  }
  if (std::holds_alternative<std::vector<double>>(h.default_value)) {
    if (type != "reals" && type != "ints")
      throw Error(must + "a list of numbers, not of type " + type);
    const std::string each = where + ": each of '" + h.name + "' must be ";
    if (const auto* reals = std::get_if<std::vector<double>>(&given))
      for (double v : *reals) check_range(h, v, each);
    if (const auto* ints = std::get_if<std::vector<int64_t>>(&given))
      for (int64_t v : *ints) check_range(h, static_cast<double>(v), each);
    return;
  }
  double v = 0;
  if (const auto* real = std::get_if<double>(&given))
    v = *real;
  else if (const auto* integer = std::get_if<int64_t>(&given))
    v = static_cast<double>(*integer);
  else
    throw Error(must + "a number, not of type " + type);
  check_range(h, v, must);
  if (std::holds_alternative<int64_t>(h.default_value) && v != std::trunc(v))
    throw Error(must + "a whole number, not " + ir::number_to_text(v, false));
}

}  // namespace

void check_hyperparameters(const std::vector<Hyperparameter>& known, const Attrs& given,
                           const std::string& prefix, const std::vector<std::string>& others,
                           const std::string& where) {
  for (const auto& [key, value] : given) {
    if (!key.starts_with(prefix)) continue;
    const std::string name = key.substr(prefix.size());
    const bool foreign = std::any_of(others.begin(), others.end(), [&](const std::string& other) {
      return key == other || key.starts_with(other + ".");
    });
    if (foreign && prefix.empty()) continue;
    std::string names;
    const Hyperparameter* found = nullptr;
    for (const Hyperparameter& h : known) {
      if (h.name == name) found = &h;
      names += (names.empty() ? "" : ", ") + h.name;
    }
    if (!found && names.empty()) throw Error(where + " takes no hyperparameter '" + name + "'");
    if (!found) throw Error(where + " has no hyperparameter '" + name + "'; it has " + names);
    check(*found, value, where);
  }
  for (const Hyperparameter& h : known)
    if (h.required && !given.has(prefix + h.name)) throw Error(where + " needs '" + h.name + "'");
}

}  // namespace lathe::passes
