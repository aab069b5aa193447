#include "frontend/base/options.h"

#include <algorithm>
#include <cmath>

#include "ir/error.h"
#include "ir/nearest.h"
#include "ir/text_number.h"

namespace lathe {

namespace {

ir::Attr parse_default(std::string_view type, std::string_view text) {
  if (type == "bool") return text == "true";
  if (type == "int") return ir::text_to_integer(text).value();
  if (type == "real") return ir::text_to_number(text).value();
  if (type == "ints" && text.empty()) return std::vector<int64_t>{};
  if (type == "ints") return std::vector<int64_t>{ir::text_to_integer(text).value()};
  if (type == "reals" && text.empty()) return std::vector<double>{};
  LATHE_CHECK(type == "word", "an option's default has no type");
  return std::string(text);
}

/// What a value of that type is called in errors.
std::string expected(std::string_view type) {
  if (type == "bool") return "true or false";
  if (type == "int") return "a whole number";
  if (type == "real") return "a number";
  if (type == "word") return "a text";
  if (type == "reals") return "a number, or a list of numbers";
  return "a list of whole numbers";
}

std::string found(const ir::Attr& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const int64_t* i = std::get_if<int64_t>(&value)) return std::to_string(*i);
  if (const double* real = std::get_if<double>(&value)) return ir::number_to_text(*real, false);
  if (const std::string* word = std::get_if<std::string>(&value))
    return "the text '" + word->substr(0, 64) + "'";
  return "a list";
}

/// `value` as an option of `type` takes it; nothing where it can't.
std::optional<ir::Attr> converted(const ir::Attr& value, std::string_view type) {
  if (ir::attr_type_name(value) == type) return value;
  const auto* integer = std::get_if<int64_t>(&value);
  const auto* real = std::get_if<double>(&value);
  const auto* integers = std::get_if<std::vector<int64_t>>(&value);
  if (type == "real" && integer) return static_cast<double>(*integer);
  if (type == "reals" && integer) return std::vector<double>{static_cast<double>(*integer)};
  if (type == "reals" && real) return std::vector<double>{*real};
  if (type == "reals" && integers) return std::vector<double>(integers->begin(), integers->end());
  if (type == "ints" && integer) return std::vector<int64_t>{*integer};
  // An option that is given beside the text (lathe/option.h) is real, whatever it counts.
  if ((type == "int" || type == "ints") && real && *real == std::floor(*real) &&
      std::fabs(*real) < 0x1p53)
    return converted(static_cast<int64_t>(*real), type);
  return std::nullopt;
}

}  // namespace

std::vector<OptionSpec> parse_option_specs(std::string_view text) {
  std::vector<OptionSpec> specs;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    const size_t colon = word.find(':'), equal = word.find('=');
    LATHE_CHECK(colon != word.npos, "an option without a type");
    OptionSpec spec;
    spec.name = word.substr(0, colon);
    spec.type = word.substr(colon + 1, equal == word.npos ? word.npos : equal - colon - 1);
    if (equal != word.npos) spec.default_value = parse_default(spec.type, word.substr(equal + 1));
    specs.push_back(std::move(spec));
  }
  return specs;
}

Options complete_options(const std::vector<OptionSpec>& specs, const Options& given) {
  std::vector<std::string> names;
  for (const OptionSpec& spec : specs) names.push_back(spec.name);
  for (const auto& [name, value] : given)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw OptionError(std::string(name), ir::unknown_name("option", name, names));
  Options all;
  for (const OptionSpec& spec : specs) {
    const ir::Attr* value = given.find(spec.name);
    if (!value) {
      if (!spec.default_value)
        throw OptionError(spec.name,
                          "option '" + spec.name + "' is missing, expected " + expected(spec.type));
      value = &*spec.default_value;
    }
    std::optional<ir::Attr> taken = converted(*value, spec.type);
    if (!taken) {
      const std::string type(ir::attr_type_name(*value));
      throw OptionError(spec.name, "option '" + spec.name + "' must be of type " + spec.type +
                                       ", not " + type + ": expected " + expected(spec.type) +
                                       ", found " + found(*value));
    }
    all.set(spec.name, std::move(*taken));
  }
  return all;
}

Options complete_options(const std::vector<OptionSpec>& specs, const Options& given,
                         const std::string& where) {
  try {
    return complete_options(specs, given);
  } catch (const OptionError& e) {
    throw Error(where + ": " + e.what());
  }
}

}  // namespace lathe
