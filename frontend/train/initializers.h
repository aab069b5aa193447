// How weights begin, as IR over uniform random numbers. Formulas are Keras 3's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/base/options.h"
#include "ir/builder.h"
#include "lathe/array.h"

namespace lathe::detail {

/// What an initialiser sees.
struct InitValues {
  ir::Builder& b;
  ir::ValueId seed;  ///< i64[]
  ir::ValueId step;  ///< i64[], zero
  int64_t stream;    ///< every weight has its own
  Shape shape;
  double fan_in, fan_out;
  const Options& options;
};

struct InitializerRow {
  std::string_view name, formula;
  std::vector<OptionSpec> options;
  void (*check)(const Options& options);  ///< Error for values that make no sense; may be null
  ir::ValueId (*build)(const InitValues& v);
  std::vector<std::string> aliases = {};
  /// Where elements depend on their place or on each other: makes the weight, in doubles, of what
  /// `build` has drawn.
  void (*finish)(std::vector<double>& values, const std::vector<int64_t>& shape,
                 const Options& options) = nullptr;
  int least_rank = 0, most_rank = kAnyRank;  ///< of the weights that it is for
  static constexpr int kAnyRank = 1 << 30;
};

std::span<const InitializerRow> initializer_table();
/// Error, with the nearest name, unless `text` is an initialiser's spec (frontend/base/spec.h):
/// `he_normal`, `constant(0.5)`, `random_normal(stddev=0.1)`; the class does as well, `HeNormal`.
void check_initializer(std::string_view text);
/// Error for a weight with another number of dimensions than the initialiser is for.
void check_initializer_rank(std::string_view text, const std::vector<int64_t>& shape);
/// A value f32[shape], which finish_initial makes the weight of. Keras's fans: of [in, out] those; of
/// more dimensions the last two times the product of all before them; of one its size, both.
ir::ValueId build_initializer(ir::Builder& b, std::string_view text, ir::ValueId seed,
                              ir::ValueId step, int64_t stream, const Shape& shape);
/// Whether there is more to do than build_initializer's IR does.
bool is_finished_by_host(std::string_view text);
/// Makes an f32 weight of what build_initializer's value is. Does nothing for most initialisers.
void finish_initial(std::string_view text, Array& value);

}  // namespace lathe::detail
