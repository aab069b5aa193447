// How weights begin. By name, with options in parentheses: `zeros`, `ones`, `constant(0.5)`,
// `random_uniform(minval=-0.1, maxval=0.1)`, `random_normal(stddev=0.1)`, `truncated_normal`,
// `variance_scaling(scale=2, mode=fan_out, distribution=uniform)`, and glorot, he and lecun, uniform
// and normal. The formulas, fans among them, are Keras 3's; `catalog("initializers")` lists them.
#pragma once

#include <string>
#include <utility>

namespace lathe {

/// An initialiser by its text. Names are checked when a layer is made: Error, with the nearest
/// name, for an unknown one.
struct Initializer {
  std::string text;

  Initializer(const char* name) : text(name) {}             // NOLINT: a name is an initialiser
  Initializer(std::string name) : text(std::move(name)) {}  // NOLINT
  /// Every element is `value`.
  static Initializer constant(double value);
};

}  // namespace lathe
