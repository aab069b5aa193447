// The functions of lathe/model_json.h.
#include "lathe/model_json.h"

#include <algorithm>

#include "frontend/format/json_options.h"
#include "frontend/format/keras/keras_json.h"
#include "frontend/format/keras/legacy_form.h"
#include "frontend/format/read_file.h"
#include "frontend/model/model_impl.h"
#include "ir/error.h"
#include "ir/nearest.h"

namespace lathe {

using Json = nlohmann::ordered_json;

namespace {

constexpr size_t kMostLayers = 1000;
constexpr size_t kMostBytes = size_t{1} << 20;

}  // namespace

Model model_from_json(std::string_view text, std::string_view source) {
  const std::string where(source);
  if (text.size() > kMostBytes) throw Error(where + ": a model's JSON is at most 1 MB long");
  const Json j = detail::parse_json(text, where);
  if (!j.is_object()) throw Error(where + ": expected {\"layers\": [...]}");
  if (detail::is_keras_model(j)) return detail::model_from_keras(j, where);
  const std::vector<std::string> keys = {"input", "layers", "name"};
  for (const auto& [key, value] : j.items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      throw Error(where + ": " + ir::unknown_name("key", key, keys));
  const auto layers = j.find("layers");
  if (layers == j.end() || !layers->is_array() || layers->empty())
    throw Error(where + ": \"layers\" must be a list of one layer or more");
  if (layers->size() > kMostLayers) throw Error(where + ": more than 1000 layers");
  std::string name = "sequential";
  if (j.contains("name")) {
    if (!j["name"].is_string()) throw Error(where + ": \"name\" must be a text");
    name = j["name"].get<std::string>();
  }
  std::vector<Layer> all;
  if (j.contains("input")) {
    Options options;
    options.set("shape", detail::dims_from_json(j["input"], where + ": input"));
    all.emplace_back(detail::make_layer("InputLayer", options, where + ": input"));
  }
  for (size_t i = 0; i < layers->size(); ++i)
    all.emplace_back(
        detail::layer_from_json((*layers)[i], where + ": layers[" + std::to_string(i) + "]"));
  try {
    return Sequential(all, std::move(name));
  } catch (const Error& e) {
    throw Error(where + ": " + e.what());
  }
}

Model model_from_json_file(const std::filesystem::path& path) {
  const std::string text = detail::read_file(path, path.string(), kMostBytes);
  return model_from_json(text, path.filename().string());
}

std::string model_to_json(const Model& model) {
  const detail::ModelImpl& impl = const_cast<Model&>(model).impl();
  Json j;
  if (impl.name() != "sequential") j["name"] = impl.name();
  std::vector<detail::LayerPtr> layers = impl.chain();
  if (impl.built()) {
    const detail::ModelGraph& g = impl.graph();
    if (!g.is_chain()) throw Error("only a model whose layers form a chain can be written as JSON");
    layers.clear();
    for (const auto& layer : g.layers) layers.push_back(layer.layer);
  }
  j["layers"] = Json::array();
  for (const detail::LayerPtr& layer : layers) {
    if (layer->type().name == "InputLayer" && layer->given_name().empty())
      j["input"] = layer->options().ints("shape");
    else
      j["layers"].push_back(detail::layer_to_json(*layer, layer->given_name()));
  }
  return j.dump(2) + "\n";
}

Model Model::from_json(std::string_view text) {
  return model_from_json(text);
}

std::string Model::to_json(KerasForm form) const {
  nlohmann::ordered_json json = detail::model_to_keras(*this);
  switch (form) {
    case KerasForm::Keras3:
      break;
    case KerasForm::Keras2:
      json = detail::legacy_form(std::move(json));
      break;
  }
  return json.dump();
}

}  // namespace lathe
