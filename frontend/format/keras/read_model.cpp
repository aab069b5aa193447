// The half of keras_json.h that reads.
#include <map>
#include <optional>

#include "frontend/format/keras/keras_json.h"
#include "frontend/format/keras/layer_config.h"
#include "frontend/format/keras/names.h"
#include "ir/error.h"

namespace lathe::detail {

using Json = nlohmann::ordered_json;

namespace {

constexpr size_t kMostLayers = 1000, kMostCalls = 10000;

std::string place(const std::string& where, const char* list, size_t i) {
  return where + "." + list + "[" + std::to_string(i) + "]";
}

const Json& list_of(const Json& config, const char* key, const std::string& where) {
  const auto found = config.find(key);
  if (found == config.end() || !found->is_array())
    throw Error(where + ": expected a list \"" + key + "\"");
  return *found;
}

std::string name_of(const Json& config, const std::string& otherwise) {
  const auto name = config.find("name");
  return name != config.end() && name->is_string() ? name->get<std::string>() : otherwise;
}

/// The names in the configs of the layers, as they are here.
std::vector<std::string> names_here(const Json& layers) {
  std::vector<std::string> names;
  for (const Json& layer : layers) {
    const Json config = layer.is_object() ? layer.value("config", Json::object()) : Json();
    names.push_back(name_of(config, ""));
  }
  return plain_layer_names(names);
}

/// The shape of rows that stands in the config, or in that of the first layer; Keras 2 has no
/// InputLayer in a Sequential's list.
std::optional<Dims> input_shape(const Json& config, const Json& layers, const std::string& where) {
  const auto shape = [&](const Json& j, const char* key) -> std::optional<Dims> {
    const auto found = j.is_object() ? j.find(key) : j.end();
    if (!j.is_object() || found == j.end() || found->is_null()) return std::nullopt;
    return dims_from_keras(*found, where + "." + key);
  };
  if (auto dims = shape(config, "build_input_shape")) return dims;
  const Json first = layers[0].is_object() ? layers[0].value("config", Json::object()) : Json();
  return shape(first, "batch_input_shape");
}

Model read_sequential(const Json& config, const std::string& where) {
  // The first forms of Keras have the list alone.
  const Json& layers = config.is_array() ? config : list_of(config, "layers", where);
  if (layers.empty() || layers.size() > kMostLayers)
    throw Error(where + ".layers: expected 1 to 1000 layers");
  const std::vector<std::string> names = names_here(layers);
  std::vector<Layer> all;
  for (size_t i = 0; i < layers.size(); ++i)
    all.emplace_back(layer_from_keras(layers[i], names[i], place(where, "layers", i)));
  const bool has_input = all[0].type() == "InputLayer";
  const std::optional<Dims> dims = input_shape(config, layers, where);
  Sequential model(all, config.is_array() ? "sequential" : name_of(config, "sequential"));
  if (!has_input && dims) model.build(*dims);
  return model;
}

/// A result of a call: the layer's name, and which of its calls.
struct Source {
  std::string layer;
  size_t call = 0;
};

/// `["dense", 0, 0]`, and what may stand behind these three.
Source source_of(const Json& j, const std::string& where) {
  if (!j.is_array() || j.size() < 3 || !j[0].is_string() || !j[1].is_number_unsigned() ||
      !j[2].is_number_unsigned())
    throw Error(where + ": expected [layer, call, result], not " +
                j.dump(-1, ' ', true).substr(0, 60));
  if (j[2] != 0) throw Error(where + ": layers have one result only");
  return {j[0].get<std::string>(), j[1].get<size_t>()};
}

/// `[["a", 0, 0], ["b", 0, 0]]`, or one of them alone.
std::vector<Source> sources_of(const Json& j, const std::string& where) {
  if (j.is_array() && !j.empty() && j[0].is_string()) return {source_of(j, where)};
  if (!j.is_array()) throw Error(where + ": expected a list of [layer, call, result]");
  std::vector<Source> all;
  for (size_t i = 0; i < j.size(); ++i)
    all.push_back(source_of(j[i], where + "[" + std::to_string(i) + "]"));
  return all;
}

/// The tensors among Keras 3's arguments: in the order of the lists in which they stand.
void add_tensors(const Json& j, const std::string& where, std::vector<Source>& to) {
  if (j.is_array()) {
    for (const Json& one : j) add_tensors(one, where, to);
  } else if (j.is_object() && j.value("class_name", "") == "__keras_tensor__") {
    to.push_back(source_of(j.value("config", Json::object()).value("keras_history", Json()),
                           where + ".keras_history"));
  } else {
    throw Error(where + ": expected tensors, not " + j.dump(-1, ' ', true).substr(0, 60));
  }
}

std::vector<Source> inputs_of_call(const Json& j, const std::string& where) {
  if (j.is_array()) {  // Keras 2: [["a", 0, 0, {}], ...]
    std::vector<Source> all = sources_of(j, where);
    for (const Json& one : j)
      if (one.is_array() && one.size() > 3)
        for (const auto& [key, value] : one[3].items())
          if (key != "training" && !value.is_null())
            throw Error(where + ": a layer takes no argument '" + key + "'");
    return all;
  }
  if (!j.is_object()) throw Error(where + ": expected a call of the layer");
  std::vector<Source> all;
  add_tensors(j.value("args", Json::array()), where + ".args", all);
  // Whether it trains is said anew in each step.
  const Json named = j.value("kwargs", Json::object());
  for (const auto& [key, value] : named.items())
    if (key != "training" && !value.is_null())
      throw Error(where + ".kwargs: a layer takes no argument '" + key + "'");
  return all;
}

struct PlannedCall {
  LayerPtr layer;
  std::string name, where;
  size_t number = 0;
  std::vector<Source> inputs;
};

/// Calls in the file's order may come before what they need.
class Calls {
 public:
  void add(PlannedCall call) {
    if (waiting_.size() >= kMostCalls) throw Error("more than 10,000 calls of layers");
    waiting_.push_back(std::move(call));
  }

