// What is added to the loss for large, or dependent, weights or results: Keras 3's regularisers, by
// spec (frontend/base/spec.h): `l2`, `l2(0.001)`, `l1_l2(l1=0.01, l2=0.02)`; also by the class, `L2`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/base/options.h"
#include "ir/builder.h"

namespace lathe::detail {

struct RegularizerRow {
  std::string_view name, formula;
  std::vector<OptionSpec> options;
  void (*check)(const Options& options);  ///< Error; may be null
  ir::ValueId (*build)(ir::Builder& b, ir::ValueId x, const Options& options);
  std::vector<std::string> aliases = {};
};

std::span<const RegularizerRow> regularizer_table();
/// Error, with the nearest name, unless `text` is empty (none) or a regulariser.
void check_regularizer(std::string_view text);
/// A number, []. x: f32, of any shape (orthogonal_regularizer: of two dimensions;
/// image_total_variation, which Keras does not have: [B, height, width] or [B, height, width,
/// channels]).
ir::ValueId build_regularizer(ir::Builder& b, std::string_view text, ir::ValueId x);

}  // namespace lathe::detail
