// As keras/src/engine/functional.py and sequential.py of Keras 2.15 write it.
#include "frontend/format/keras/legacy_form.h"

#include "frontend/format/keras/layer_config.h"

namespace lathe::detail {

namespace {

using Json = nlohmann::ordered_json;

/// The places of all tensors among a call's arguments, in order.
void collect_calls(const Json& args, Json& calls) {
  if (args.is_object()) {
    Json call = args.at("config").at("keras_history");
    call.push_back(Json::object());
    calls.push_back(std::move(call));
    return;
  }
  for (const Json& one : args) collect_calls(one, calls);
}

/// An object without what Keras 3 says of where its class lies; and all within it.
Json bare(const Json& j) {
  if (j.is_array()) {
    Json all = Json::array();
    for (const Json& one : j) all.push_back(bare(one));
    return all;
  }
  if (!j.is_object()) return j;
  const bool of_class = j.contains("class_name") && j.contains("config");
  Json out = Json::object();
  for (const auto& [key, value] : j.items()) {
    if (of_class && (key == "module" || key == "registered_name" || key == "build_config"))
      continue;
    out[key] = bare(value);
  }
  return out;
}

Json legacy_layer(const Json& layer) {
  Json out = bare(layer);
  const std::string type = out.at("class_name");
  Json config = Json::object();
  for (const auto& [key, value] : out.at("config").items())
    config[legacy_option_name(type, key)] = value;
  out["config"] = std::move(config);
  if (!layer.contains("inbound_nodes")) return out;
  out["inbound_nodes"] = Json::array();
  for (const Json& node : layer.at("inbound_nodes")) {
    Json calls = Json::array();
    collect_calls(node.at("args"), calls);
    out["inbound_nodes"].push_back(std::move(calls));
  }
  return out;
}

}  // namespace

Json legacy_form(Json model) {
  Json config = Json::object();
  for (auto& [key, value] : model.at("config").items())
    if (key != "dtype" && key != "trainable" && key != "build_input_shape")
      config[key] = std::move(value);
  for (Json& layer : config.at("layers")) layer = legacy_layer(layer);
  return {{"class_name", model.at("class_name")},
          {"config", std::move(config)},
          {"keras_version", "2.15.0"},
          {"backend", "tensorflow"}};
}

}  // namespace lathe::detail
