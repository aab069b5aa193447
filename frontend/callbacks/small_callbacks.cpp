// TerminateOnNaN and LambdaCallback.
#include <cmath>

#include "ir/error.h"
#include "lathe/callbacks.h"

namespace lathe {

void TerminateOnNaN::on_batch_end(FitContext& fit, const BatchResult& result) {
  const double loss = result.logs.loss();
  if (std::isfinite(loss)) return;
  if (options_.raise_error)
    throw Error("TerminateOnNaN: the loss became " +
                std::string(std::isnan(loss) ? "NaN" : "infinite") + " in epoch " +
                std::to_string(result.epoch) + ", step " + std::to_string(result.step));
  fit.stop_training = true;
}

void LambdaCallback::on_train_begin(FitContext& fit) {
  if (f_.on_train_begin) f_.on_train_begin(fit);
}
void LambdaCallback::on_train_end(FitContext& fit) {
  if (f_.on_train_end) f_.on_train_end(fit);
}
void LambdaCallback::on_epoch_begin(FitContext& fit) {
  if (f_.on_epoch_begin) f_.on_epoch_begin(fit);
}
void LambdaCallback::on_epoch_end(FitContext& fit, EpochResult& result) {
  if (f_.on_epoch_end) f_.on_epoch_end(fit, result);
}
void LambdaCallback::on_batch_end(FitContext& fit, const BatchResult& result) {
  if (f_.on_batch_end) f_.on_batch_end(fit, result);
}

}  // namespace lathe
