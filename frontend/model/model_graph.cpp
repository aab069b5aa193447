#include "frontend/model/model_graph.h"

#include <algorithm>
#include <map>
#include <set>

#include "frontend/base/letters.h"
#include "frontend/train/initializers.h"
#include "ir/error.h"
#include "runtime/tensor.h"

namespace lathe::detail {

namespace {

/// Walks from the outputs to the inputs; the list of calls comes out inputs first. Places are kept
/// by address, but nothing is ordered by one.
class GraphMaker {
 public:
  ModelGraph make(const std::vector<NodePtr>& inputs, const std::vector<NodePtr>& outputs);

 private:
  void visit(const NodePtr& root);
  void add_call(const NodePtr& node);
  void name_layers();

  ModelGraph g_;
  std::map<const Node*, int> calls_;
  std::map<const LayerBase*, int> layers_;
};

void GraphMaker::add_call(const NodePtr& node) {
  std::vector<Dims> shapes;
  ModelGraph::Call call;
  for (const NodePtr& input : node->inputs) {
    call.inputs.push_back(calls_.at(input.get()));
    shapes.push_back(input->shape);
  }
  call.shape = node->shape;
  std::vector<WeightSpec> weights = node->layer->weights(shapes);
  for (const WeightSpec& w : weights) {
    try {
      check_initializer_rank(w.initializer, w.shape);
    } catch (const Error& e) {
      throw Error("layer " + std::string(node->layer->type().name) + ", weight " + w.name + ": " +
                  e.what());
    }
  }
  const auto [place, is_new] =
      layers_.emplace(node->layer.get(), static_cast<int>(g_.layers.size()));
  if (is_new) {
    g_.layers.push_back({node->layer, "", std::move(weights)});
  } else if (g_.layers[place->second].weights != weights) {
    throw Error("layer " + std::string(node->layer->type().name) +
                " is shared by calls that need weights of different shapes; its inputs must have "
                "one shape");
  }
  call.layer = place->second;
  calls_.emplace(node.get(), static_cast<int>(g_.calls.size()));
  g_.calls.push_back(std::move(call));
}

// Depth first without recursion: models can be deep.
void GraphMaker::visit(const NodePtr& root) {
  std::vector<std::pair<NodePtr, size_t>> stack = {{root, 0}};
  while (!stack.empty()) {
    auto& [node, next] = stack.back();
    if (calls_.count(node.get())) {
      stack.pop_back();
    } else if (next < node->inputs.size()) {
      const NodePtr input = node->inputs[next++];
      stack.emplace_back(input, 0);
    } else {
      if (node->layer->type().name == "InputLayer")
        throw Error("an output depends on an input of shape " + dims_to_string(node->shape) +
                    " that is not among the model's inputs");
      const NodePtr done = node;
      stack.pop_back();
      add_call(done);
    }
  }
}

void GraphMaker::name_layers() {
  std::set<std::string> taken;
  for (const ModelGraph::Layer& layer : g_.layers) {
    const std::string given = layer.layer->given_name();
    if (!given.empty() && !taken.insert(given).second)
      throw Error("two layers are named '" + given + "'");
  }
  for (ModelGraph::Layer& layer : g_.layers) {
    layer.name = layer.layer->given_name();
    if (!layer.name.empty()) continue;
    const std::string base = snake_case(layer.layer->type().name);
    for (int i = 0; layer.name.empty(); ++i) {
      std::string name = i == 0 ? base : base + "_" + std::to_string(i);
      if (taken.insert(name).second) layer.name = std::move(name);
    }
  }
  std::set<std::string> states;
  for (const std::string& name : g_.state_names())
    if (!states.insert(name).second)
      throw Error("two weights are named '" + name + "'; give their layers other names");
}

ModelGraph GraphMaker::make(const std::vector<NodePtr>& inputs,
                            const std::vector<NodePtr>& outputs) {
  if (inputs.empty() || outputs.empty()) throw Error("a model needs an input and an output");
  for (const NodePtr& input : inputs) {
    if (input->layer->type().name != "InputLayer")
      throw Error("a model's inputs are made by Input, not by " +
                  std::string(input->layer->type().name));
    if (calls_.count(input.get())) throw Error("an input is given twice");
    g_.inputs.push_back(static_cast<int>(g_.calls.size()));
    add_call(input);
  }
  for (const NodePtr& output : outputs) {
    visit(output);
    g_.outputs.push_back(calls_.at(output.get()));
  }
  std::vector<bool> used(g_.calls.size());
  for (const ModelGraph::Call& call : g_.calls)
    for (int input : call.inputs) used[input] = true;
  for (size_t i = 0; i < g_.inputs.size(); ++i)
    if (!used[g_.inputs[i]])
      throw Error("input " + std::to_string(i + 1) + ", of shape " +
                  dims_to_string(g_.calls[g_.inputs[i]].shape) + ", is not used by the outputs");
  name_layers();
  return std::move(g_);
}

}  // namespace

std::vector<std::string> ModelGraph::Layer::states() const {
  std::vector<std::string> names;
  for (const WeightSpec& w : weights) names.push_back(name + "_" + w.name);
  return names;
}

std::vector<std::string> ModelGraph::Layer::weight_names() const {
  std::vector<std::string> names;
  for (const WeightSpec& w : weights)
    if (!w.given) names.push_back(name + "_" + w.name);
  return names;
}

int64_t ModelGraph::Layer::parameters() const {
  int64_t n = 0;
  for (const WeightSpec& w : weights)
    if (!w.given) n += runtime::element_count(w.shape);
  return n;
}

int64_t ModelGraph::Layer::trained_parameters() const {
  int64_t n = 0;
  for (size_t i = 0; i < weights.size(); ++i)
    if (trains(i)) n += runtime::element_count(weights[i].shape);
  return n;
}

std::vector<std::string> ModelGraph::output_names() const {
  std::vector<std::string> names;
  for (int output : outputs) names.push_back(layers[calls[output].layer].name);
  return names;
}

std::vector<std::string> ModelGraph::weight_names() const {
  std::vector<std::string> names;
  for (const Layer& layer : layers)
    for (std::string& weight : layer.weight_names()) names.push_back(std::move(weight));
  return names;
}

std::vector<std::string> ModelGraph::state_names() const {
  std::vector<std::string> names;
  for (const Layer& layer : layers)
    for (std::string& state : layer.states()) names.push_back(std::move(state));
  return names;
}

bool ModelGraph::is_chain() const {
  if (layers.size() != calls.size()) return false;
  for (size_t i = 0; i < calls.size(); ++i) {
    const std::vector<int> before =
        i == 0 ? std::vector<int>{} : std::vector<int>{static_cast<int>(i) - 1};
    if (calls[i].inputs != before) return false;
  }
  return inputs.size() == 1 && outputs == std::vector<int>{static_cast<int>(calls.size()) - 1};
}

const ModelGraph::Call& ModelGraph::first_call(int layer) const {
  for (const Call& call : calls)
    if (call.layer == layer) return call;
  internal_error(__FILE__, __LINE__, "a layer that is never called");
}

ModelGraph make_graph(const std::vector<NodePtr>& inputs, const std::vector<NodePtr>& outputs) {
  return GraphMaker().make(inputs, outputs);
}

Ends calls_behind(const ModelGraph& g, const LayerPtr& layer) {
  Ends ends;
  std::vector<NodePtr> nodes;
  for (const ModelGraph::Call& call : g.calls) {
    std::vector<NodePtr> inputs;
    for (int input : call.inputs) inputs.push_back(nodes[static_cast<size_t>(input)]);
    NodePtr node = call_layer(g.layers[static_cast<size_t>(call.layer)].layer, std::move(inputs));
    if (call.inputs.empty()) {
      ends.inputs.push_back(node);
      node = call_layer(layer, {node});
    }
    nodes.push_back(std::move(node));
  }
  for (int output : g.outputs) ends.outputs.push_back(nodes[static_cast<size_t>(output)]);
  return ends;
}

ModelGraph make_chain(const std::vector<LayerPtr>& layers, const Dims* input_shape) {
  NodePtr input, last;
  for (const LayerPtr& layer : layers) {
    const bool is_input = layer->type().name == "InputLayer";
    if (is_input && input) throw Error("an Input can only be a Sequential's first layer");
    if (!input && !is_input) {
      LATHE_CHECK(input_shape != nullptr, "a chain without an input shape");
      Options o;
      o.set("shape", *input_shape);
      input = last = call_layer(make_layer("InputLayer", o), {});
    }
    last = call_layer(layer, is_input ? std::vector<NodePtr>{} : std::vector<NodePtr>{last});
    if (is_input) input = last;
  }
  if (!input || last == input) throw Error("a model needs at least one layer behind its input");
  return make_graph({input}, {last});
}

}  // namespace lathe::detail
