#include "frontend/base/options.h"

#include <algorithm>

#include "frontend/base/nearest.h"
#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe {

namespace {

ir::Attr parse_default(std::string_view type, std::string_view text) {
  if (type == "bool") return text == "true";
  if (type == "int") return ir::text_to_integer(text).value();
  if (type == "real") return ir::text_to_number(text).value();
  LATHE_CHECK(type == "word", "an option's default has no type");
  return std::string(text);
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

Options complete_options(const std::vector<OptionSpec>& specs, const Options& given,
                         const std::string& where) {
  std::vector<std::string> names;
  for (const OptionSpec& spec : specs) names.push_back(spec.name);
  for (const auto& [name, value] : given)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw Error(where + ": " + unknown_name("option", name, names));
  Options all;
  for (const OptionSpec& spec : specs) {
    const ir::Attr* value = given.find(spec.name);
    if (!value) {
      if (!spec.default_value) throw Error(where + ": option '" + spec.name + "' is missing");
      value = &*spec.default_value;
    }
    const std::string_view type = ir::attr_type_name(*value);
    if (type == "int" && spec.type == "real") {
      all.set(spec.name, static_cast<double>(std::get<int64_t>(*value)));
    } else if (type == spec.type) {
      all.set(spec.name, *value);
    } else {
      throw Error(where + ": option '" + spec.name + "' must be of type " + spec.type + ", not " +
                  std::string(type));
    }
  }
  return all;
}

}  // namespace lathe
