// Activations by spec (frontend/base/spec.h): `relu`, `leaky_relu(negative_slope=0.3)`,
// `elu(0.5)`. Names, formulas and defaults are those of Keras 3.
//
// They are the activation rows of ir/elementwise.def and, here, those that are no row of their own:
// linear, exponential, relu and gelu with options, and over the last axis softmax, log_softmax,
// sparsemax and glu.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "frontend/base/options.h"
#include "frontend/layers/layer_base.h"
#include "ir/builder.h"

namespace lathe::detail {

struct ActivationRow {
  std::string name;
  std::string formula;
  std::vector<std::string> aliases;
  std::vector<OptionSpec> options;
  /// Over the last axis: needs one, and may change its size.
  bool over_rows = false;
  int64_t (*size)(int64_t last) = nullptr;  ///< of the result's last axis; null: unchanged
  /// x: f32[B, ...]. Null: the row of ir/elementwise.def of that name, with these options.
  ir::ValueId (*apply)(ir::Builder& b, ir::ValueId x, const Options& options) = nullptr;
};

/// In the order of the names.
const std::vector<ActivationRow>& activation_table();

/// Error for an unknown name, with the nearest one, and for options that it does not take.
void check_activation(std::string_view spec);
/// The shape of the activation's result; Error where it can't take `x`.
Dims activation_shape(std::string_view spec, Dims x);
/// x: f32[B, ...].
ir::ValueId apply_activation(ir::Builder& b, std::string_view spec, ir::ValueId x);

}  // namespace lathe::detail
