#include "frontend/model/model_impl.h"
#include "ir/error.h"
#include "lathe/callbacks.h"
#include "lathe/model.h"
#include "passes/optimizer_table.h"

namespace lathe {

namespace {

/// Weights that are trained have an average beside them.
std::vector<std::pair<std::string, std::string>> averaged_weights(detail::ModelImpl& model) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& weight : model.graph().weight_names())
    if (const std::string average = weight + ".average"; model.has_state(average))
      pairs.emplace_back(weight, average);
  return pairs;
}

}  // namespace

void SwapEMAWeights::on_train_begin(FitContext& fit) {
  swapped_after_ = -1;
  if (!fit.model.impl().averages_weights())
    throw Error("SwapEMAWeights needs an optimizer with use_ema = true, not " +
                fit.model.compile_options().optimizer.name);
}

void SwapEMAWeights::swap(FitContext& fit) {
  detail::ModelImpl& model = fit.model.impl();
  for (const auto& [weight, average] : averaged_weights(model)) {
    const Array value = model.state(weight);
    model.set_state(weight, model.state(average));
    model.set_state(average, value);
  }
}

void SwapEMAWeights::on_epoch_begin(FitContext& fit) {
  if (swapped_after_ >= 0) swap(fit);
}

void SwapEMAWeights::on_test_begin(FitContext& fit) {
  swap(fit);
}

void SwapEMAWeights::on_test_end(FitContext& fit) {
  swap(fit);
}

void SwapEMAWeights::on_epoch_end(FitContext& fit, EpochResult&) {
  if (!options_.swap_on_epoch) return;
  swap(fit);
  swapped_after_ = fit.epoch;
}

void SwapEMAWeights::on_train_end(FitContext& fit) {
  // Also after an epoch that is undone, which has left the model as the one before it did.
  if (swapped_after_ == fit.model.epochs_trained()) swap(fit);
  if (fit.interrupted) return;
  detail::ModelImpl& model = fit.model.impl();
  for (const auto& [weight, average] : averaged_weights(model))
    model.set_state(weight, model.state(average));
}

}  // namespace lathe
