// The half of keras_json.h that writes.
#include "frontend/format/keras/keras_json.h"
#include "frontend/format/keras/layer_config.h"
#include "frontend/model/model_impl.h"

namespace lathe::detail {

using Json = nlohmann::ordered_json;

namespace {

/// Of the two only Sequential is found under a public name.
Json model_object(const char* type, Json config, Json input_shape) {
  const bool sequential = std::string_view(type) == "Sequential";
  return {{"module", sequential ? "keras" : "keras.src.models.functional"},
          {"class_name", type},
          {"config", std::move(config)},
          {"registered_name", sequential ? Json(nullptr) : Json(type)},
          {"build_config", {{"input_shape", std::move(input_shape)}}}};
}

Json write_chain(const std::string& name, const std::vector<std::pair<LayerPtr, std::string>>& all,
                 const Json& input_shape) {
  Json layers = Json::array();
  for (const auto& [layer, layer_name] : all) layers.push_back(layer_to_keras(*layer, layer_name));
  return model_object("Sequential",
                      {{"name", name},
                       {"trainable", true},
                       {"dtype", "float32"},
                       {"layers", layers},
                       {"build_input_shape", input_shape}},
                      input_shape);
}

/// Which of its layer's calls each call is.
std::vector<int> call_numbers(const ModelGraph& g) {
  std::vector<int> count(g.layers.size()), numbers;
  for (const ModelGraph::Call& call : g.calls)
    numbers.push_back(count[static_cast<size_t>(call.layer)]++);
  return numbers;
}

class FunctionalWriter {
 public:
  explicit FunctionalWriter(const ModelGraph& g) : g_(g), numbers_(call_numbers(g)) {}

  Json write(const std::string& name) {
    Json layers = Json::array();
    for (size_t i = 0; i < g_.layers.size(); ++i) layers.push_back(layer(i));
    return model_object("Functional",
                        {{"name", name},
                         {"trainable", true},
                         {"layers", layers},
                         {"input_layers", ends(g_.inputs)},
                         {"output_layers", ends(g_.outputs)}},
                        nullptr);
  }

 private:
  Json history(int call) const {
    const auto at = static_cast<size_t>(call);
    return {g_.layers[static_cast<size_t>(g_.calls[at].layer)].name, numbers_[at], 0};
  }
  Json ends(const std::vector<int>& calls) const {
    Json j = Json::array();
    for (int call : calls) j.push_back(history(call));
    return j;
  }
  Json tensor(int call) const {
    return {{"class_name", "__keras_tensor__"},
            {"config",
             {{"shape", dims_to_keras(g_.calls[static_cast<size_t>(call)].shape)},
              {"dtype", "float32"},
              {"keras_history", history(call)}}}};
  }
  Json layer(size_t i) const {
    const ModelGraph::Layer& layer = g_.layers[i];
    Json j = layer_to_keras(*layer.layer, layer.name);
    j["name"] = layer.name;
    j["inbound_nodes"] = Json::array();
    for (const ModelGraph::Call& call : g_.calls) {
      if (call.layer != static_cast<int>(i) || call.inputs.empty()) continue;
      Json tensors = Json::array();
      for (int input : call.inputs) tensors.push_back(tensor(input));
      // One input stands alone, several in one list.
      if (call.inputs.size() > 1) tensors = Json::array({tensors});
      j["inbound_nodes"].push_back({{"args", tensors}, {"kwargs", Json::object()}});
    }
    return j;
  }

  const ModelGraph& g_;
  std::vector<int> numbers_;
};

}  // namespace

Json model_to_keras(const Model& model) {
  const ModelImpl& impl = const_cast<Model&>(model).impl();
  std::vector<std::pair<LayerPtr, std::string>> all;
  if (!impl.built()) {
    for (const LayerPtr& layer : impl.chain()) all.emplace_back(layer, layer->given_name());
    return write_chain(impl.name(), all, nullptr);
  }
  const ModelGraph& g = impl.graph();
  if (!g.is_chain()) return FunctionalWriter(g).write(impl.name());
  for (const ModelGraph::Layer& layer : g.layers) all.emplace_back(layer.layer, layer.name);
  return write_chain(impl.name(), all, dims_to_keras(g.calls[0].shape));
}

}  // namespace lathe::detail
