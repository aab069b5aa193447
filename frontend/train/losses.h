// Losses as IR, and what a step knows when it computes losses and metrics.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/builder.h"
#include "lathe/losses.h"

namespace lathe::detail {

/// Predictions and targets in a step. What is not there is made on first use.
class StepValues {
 public:
  /// `target` is f32 of the prediction's shape, or i32[B]: the classes.
  StepValues(ir::Builder& builder, ir::ValueId prediction, ir::ValueId target);

  ir::Builder& b;
  const ir::ValueId pred;  ///< f32[B, ..., units]
  int64_t units() const { return units_; }
  bool has_classes() const { return labels_; }
  ir::ValueId dense();    ///< f32, of the prediction's shape; one-hot where classes were given
  ir::ValueId classes();  ///< i32[B, ...]: as given, or the largest element's place
  /// The mean of all elements, f32[].
  ir::ValueId mean(ir::ValueId x);

 private:
  ir::ValueId target_, dense_ = ir::kNone, classes_ = ir::kNone;
  bool labels_;
  int64_t units_;
};

enum class Targets {
  Dense,    ///< of the prediction's shape; classes are one-hot encoded
  Classes,  ///< classes only
};

struct LossRow {
  std::string_view name;
  std::vector<std::string> aliases;
  std::string_view formula;
  Targets targets;
  ir::ValueId (*build)(StepValues& v);              ///< f32[]
  ir::ValueId (*build_from_logits)(StepValues& v);  ///< null where there is no such thing
  bool probabilities = false;                       ///< dense targets lie in 0 … 1
  int64_t least_units = 1;
};

std::span<const LossRow> loss_table();
/// Error, with the nearest name, for an unknown one, and for from_logits where it makes no sense.
const LossRow& find_loss(const Loss& loss);
ir::ValueId build_loss(const Loss& loss, StepValues& v);

}  // namespace lathe::detail
