#include "frontend/layers/layer_weights.h"

#include <string>
#include <utility>

#include "frontend/layers/layer_base.h"
#include "ir/error.h"

namespace lathe::detail {

std::vector<Array> LayerWeights::take(const Holder& by) {
  if (holder_) return holder_->values_of(*this);
  holder_ = &by;
  return std::exchange(values_, {});
}

uint64_t LayerWeights::changed(const Holder& by) noexcept {
  holder_ = &by;
  values_.clear();
  return ++version_;
}

void LayerWeights::give(std::vector<Array> values) {
  for (size_t i = 0; i < shapes_.size(); ++i)
    if (values[i].shape() != shapes_[i])
      throw Error("a model of the layer has weights of shape " + dims_to_string(shapes_[i]) +
                  ", not " + dims_to_string(values[i].shape()));
  values_ = std::move(values);
  holder_ = nullptr;
  ++version_;
}

void LayerWeights::leave(const Holder& from) {
  if (holder_ != &from) return;
  values_ = from.values_of(*this);
  holder_ = nullptr;
}

void LayerWeights::check_shapes(std::span<const WeightSpec> specs) const {
  for (size_t i = 0; i < specs.size(); ++i) {
    const bool fixed = !shapes_.empty();
    if (!fixed && values_.empty()) return;
    const Dims& have = fixed ? shapes_[i] : values_[i].shape();
    if (have != specs[i].shape)
      throw Error("its " + specs[i].name + " has shape " + dims_to_string(have) +
                  " already, but this input needs " + dims_to_string(specs[i].shape) +
                  "; all models that are made of a layer share its weights");
  }
}

void LayerWeights::fix_shapes(std::span<const WeightSpec> specs) {
  shapes_.clear();
  for (const WeightSpec& spec : specs) shapes_.push_back(spec.shape);
}

}  // namespace lathe::detail
