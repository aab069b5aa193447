// What fit is given: checked, and brought into the form that a step reads.
#include <algorithm>

#include "frontend/model/array_rows.h"
#include "frontend/model/shard_rows.h"
#include "frontend/model/trainer.h"
#include "ir/error.h"

namespace lathe::detail {

Trainer::Trainer(Model& model, const FitOptions& options, const MakeRows& make_rows)
    : m_(model.impl()),
      o_(options),
      callbacks_(options.callbacks),
      fit_{model},
      hears_steps_(o_.on_batch_end || callbacks_.any(Callback::Steps::All)),
      hears_progress_(o_.on_progress || callbacks_.any(Callback::Steps::Progress)),
      hears_bad_loss_(callbacks_.any(Callback::Steps::BadLoss)),
      bad_loss_throws_(o_.terminate_on_nan && !hears_bad_loss_) {
  m_.compile_options();
  check_options();
  rows_ = make_rows();
  const int64_t all = rows_->rows();
  batch_ = all > 0 ? std::min(o_.batch_size, all) : o_.batch_size;
  if (o_.validation_data) take_validation_data();
  if (o_.validation_shards) take_validation_shards();
  fit_.validates = val_rows_ != nullptr;
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

void Trainer::take_validation_data() {
  try {
    const ValidationData& v = *o_.validation_data;
    const std::vector<DType> form = rows_->form().x;
    val_rows_ = std::make_unique<ArrayRows>(m_.graph(), m_.targets(), v.x, v.y,
                                            RowWeights{v.sample_weight}, &form);
    check_validation_targets();
  } catch (const Error& e) {
    throw Error("validation_data: " + std::string(e.what()));
  }
}

void Trainer::take_validation_shards() {
  if (val_rows_) throw Error("validation_data and validation_shards can't both be given");
  try {
    const ShardRows::Use use{m_.graph(), m_.targets(), {}, {}, rows_->form().x};
    val_rows_ =
        std::make_unique<ShardRows>(*o_.validation_shards, use, 0, o_.validation_shards->read(0));
    check_validation_targets();
  } catch (const Error& e) {
    throw Error("validation_shards: " + std::string(e.what()));
  }
}

void Trainer::check_validation_targets() const {
  const ModelTargets targets = m_.targets();
  const std::vector<DType> ours = rows_->form().y, theirs = val_rows_->form().y;
  const auto kind = [](DType y) { return is_integer(y) ? "classes" : "numbers"; };
  for (size_t i = 0; i < ours.size(); ++i)
    if (ours[i] != theirs[i])
      throw Error(targets.prefix(targets.all[i]) + "targets are " + kind(theirs[i]) +
                  ", but those for training are " + kind(ours[i]));
}

// Where only the validation has weights, training has them too, all 1: one engine is enough.
void Trainer::need_engine() {
  if (val_rows_ && val_rows_->form().weights) rows_->need_weights();
  engine_ = &m_.need_engine(Level::Train, rows_->form(), batch_);
}

}  // namespace lathe::detail

namespace lathe {

void ValidationFreq::check() const {
  for (int64_t n : list_.empty() ? std::vector<int64_t>{every_} : list_)
    if (n < 1) throw Error("validation_freq must be 1 or more, not " + std::to_string(n));
}

}  // namespace lathe
