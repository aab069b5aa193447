// The averages of weights that an optimiser with use_ema keeps.
#include "frontend/model/model_impl.h"

namespace lathe::detail {

bool ModelImpl::averages_weights() const {
  return optimizer_attrs(compile_options().optimizer).flag("use_ema", false);
}

std::vector<std::pair<std::string, std::string>> ModelImpl::averaged_weights() const {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& weight : graph().weight_names())
    if (const std::string average = weight + ".average"; has_state(average))
      pairs.emplace_back(weight, average);
  return pairs;
}

void ModelImpl::swap_averages() {
  need_weights();
  for (const auto& [weight, average] : averaged_weights()) {
    const Array value = state(weight);
    set_state(weight, state(average));
    set_state(average, value);
  }
  shared_.changed();
  averages_swapped_ = !averages_swapped_;
}

void ModelImpl::take_averages() {
  // Before the first step the averages are zeros.
  if (!averages_weights() || !has_state("iterations") ||
      state("iterations").data<int64_t>()[0] == 0)
    return;
  need_weights();
  for (const auto& [weight, average] : averaged_weights()) {
    if (averages_swapped_)
      set_state(average, state(weight));
    else
      set_state(weight, state(average));
  }
  shared_.changed();
  averages_swapped_ = false;
}

}  // namespace lathe::detail
