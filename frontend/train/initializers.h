// How weights begin, as IR over uniform random numbers. Formulas are Keras 3's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/builder.h"

namespace lathe::detail {

/// What an initialiser sees.
struct InitValues {
  ir::Builder& b;
  ir::ValueId seed;  ///< i64[]
  ir::ValueId step;  ///< i64[], zero
  int64_t stream;    ///< every weight has its own
  Shape shape;
  double fan_in, fan_out;
  double argument;  ///< `constant(0.5)`: 0.5
};

struct InitializerRow {
  std::string_view name, formula;
  bool takes_argument;
  ir::ValueId (*build)(const InitValues& v);
};

std::span<const InitializerRow> initializer_table();
/// Error, with the nearest name, unless `text` is an initialiser: `he_normal`, `constant(0.5)`.
void check_initializer(std::string_view text);
/// A value f32[shape]. fan_in is the product of all dimensions but the last, fan_out the last one.
ir::ValueId build_initializer(ir::Builder& b, std::string_view text, ir::ValueId seed,
                              ir::ValueId step, int64_t stream, const Shape& shape);

}  // namespace lathe::detail
