#include "frontend/model/model_impl.h"
#include "ir/error.h"
#include "lathe/callbacks.h"
#include "lathe/model.h"

namespace lathe {

void SwapEMAWeights::on_train_begin(FitContext& fit) {
  if (!fit.model.impl().averages_weights())
    throw Error("SwapEMAWeights needs an optimizer with use_ema = true, not " +
                fit.model.compile_options().optimizer.name);
}

void SwapEMAWeights::on_epoch_begin(FitContext& fit) {
  if (fit.model.impl().averages_are_swapped()) fit.model.impl().swap_averages();
}

void SwapEMAWeights::on_test_begin(FitContext& fit) {
  fit.model.impl().swap_averages();
}

void SwapEMAWeights::on_test_end(FitContext& fit) {
  fit.model.impl().swap_averages();
}

void SwapEMAWeights::on_epoch_end(FitContext& fit, EpochResult&) {
  if (options_.swap_on_epoch) fit.model.impl().swap_averages();
}

// Of an interrupted training: the others end with the averages anyway.
void SwapEMAWeights::on_train_end(FitContext& fit) {
  if (fit.model.impl().averages_are_swapped()) fit.model.impl().swap_averages();
}

}  // namespace lathe
