// The states at the start of an epoch, put back unless the epoch is kept.
#pragma once

#include <vector>

#include "frontend/model/model_impl.h"

namespace lathe::detail {

/// While there is one, the model's engine stays.
class EpochCheckpoint {
 public:
  explicit EpochCheckpoint(ModelImpl& model) : model_(model), engine_(*model.engine_) {
    model_.in_epoch_ = true;
    averages_swapped_ = model_.averages_swapped_;
    for (const ir::State& s : engine_.states()) values_.push_back(engine_.get(s.name));
  }
  ~EpochCheckpoint() {
    model_.in_epoch_ = false;
    if (kept_) return;
    for (size_t i = 0; i < values_.size(); ++i) engine_.set(engine_.states()[i].name, values_[i]);
    model_.averages_swapped_ = averages_swapped_;
  }
  EpochCheckpoint(const EpochCheckpoint&) = delete;
  EpochCheckpoint& operator=(const EpochCheckpoint&) = delete;
  void keep() { kept_ = true; }

 private:
  ModelImpl& model_;
  Engine& engine_;
  std::vector<Array> values_;
  bool averages_swapped_ = false;
  bool kept_ = false;
};

}  // namespace lathe::detail
