// The states at the start of an epoch, put back unless the epoch is kept.
#pragma once

#include <optional>
#include <vector>

#include "frontend/model/model_impl.h"

namespace lathe::detail {

/// While there is one, the model's engine stays.
class EpochCheckpoint {
 public:
  explicit EpochCheckpoint(ModelImpl& model) : model_(model), engine_(*model.engine_) {
    model_.in_epoch_ = true;
    averages_swapped_ = model_.averages_swapped_;
    unfinished_ = model_.unfinished;
    for (const ir::State& s : engine_.states()) values_.push_back(engine_.get(s.name));
  }
  ~EpochCheckpoint() {
    model_.in_epoch_ = false;
    if (!kept_) put_back();
  }
  EpochCheckpoint(const EpochCheckpoint&) = delete;
  EpochCheckpoint& operator=(const EpochCheckpoint&) = delete;
  void put_back() {
    for (size_t i = 0; i < values_.size(); ++i) engine_.set(engine_.states()[i].name, values_[i]);
    model_.shared_.changed();
    model_.averages_swapped_ = averages_swapped_;
    model_.unfinished = unfinished_;
  }
  void keep() {
    kept_ = true;
    model_.unfinished.reset();
  }

 private:
  ModelImpl& model_;
  Engine& engine_;
  std::vector<Array> values_;
  bool averages_swapped_ = false;
  std::optional<UnfinishedEpoch> unfinished_;
  bool kept_ = false;
};

}  // namespace lathe::detail
