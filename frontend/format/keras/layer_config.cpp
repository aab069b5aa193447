#include "frontend/format/keras/layer_config.h"

#include <algorithm>
#include <cmath>

#include "frontend/base/table.h"
#include "frontend/format/keras/names.h"
#include "frontend/format/keras/objects.h"
#include "ir/error.h"

namespace lathe::detail {

using Json = nlohmann::ordered_json;

namespace {

struct Renamed {
  std::string_view layer, keras, ours;
};
/// Options that Keras 2 called otherwise.
constexpr Renamed kRenamed[] = {{"LeakyReLU", "alpha", "negative_slope"},
                                {"InputLayer", "batch_input_shape", "batch_shape"}};

struct OwnOption {
  std::string_view layer, option;
};
/// Options that Keras's layers do not have.
constexpr OwnOption kNotInKeras[] = {{"ActivityRegularization", "regularizer"}};

bool is_own(const LayerType& type, const std::string& option) {
  return std::any_of(std::begin(kNotInKeras), std::end(kNotInKeras), [&](const OwnOption& o) {
    return o.layer == type.name && o.option == option;
  });
}

/// Keys that change nothing here, whatever they say: seeds (the model's rules all), shapes that
/// follow from the input's, and what is about speed.
constexpr std::string_view kAnyValue[] = {"seed",         "batch_shape",      "batch_input_shape",
                                          "input_length", "renorm_momentum",  "fused",
                                          "lora_alpha",   "quantization_mode"};

struct Neutral {
  std::string_view key, value;
};
/// Values beside null and false that change nothing.
constexpr Neutral kNeutral[] = {{"data_format", "\"channels_last\""}, {"axis", "-1"}};

bool means_nothing(std::string_view key, const Json& value) {
  if (value.is_null() || value == false) return true;
  if (std::find(std::begin(kAnyValue), std::end(kAnyValue), key) != std::end(kAnyValue))
    return true;
  return std::any_of(std::begin(kNeutral), std::end(kNeutral),
                     [&](const Neutral& n) { return n.key == key && value.dump() == n.value; });
}

std::string shown(const Json& j) {
  return j.dump(-1, ' ', true).substr(0, 60);
}

/// `"float32"`, or the object that Keras 3 writes.
void check_dtype(const Json& j, bool is_input, const std::string& where) {
  const Json name = j.is_object() ? j.value("config", Json::object()).value("name", Json()) : j;
  std::vector<std::string> known = {"float32"};
  if (is_input) known.insert(known.end(), {"int32", "int64", "uint8"});
  if (name.is_null() ||
      (name.is_string() && std::count(known.begin(), known.end(), name.get<std::string>()) > 0))
    return;
  throw Error(where + ": expected float32, not " + shown(j));
}

int64_t whole(const Json& j, const std::string& where) {
  if (j.is_array() && j.size() == 1) return whole(j[0], where);
  if (!j.is_number_integer()) throw Error(where + ": expected a whole number, not " + shown(j));
  return j.get<int64_t>();
}

ir::Attr value_from_keras(const OptionSpec& option, const Json& j, const std::string& where) {
  if (option.type == "bool" && j.is_boolean()) return j.get<bool>();
  if (option.type == "int") return whole(j, where);
  if (option.type == "real" && j.is_number()) return j.get<double>();
  if (option.type == "ints") {
    std::vector<int64_t> numbers;
    if (!j.is_array()) return std::vector<int64_t>{whole(j, where)};
    for (const Json& one : j) numbers.push_back(whole(one, where));
    return numbers;
  }
  if (option.type == "reals") {
    std::vector<double> numbers;
    for (const Json& one : j.is_array() ? j : Json::array({j})) {
      if (!one.is_number())
        throw Error(where + ": expected a number or a list of numbers, not " + shown(j));
      numbers.push_back(one.get<double>());
    }
    return numbers;
  }
  if (option.type == "word") {
    if (const KerasKind* kind = keras_kind(option.name)) return spec_from_keras(*kind, j, where);
    if (j.is_string()) return j.get<std::string>();
  }
  throw Error(where + ": expected a value of type " + option.type + ", not " + shown(j));
}

Json value_to_keras(const OptionSpec& option, const ir::Attr& value) {
  if (option.type == "word") {
    if (const KerasKind* kind = keras_kind(option.name))
      return spec_to_keras(*kind, std::get<std::string>(value));
  }
  const double* real = std::get_if<double>(&value);
  if (real && !std::isfinite(*real)) return nullptr;
  const auto* ints = std::get_if<std::vector<int64_t>>(&value);
  if (ints && ints->empty() && option.default_value == value) return nullptr;
  if (const auto* reals = std::get_if<std::vector<double>>(&value))
    if (reals->size() < 2) return reals->empty() ? Json(nullptr) : Json(reals->front());
  return std::visit([](const auto& v) { return Json(v); }, value);
}

std::string text_of(const Json& j, const char* key, const std::string& where) {
  const auto found = j.find(key);
  if (found == j.end() || !found->is_string())
    throw Error(where + ": a layer of Keras's needs \"" + key + "\"");
  return found->get<std::string>();
}

const LayerType& known_type(const std::string& name, const std::string& where) {
  if (name == "Lambda")
    throw Error(where +
                ".class_name: a Lambda of Keras's is Python code, which is not read; write it " +
                "as Lathe's Lambda, an expression");
  if (const LayerType* type = find_row(layer_types(), name)) return *type;
  throw Error(where + ".class_name: " + ir::unknown_name("layer", name, row_names(layer_types())));
}

}  // namespace

std::string legacy_option_name(std::string_view layer, std::string_view option) {
  for (const Renamed& r : kRenamed)
    if (r.layer == layer && r.ours == option) return std::string(r.keras);
  return std::string(option);
}

Dims dims_from_keras(const Json& j, const std::string& where) {
  if (!j.is_array() || j.empty())
    throw Error(where + ": expected a shape such as [null, 784], not " + shown(j));
  Dims dims;
  for (size_t i = 1; i < j.size(); ++i) {
    if (!j[i].is_number_integer())
      throw Error(where + ": only the first size, the batch, may be open: " + shown(j));
    dims.push_back(j[i].get<int64_t>());
  }
  return dims;
}

Json dims_to_keras(const Dims& dims) {
  Json j = Json::array({nullptr});
  for (int64_t d : dims) j.push_back(d);
  return j;
}

LayerPtr layer_from_keras(const Json& j, const std::string& given_name, const std::string& where) {
  if (!j.is_object()) throw Error(where + ": expected a layer, not " + shown(j));
  const LayerType& type = known_type(text_of(j, "class_name", where), where);
  const bool is_input = type.name == "InputLayer";
  const Json config = j.value("config", Json::object());
  if (!config.is_object()) throw Error(where + ".config: expected an object");
  Options options;
  for (const auto& [key, value] : config.items()) {
    const std::string here = where + ".config." + key;
    if (key == "dtype") {
      check_dtype(value, is_input, here);
      continue;
    }
    std::string name = key;
    for (const Renamed& r : kRenamed)
      if (r.layer == type.name && r.keras == key) name = r.ours;
    if (is_input && name == "batch_shape") {
      options.set("shape", dims_from_keras(value, here));
      continue;
    }
    const auto option = std::find_if(type.options.begin(), type.options.end(),
                                     [&](const OptionSpec& o) { return o.name == name; });
    if (option != type.options.end()) {
      // null: as Keras's default says, which is ours.
      if (value.is_null()) continue;
      ir::Attr read = value_from_keras(*option, value, here);
      if (name == "name") read = given_name;
      options.set(name, std::move(read));
    } else if (!means_nothing(key, value)) {
      throw Error(here + ": Lathe's " + std::string(type.name) + " can't do that: " + shown(value));
    }
  }
  return make_layer(type.name, options, where + ".config");
}

Json layer_to_keras(const LayerBase& layer, const std::string& name) {
  const LayerType& type = layer.type();
  if (type.name == "Lambda")
    throw Error("layer " + name +
                ": Keras's Lambda holds Python code, not an expression such as '" +
                layer.options().word("fn").substr(0, 80) + "'");
  if (type.name == "PriceFeatures")
    throw Error("layer " + name + ": Keras has no layer " + std::string(type.name));
  Json config = Json::object();
  if (!name.empty()) config["name"] = name;
  if (type.name == "InputLayer") {
    config["batch_shape"] = dims_to_keras(layer.options().ints("shape"));
    config["dtype"] = "float32";
  } else {
    // Not all of Keras's layers take it; true is what they all are.
    if (!layer.trainable()) config["trainable"] = false;
    config["dtype"] = "float32";
    for (const OptionSpec& option : type.options) {
      if (option.name == "name" || option.name == "trainable") continue;
      const ir::Attr& value = *layer.options().find(option.name);
      if (is_own(type, option.name)) {
        if (value != option.default_value)
          throw Error("layer " + name + ": Keras's " + std::string(type.name) + " has no " +
                      option.name);
        continue;
      }
      try {
        config[option.name] = value_to_keras(option, value);
      } catch (const Error& e) {
        throw Error("layer " + name + ": " + e.what());
      }
    }
    // One axis is a number there, as where a Dot takes the same of both.
    if (type.name == "Dot" && config["axes"].size() == 1) config["axes"] = config["axes"][0];
  }
  return {{"module", "keras.layers"},
          {"class_name", type.name},
          {"config", config},
          {"registered_name", nullptr}};
}

}  // namespace lathe::detail
