#include "frontend/format/json_options.h"

#include <set>
#include <vector>

#include "frontend/base/table.h"
#include "ir/error.h"

namespace lathe::detail {

using Json = nlohmann::ordered_json;

namespace {

constexpr int kMostLevels = 64;

int64_t integer(const Json& j, const std::string& where) {
  if (!j.is_number_integer() ||
      (j.is_number_unsigned() && j.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)))
    throw Error(where + ": expected a whole number, not " + j.dump(-1, ' ', true).substr(0, 60));
  return j.get<int64_t>();
}

std::vector<double> reals_from_json(const Json& j, const std::string& where) {
  std::vector<double> reals;
  for (size_t i = 0; i < j.size(); ++i) {
    if (!j[i].is_number())
      throw Error(where + "[" + std::to_string(i) + "]: expected a number, not " +
                  j[i].dump(-1, ' ', true).substr(0, 60));
    reals.push_back(j[i].get<double>());
  }
  return reals;
}

/// `option` may be null: unknown.
ir::Attr attr_from_json(const Json& j, const OptionSpec* option, const std::string& where) {
  if (j.is_boolean()) return j.get<bool>();
  if (j.is_number_integer()) return integer(j, where);
  if (j.is_number()) return j.get<double>();
  if (j.is_string()) return j.get<std::string>();
  if (j.is_array() && option && option->type == "reals") return reals_from_json(j, where);
  if (j.is_array()) return dims_from_json(j, where);
  throw Error(where + ": expected a number, a text or a list of whole numbers");
}

Json attr_to_json(const ir::Attr& a) {
  return std::visit([](const auto& v) { return Json(v); }, a);
}

}  // namespace

Json parse_json(std::string_view text, const std::string& source) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto callback = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > kMostLevels) throw Error(source + ": more than 64 levels of brackets");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
      throw Error(source + ": the key " + value.dump(-1, ' ', true).substr(0, 60) +
                  " stands twice in one object");
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), callback);
  } catch (const Json::parse_error& e) {
    size_t line = 1, column = 1;
    for (size_t i = 0; i + 1 < e.byte && i < text.size(); ++i) {
      ++column;
      if (text[i] == '\n') ++line, column = 1;
    }
    throw Error(source + ":" + std::to_string(line) + ":" + std::to_string(column) +
                ": this is no JSON");
  } catch (const Json::out_of_range&) {
    throw Error(source + ": a number is too large");
  }
}

Dims dims_from_json(const Json& j, const std::string& where) {
  if (!j.is_array()) throw Error(where + ": expected a list of whole numbers, such as [784]");
  if (j.size() > 8) throw Error(where + ": more than 8 dimensions");
  Dims dims;
  for (size_t i = 0; i < j.size(); ++i)
    dims.push_back(integer(j[i], where + "[" + std::to_string(i) + "]"));
  return dims;
}

LayerPtr layer_from_json(const Json& j, const std::string& where) {
  if (!j.is_object()) throw Error(where + ": expected a layer, such as {\"type\": \"Flatten\"}");
  const auto type = j.find("type");
  if (type == j.end() || !type->is_string())
    throw Error(where + ": a layer needs \"type\", such as \"Dense\"");
  const std::string name = type->get<std::string>();
  const LayerType* row = find_row(layer_types(), name);
  const auto option = [&](const std::string& key) -> const OptionSpec* {
    return row ? find_row(row->options, key) : nullptr;
  };
  Options options;
  for (const auto& [key, value] : j.items())
    if (key != "type") options.set(key, attr_from_json(value, option(key), where + "." + key));
  return make_layer(name, options, where);
}

Json layer_to_json(const LayerBase& layer, const std::string& name) {
  Json j;
  j["type"] = layer.type().name;
  for (const OptionSpec& spec : layer.type().options) {
    const ir::Attr* value = layer.options().find(spec.name);
    LATHE_CHECK(value != nullptr, "a layer without all of its options");
    if (spec.name == "name" || (spec.default_value && *value == *spec.default_value)) continue;
    j[spec.name] = attr_to_json(*value);
  }
  if (!name.empty()) j["name"] = name;
  return j;
}

}  // namespace lathe::detail
