// How the ten digits are written: for each the ways that hands write it, as pen strokes.
#pragma once

#include <span>
#include <vector>

namespace lathe::data {

/// A point that the pen passes. x grows to the right, y downward; a digit is about 100 wide and 140
/// high. At a corner the line may break its direction; elsewhere it bends smoothly.
struct Knot {
  double x = 0, y = 0;
  bool corner = false;
};

using Stroke = std::vector<Knot>;

/// One way to write a digit. Where there is an `other` form (the same strokes with as many knots),
/// every form between the two occurs.
struct DigitStyle {
  double weight = 1;  ///< how often, among the digit's styles
  std::vector<Stroke> strokes;
  std::vector<Stroke> other;
};

/// The styles of digit 0 to 9.
std::span<const DigitStyle> digit_styles(int digit);

}  // namespace lathe::data
