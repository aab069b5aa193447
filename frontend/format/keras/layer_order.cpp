#include "frontend/format/keras/layer_order.h"

#include <algorithm>
#include <numeric>

namespace lathe::detail {

namespace {

constexpr int kUnseen = -1;

/// A depth-first walk from the outputs to the inputs.
class Walk {
 public:
  explicit Walk(const ModelGraph& g)
      : g_(g), seen_(g.calls.size()), found_(g.layers.size(), kUnseen) {
    for (int output : g.outputs) visit(output);
  }
  /// When each layer was come upon.
  const std::vector<int>& found() const { return found_; }
  /// Calls, each behind those that it needs.
  const std::vector<int>& order() const { return order_; }

 private:
  // Without recursion: models can be deep.
  void visit(int root) {
    std::vector<std::pair<int, size_t>> stack;
    const auto enter = [&](int call) {
      if (seen_[static_cast<size_t>(call)]) return;
      seen_[static_cast<size_t>(call)] = true;
      int& found = found_[static_cast<size_t>(g_.calls[static_cast<size_t>(call)].layer)];
      if (found == kUnseen) found = next_++;
      stack.emplace_back(call, 0);
    };
    enter(root);
    while (!stack.empty()) {
      const auto [call, input] = stack.back();
      const std::vector<int>& inputs = g_.calls[static_cast<size_t>(call)].inputs;
      if (input < inputs.size()) {
        ++stack.back().second;
        enter(inputs[input]);
      } else {
        order_.push_back(call);
        stack.pop_back();
      }
    }
  }

  const ModelGraph& g_;
  std::vector<bool> seen_;
  std::vector<int> found_, order_;
  int next_ = 0;
};

}  // namespace

std::vector<size_t> keras_layer_order(const ModelGraph& g) {
  std::vector<size_t> layers(g.layers.size());
  std::iota(layers.begin(), layers.end(), size_t{0});
  if (g.is_chain()) return layers;
  const Walk walk(g);
  std::vector<int> call_depth(g.calls.size()), layer_depth(g.layers.size());
  for (auto call = walk.order().rbegin(); call != walk.order().rend(); ++call) {
    const ModelGraph::Call& c = g.calls[static_cast<size_t>(*call)];
    int& of_layer = layer_depth[static_cast<size_t>(c.layer)];
    const int depth = std::max(call_depth[static_cast<size_t>(*call)], of_layer);
    of_layer = call_depth[static_cast<size_t>(*call)] = depth;
    for (int input : c.inputs) {
      int& before = call_depth[static_cast<size_t>(input)];
      before = std::max(before, depth + 1);
    }
  }
  std::sort(layers.begin(), layers.end(), [&](size_t a, size_t b) {
    if (layer_depth[a] != layer_depth[b]) return layer_depth[a] > layer_depth[b];
    return walk.found()[a] < walk.found()[b];
  });
  return layers;
}

}  // namespace lathe::detail
