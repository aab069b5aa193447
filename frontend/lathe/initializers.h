// How weights begin. By name, with options in parentheses: `zeros`, `ones`, `constant(0.5)`,
// `random_uniform(minval=-0.1, maxval=0.1)`, `random_normal(stddev=0.1)`, `truncated_normal`,
// `variance_scaling(scale=2, mode=fan_out, distribution=uniform)`, glorot, he and lecun, uniform and
// normal, `orthogonal(gain=1)` (weights of two dimensions or more; all but the last are taken
// together) and `identity(gain=1)` (matrices); or by Keras's class, `HeNormal`. The formulas, fans
// among them, are Keras 3's; `catalog("initializers")` lists them. Error for a weight of another
// number of dimensions when its layer is put into a model.
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
