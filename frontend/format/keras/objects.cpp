#include "frontend/format/keras/objects.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "frontend/base/letters.h"
#include "frontend/base/table.h"
#include "frontend/format/keras/names.h"
#include "frontend/layers/activations.h"
#include "frontend/train/constraints.h"
#include "frontend/train/initializers.h"
#include "frontend/train/regularizers.h"

namespace lathe::detail {

using Json = nlohmann::ordered_json;

namespace {

const std::array<KerasKind, 4> kKinds = {{
    {"activation", "activation", "keras.layers", [] { return row_names(activation_table()); },
     [](const std::string& text) {
       const auto chosen = choose(activation_table(), parse_spec(text), "activation");
       return std::pair(std::string(chosen.row.name), chosen.options);
     }},
    {"initializer", "_initializer", "keras.initializers",
     [] { return row_names(initializer_table()); },
     [](const std::string& text) {
       const auto chosen = choose(initializer_table(), parse_spec(text), "initializer");
       return std::pair(std::string(chosen.row.name), chosen.options);
     }},
    {"regularizer", "_regularizer", "keras.regularizers",
     [] { return row_names(regularizer_table()); },
     [](const std::string& text) {
       const auto chosen = choose(regularizer_table(), parse_spec(text), "regularizer");
       return std::pair(std::string(chosen.row.name), chosen.options);
     }},
    {"constraint", "_constraint", "keras.constraints", [] { return row_names(constraint_table()); },
     [](const std::string& text) {
       const auto chosen = choose(constraint_table(), parse_spec(text), "constraint");
       return std::pair(std::string(chosen.row.name), chosen.options);
     }},
}};

/// Activations of Lathe's own.
constexpr std::string_view kNotInKeras[] = {"clipped_relu", "gaussian", "gelu_tanh",
                                            "sloped_relu",  "step",     "step_ste"};

std::string known_name(const KerasKind& kind, const std::string& name, const std::string& where) {
  const std::vector<std::string> names = kind.names();
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](const auto& n) { return same_keras_name(n, name); });
  if (found == names.end())
    throw Error(where + ": " + ir::unknown_name(std::string(kind.word), name, names));
  return *found;
}

/// What says nothing about the thing itself: seeds, and what every layer has.
bool means_nothing(const std::string& key, const Json& value) {
  return value.is_null() || key == "seed" || key == "dtype" || key == "name" || key == "trainable";
}

ir::Attr value_from_keras(const Json& j, const std::string& where) {
  if (j.is_boolean()) return j.get<bool>();
  if (j.is_number_integer()) return j.get<int64_t>();
  if (j.is_number()) return j.get<double>();
  if (j.is_string()) return j.get<std::string>();
  throw Error(where + ": expected a number, a text, true or false");
}

}  // namespace

const KerasKind* keras_kind(std::string_view option) {
  for (const KerasKind& kind : kKinds)
    if (option == kind.option || (kind.option[0] == '_' && option.ends_with(kind.option)))
      return &kind;
  return nullptr;
}

std::string spec_from_keras(const KerasKind& kind, const Json& j, const std::string& where) {
  if (j.is_null()) return "";
  if (j.is_string()) return known_name(kind, j.get<std::string>(), where);
  if (!j.is_object() || !j.contains("class_name") || !j["class_name"].is_string())
    throw Error(where + ": expected a name, or an object with \"class_name\"");
  const std::string type = j["class_name"];
  const Json config = j.value("config", Json::object());
  if (type == "function" && config.is_string())
    return known_name(kind, config.get<std::string>(), where);
  Spec spec;
  spec.name = known_name(kind, type, where + ".class_name");
  if (!config.is_object()) throw Error(where + ".config: expected an object");
  for (const auto& [key, value] : config.items())
    if (!means_nothing(key, value))
      spec.options.set(key, value_from_keras(value, where + ".config." + key));
  return to_string(spec);
}

Json spec_to_keras(const KerasKind& kind, const std::string& spec) {
  if (spec.empty()) return nullptr;
  const auto [name, options] = kind.read(spec);
  if (kind.word == "activation") {
    if (std::find(std::begin(kNotInKeras), std::end(kNotInKeras), name) != std::end(kNotInKeras))
      throw Error("Keras has no activation " + name);
    // Names are for the defaults. Keras writes others as layers, of which it has these.
    if (options == kind.read(name).second) {
      if (name == "exp") return "exponential";
      return name;
    }
    if (name != "relu" && name != "leaky_relu" && name != "elu")
      throw Error("Keras's files have no options of the activation " + name);
  }
  Json config = Json::object();
  for (const auto& [key, value] : options) {
    const double* real = std::get_if<double>(&value);
    if (real && !std::isfinite(*real))
      config[key] = nullptr;
    else
      config[key] = std::visit([](const auto& v) { return Json(v); }, value);
  }
  std::string type = class_case(name);
  for (const char* irregular : {"ReLU", "LeakyReLU", "ELU"})
    if (kind.word == "activation" && same_keras_name(type, irregular)) type = irregular;
  return {{"module", kind.module},
          {"class_name", type},
          {"config", config},
          {"registered_name", nullptr}};
}

}  // namespace lathe::detail
