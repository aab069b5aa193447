#include "ir/error.h"
#include "lathe/callbacks.h"
#include "lathe/model.h"

namespace lathe {

EarlyStopping::EarlyStopping(EarlyStoppingOptions options)
    : options_(std::move(options)),
      monitor_("EarlyStopping", options_.monitor, options_.mode, options_.min_delta) {
  if (options_.patience < 0)
    throw Error("EarlyStopping: patience must be 0 or more, not " +
                std::to_string(options_.patience));
}

void EarlyStopping::on_train_begin(FitContext& fit) {
  monitor_.begin(fit);
  best_.reset();
  best_weights_.clear();
  wait_ = stopped_epoch_ = best_epoch_ = 0;
}

void EarlyStopping::on_epoch_end(FitContext& fit, EpochResult& result) {
  const std::optional<double> current = monitor_.value(fit, result.logs);
  if (!current || fit.epoch <= options_.start_from_epoch) return;
  const auto keep_weights = [&] {
    best_epoch_ = fit.epoch;
    if (options_.restore_best_weights) best_weights_ = fit.model.get_weights();
  };
  ++wait_;
  if (monitor_.improves(*current, best_)) {
    best_ = current;
    keep_weights();
    // What is not better than the baseline is the best so far, but no reason to wait longer.
    if (!options_.baseline || monitor_.improves(*current, options_.baseline)) wait_ = 0;
    return;
  }
  // As in Keras, a model's first epoch never ends its training.
  if (wait_ < options_.patience || fit.epoch <= 1) return;
  stopped_epoch_ = fit.epoch;
  fit.stop_training = true;
}

void EarlyStopping::on_train_end(FitContext& fit) {
  if (!fit.interrupted && !best_weights_.empty()) fit.model.set_weights(best_weights_);
  best_weights_.clear();
}

}  // namespace lathe
