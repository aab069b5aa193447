// What the call of a layer works with besides its inputs: weights, random numbers, and what it leaves
// behind for the step.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ir/builder.h"

namespace lathe::detail {

/// One for each function of a module; its calls follow one another in model order.
class LayerContext {
 public:
  enum class For { Predict, Evaluate, Train };
  LayerContext(ir::Builder& builder, For purpose)
      : b(builder), training(purpose == For::Train), has_loss_(purpose != For::Predict) {}

  ir::Builder& b;
  /// True in the training step: Dropout drops, and BatchNormalization takes the batch's own figures.
  const bool training;

  /// The layer whose call comes next: its states, in the order of LayerBase::weights.
  void begin(const std::string& layer, std::vector<ir::StateId> weights);

  /// Weight `i` of the layer; after an update what it was updated to.
  ir::ValueId weight(size_t i);
  /// Gives weight `i`, which is not trainable, its next value, at the end of the step.
  void update(size_t i, ir::ValueId value);
  /// f32, uniform in [0, 1): other numbers in each step and for each call.
  ir::ValueId uniform(Shape shape);
  /// Adds to the loss, where there is one, the regulariser of that spec of the weight that the state
  /// holds; an empty text adds nothing.
  void regularize(const std::string& regularizer, const std::string& state);
  /// The same of a result [B, ...], divided by B as in Keras.
  void regularize_activity(const std::string& regularizer, ir::ValueId result);

  /// Assigns the updates and counts the draws: after the last call.
  void finish();
  const std::vector<ir::ValueId>& losses() const { return losses_; }

 private:
  std::vector<ir::StateId> weights_;
  bool has_loss_;
  std::map<ir::StateId, ir::ValueId> updated_;
  std::vector<ir::ValueId> losses_;
  int64_t draws_ = 0;
};

/// The states that LayerContext::uniform needs: the seed, and the number of steps that drew.
inline constexpr const char* kSeedState = "random_seed";
inline constexpr const char* kDrawsState = "random_steps";
void add_random_states(ir::Module& m);

}  // namespace lathe::detail
