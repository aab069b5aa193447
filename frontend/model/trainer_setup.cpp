// What fit is given: checked, and brought into the form that a step reads.
#include <algorithm>

#include "frontend/model/trainer.h"
#include "frontend/train/losses.h"
#include "ir/error.h"

namespace lathe::detail {

Trainer::Trainer(Model& model, const Inputs& x, const ArrayView& y, const FitOptions& options)
    : m_(model.impl()),
      o_(options),
      callbacks_(options.callbacks),
      fit_{model},
      hears_steps_(o_.on_batch_end || callbacks_.any(Callback::Steps::All)),
      hears_progress_(o_.on_progress || callbacks_.any(Callback::Steps::Progress)),
      hears_bad_loss_(callbacks_.any(Callback::Steps::BadLoss)),
      bad_loss_throws_(o_.terminate_on_nan && !hears_bad_loss_) {
  const LossRow& loss = find_loss(m_.compile_options().loss);
  check_options();
  m_.build_from(x);
  const Dims& output = m_.output_dims();
  check_inputs(m_.graph(), x);
  m_.check_adapted();
  x_ = prepare_inputs(x);
  if (x_.rows < 1 || x_.rows > INT32_MAX)
    throw Error("x must have 1 to 2^31 - 1 rows, not " + std::to_string(x_.rows));
  y_ = prepare_targets(y, x_.rows, output, loss);
  check_steps();
  weights_ = prepare_weights(o_.sample_weight, o_.class_weight, y_, x_.rows);
  if (o_.validation_data) take_validation_data(loss);
  fit_.validates = o_.validation_data.has_value();
  need_engine();
}

void Trainer::check_options() const {
  if (o_.batch_size < 1)
    throw Error("batch_size must be 1 or more, not " + std::to_string(o_.batch_size));
  if (o_.epochs < 0) throw Error("epochs must be 0 or more, not " + std::to_string(o_.epochs));
  if (o_.initial_epoch && (*o_.initial_epoch < 0 || *o_.initial_epoch > o_.epochs))
    throw Error("initial_epoch must be 0 to epochs, " + std::to_string(o_.epochs) + ", not " +
                std::to_string(*o_.initial_epoch));
  o_.validation_freq.check();
}

void Trainer::check_steps() const {
  if (!o_.steps_per_epoch) return;
  const int64_t steps = (x_.rows - 1) / std::min(o_.batch_size, x_.rows) + 1;
  if (*o_.steps_per_epoch < 1 || *o_.steps_per_epoch > steps)
    throw Error("steps_per_epoch must be 1 to " + std::to_string(steps) + ", the steps of all " +
                std::to_string(x_.rows) + " rows, not " + std::to_string(*o_.steps_per_epoch));
}

void Trainer::take_validation_data(const LossRow& loss) {
  try {
    check_inputs(m_.graph(), o_.validation_data->x);
    const std::vector<DType> dtypes = x_.dtypes();
    val_x_ = prepare_inputs(o_.validation_data->x, &dtypes);
    if (val_x_.rows < 1) throw Error("there are no rows");
    val_y_ = prepare_targets(o_.validation_data->y, val_x_.rows, m_.output_dims(), loss);
    val_weights_ = prepare_weights(o_.validation_data->sample_weight, {}, val_y_, val_x_.rows);
    if (val_y_.classes() != y_.classes())
      throw Error("targets are " + val_y_.view.type().to_string() +
                  ", but those for training are " + y_.view.type().to_string());
  } catch (const Error& e) {
    throw Error("validation_data: " + std::string(e.what()));
  }
}

// Where only the validation has weights, training has them too, all 1: one engine is enough.
void Trainer::need_engine() {
  if (val_weights_ && !weights_) {
    weights_.emplace(DType::F32, std::vector<int64_t>{x_.rows});
    weights_->fill(1.0f);
  }
  engine_ = &m_.need_engine(Level::Train, {x_.dtypes(), y_.classes(), weights_.has_value()},
                            std::min(o_.batch_size, x_.rows));
}

}  // namespace lathe::detail

namespace lathe {

void ValidationFreq::check() const {
  for (int64_t n : list_.empty() ? std::vector<int64_t>{every_} : list_)
    if (n < 1) throw Error("validation_freq must be 1 or more, not " + std::to_string(n));
}

}  // namespace lathe
