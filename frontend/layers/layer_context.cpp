#include "frontend/layers/layer_context.h"

#include "frontend/train/regularizers.h"
#include "ir/error.h"

namespace lathe::detail {

using ir::ValueId;

void LayerContext::begin(const std::string& layer, std::vector<ir::StateId> weights) {
  b.set_layer(layer);
  weights_ = std::move(weights);
}

ValueId LayerContext::weight(size_t i) {
  const auto updated = updated_.find(weights_.at(i));
  return updated == updated_.end() ? b.state(weights_[i]) : updated->second;
}

void LayerContext::update(size_t i, ValueId value) {
  LATHE_CHECK(training, "a weight changes outside of training");
  LATHE_CHECK(!b.module().states[weights_.at(i)].attrs.flag("trainable", false),
              "the optimizer and a layer change one weight");
  updated_[weights_[i]] = value;
}

ValueId LayerContext::uniform(Shape shape) {
  LATHE_CHECK(training, "random numbers outside of training");
  // Initialisers draw from the streams of their states, by the same seed: these lie behind them.
  constexpr int64_t kFirst = int64_t{1} << 24;
  return b.random_uniform(b.state(kSeedState), b.state(kDrawsState), kFirst + draws_++,
                          std::move(shape));
}

void LayerContext::regularize(const std::string& regularizer, const std::string& state) {
  if (has_loss_ && !regularizer.empty())
    losses_.push_back(build_regularizer(b, regularizer, b.state(state)));
}

void LayerContext::regularize_activity(const std::string& regularizer, ValueId result) {
  if (has_loss_ && !regularizer.empty())
    losses_.push_back(b.map("div", {build_regularizer(b, regularizer, result), b.batch_size()}));
}

void LayerContext::finish() {
  b.set_layer("");
  for (const auto& [state, value] : updated_) b.assign(state, value);
  if (draws_ == 0) return;
  const ir::StateId steps = b.module().find_state(kDrawsState);
  b.assign(steps, b.map("add", {b.state(steps), b.constant(1, DType::I64)}));
}

void add_random_states(ir::Module& m) {
  for (const char* name : {kSeedState, kDrawsState}) {
    ir::State s;
    s.name = name;
    s.type = {DType::I64, {}};
    s.attrs.set("init", name == std::string_view(kSeedState) ? "seed" : "zeros");
    s.attrs.set("role", name == std::string_view(kSeedState) ? "seed" : "counter");
    m.states.push_back(std::move(s));
  }
}

}  // namespace lathe::detail
