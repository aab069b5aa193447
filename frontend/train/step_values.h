// What a step knows when it computes losses and metrics: predictions, targets, weights.
#pragma once

#include "ir/builder.h"

namespace lathe::detail {

/// What is not there is made on first use.
class StepValues {
 public:
  /// `target` has the prediction's type and shape, or is i32[B]: the classes. `weight` is [B], or
  /// kNone.
  StepValues(ir::Builder& builder, ir::ValueId prediction, ir::ValueId target,
             ir::ValueId weight = ir::kNone);

  ir::Builder& b;
  const ir::ValueId pred;    ///< [B, ..., units]
  const ir::ValueId weight;  ///< of each row, or kNone
  int64_t units() const { return units_; }
  bool has_classes() const { return labels_; }
  ir::ValueId target() const { return target_; }  ///< as given
  ir::ValueId dense();    ///< of the prediction's shape; one-hot where classes were given
  ir::ValueId classes();  ///< i32[B, ...]: as given, or the largest element's place
  DType dtype() const { return b.type(pred).dtype; }
  /// The mean of all elements, [].
  ir::ValueId mean(ir::ValueId x) { return over_all("mean", x); }
  ir::ValueId sum(ir::ValueId x) { return over_all("sum", x); }
  /// `kind` over all axes.
  ir::ValueId over_all(const char* kind, ir::ValueId x);
  /// `kind` over the last axis; x itself where that is the batch.
  ir::ValueId over_last(const char* kind, ir::ValueId x, bool keepdims = false);
  /// The sum of the weights, or B where there are none, [].
  ir::ValueId rows();
  /// x, [B, ...], times the weights of its rows; x itself where there are none.
  ir::ValueId weighted(ir::ValueId x);

 private:
  ir::ValueId target_, dense_ = ir::kNone, classes_ = ir::kNone;
  bool labels_;
  int64_t units_;
};

}  // namespace lathe::detail
