// The callbacks that change the learning rate.
#include <algorithm>

#include "ir/error.h"
#include "lathe/callbacks.h"
#include "lathe/model.h"

namespace lathe {

namespace {

constexpr const char* kRate = "learning_rate";

/// Error, which names the callback, where it can't be set to that.
void set_rate(Model& model, double rate, const char* callback) {
  try {
    model.set_learning_rate(rate);
  } catch (const Error& e) {
    throw Error(std::string(callback) + ": " + e.what());
  }
}

/// Before an epoch is trained in vain.
void check_rate_can_be_set(Model& model, const char* callback) {
  set_rate(model, model.learning_rate(), callback);
}

}  // namespace

LearningRateScheduler::LearningRateScheduler(Schedule schedule) : schedule_(std::move(schedule)) {
  if (!schedule_) throw Error("LearningRateScheduler: there is no function");
}

void LearningRateScheduler::on_train_begin(FitContext& fit) {
  check_rate_can_be_set(fit.model, "LearningRateScheduler");
}

void LearningRateScheduler::on_epoch_begin(FitContext& fit) {
  set_rate(fit.model, schedule_(fit.epoch - 1, fit.model.learning_rate()), "LearningRateScheduler");
}

void LearningRateScheduler::on_epoch_end(FitContext& fit, EpochResult& result) {
  result.logs.set(kRate, fit.model.learning_rate());
}

ReduceLROnPlateau::ReduceLROnPlateau(ReduceLROnPlateauOptions options)
    : options_(std::move(options)),
      monitor_("ReduceLROnPlateau", options_.monitor, options_.mode, options_.min_delta) {
  if (!(options_.factor >= 0 && options_.factor < 1))
    throw Error("ReduceLROnPlateau: factor must be 0 or more and below 1");
  if (!(options_.min_lr >= 0)) throw Error("ReduceLROnPlateau: min_lr must be 0 or more");
}

void ReduceLROnPlateau::on_train_begin(FitContext& fit) {
  check_rate_can_be_set(fit.model, "ReduceLROnPlateau");
  monitor_.begin(fit);
  best_.reset();
  wait_ = cooldown_ = 0;
}

void ReduceLROnPlateau::on_epoch_end(FitContext& fit, EpochResult& result) {
  const double rate = fit.model.learning_rate();
  result.logs.set(kRate, rate);
  const std::optional<double> current = monitor_.value(fit, result.logs);
  if (!current) return;
  if (cooldown_ > 0) {
    --cooldown_;
    wait_ = 0;
  }
  if (monitor_.improves(*current, best_)) {
    best_ = current;
    wait_ = 0;
    return;
  }
  if (cooldown_ > 0 || ++wait_ < options_.patience) return;
  // Compared as the f32 that the rate is.
  if (rate <= static_cast<double>(static_cast<float>(options_.min_lr))) return;
  set_rate(fit.model, std::max(rate * options_.factor, options_.min_lr), "ReduceLROnPlateau");
  cooldown_ = options_.cooldown;
  wait_ = 0;
}

}  // namespace lathe
