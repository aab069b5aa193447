// How weights begin. By name: `zeros`, `ones`, `constant(0.5)`, `glorot_uniform`, `glorot_normal`,
// `he_uniform`, `he_normal`. The formulas are Keras 3's; `catalog("initializers")` lists them.
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