  void run() {
    while (!waiting_.empty()) {
      std::vector<PlannedCall> still;
      for (PlannedCall& call : waiting_)
        if (!try_call(call)) still.push_back(std::move(call));
      if (still.size() == waiting_.size())
        throw Error(still[0].where + ": '" + missing(still[0]).layer +
                    "', which it is called on, is not there, or needs its result");
      waiting_ = std::move(still);
    }
  }

  std::vector<Tensor> tensors(const std::vector<Source>& sources, const std::string& where) const {
    std::vector<Tensor> all;
    for (const Source& s : sources) {
      const NodePtr node = find(s);
      if (!node) throw Error(where + ": there is no layer '" + s.layer + "' called so often");
      all.emplace_back(node);
    }
    return all;
  }

 private:
  NodePtr find(const Source& s) const {
    const auto found = done_.find({s.layer, s.call});
    return found == done_.end() ? nullptr : found->second;
  }
  const Source& missing(const PlannedCall& call) const {
    for (const Source& s : call.inputs)
      if (!find(s)) return s;
    internal_error(__FILE__, __LINE__, "a call that lacks nothing");
  }
  bool try_call(const PlannedCall& call) {
    std::vector<NodePtr> inputs;
    for (const Source& s : call.inputs) {
      inputs.push_back(find(s));
      if (!inputs.back()) return false;
    }
    try {
      done_[{call.name, call.number}] = call_layer(call.layer, std::move(inputs));
    } catch (const Error& e) {
      throw Error(call.where + ": " + e.what());
    }
    return true;
  }

  std::vector<PlannedCall> waiting_;
  std::map<std::pair<std::string, size_t>, NodePtr> done_;
};

Model read_functional(const Json& config, const std::string& where) {
  const Json& layers = list_of(config, "layers", where);
  if (layers.empty() || layers.size() > kMostLayers)
    throw Error(where + ".layers: expected 1 to 1000 layers");
  const std::vector<std::string> names = names_here(layers);
  Calls calls;
  for (size_t i = 0; i < layers.size(); ++i) {
    const std::string here = place(where, "layers", i);
    const LayerPtr layer = layer_from_keras(layers[i], names[i], here);
    // Calls name a layer as its file does, which may be no name here.
    const std::string name =
        name_of(layers[i], name_of(layers[i].value("config", Json::object()), ""));
    if (name.empty()) throw Error(here + ": has no name");
    if (layer->type().name == "InputLayer") {
      calls.add({layer, name, here, 0, {}});
      continue;
    }
    const Json& nodes = list_of(layers[i], "inbound_nodes", here);
    for (size_t k = 0; k < nodes.size(); ++k) {
      const std::string node = place(here, "inbound_nodes", k);
      calls.add({layer, name, node, k, inputs_of_call(nodes[k], node)});
    }
  }
  calls.run();
  const auto ends = [&](const char* key) {
    const std::string here = where + "." + key;
    return calls.tensors(sources_of(config.value(key, Json()), here), here);
  };
  return Model(ends("input_layers"), ends("output_layers"), name_of(config, "model"));
}

}  // namespace

bool is_keras_model(const Json& j) {
  return j.is_object() && j.contains("class_name");
}

Model model_from_keras(const Json& j, const std::string& where) {
  const Json& type = j.at("class_name");
  const Json config = j.value("config", Json());
  const std::string here = where + ": config";
  if (!config.is_object() && !config.is_array())
    throw Error(where + ": a model of Keras's needs \"config\"");
  try {
    if (type == "Sequential") return read_sequential(config, here);
    if (type == "Functional" || type == "Model") {
      if (config.is_object()) return read_functional(config, here);
    }
  } catch (const Json::exception&) {
    throw Error(where + ": is not as Keras writes a model");
  } catch (const Error& e) {
    const std::string what = e.what();
    throw what.starts_with(where) ? Error(what) : Error(where + ": " + what);
  }
  throw Error(where + ": class_name is " + type.dump(-1, ' ', true).substr(0, 60) +
              ", expected Sequential or Functional");
}

}  // namespace lathe::detail
