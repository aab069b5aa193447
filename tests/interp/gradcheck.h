// Gradients against central differences, in double precision, for single ops and whole models.
//
// The reverse walk here is the test's own: it knows of ops only what ir::vjp tells, and shares
// nothing with the pass, so it checks the rules and serves as a second opinion on the walk.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "codegen/interp/interpreter.h"
#include "ir/builder.h"

namespace lathe::test {

/// A function to check: its first output y, of a float type, is differentiated by each float
/// parameter and each float state that it reads. Values lie away from kinks.
struct GradientCase {
  std::string label;
  ir::Module module;
  std::string function = "loss";
  interp::Interpreter::ValueInputs inputs;  ///< one list a parameter
  std::map<std::string, std::vector<double>> states;
  std::optional<int64_t> batch;  ///< where no parameter has B
  /// Parameters and states that are not differentiated although they could be.
  std::vector<std::string> fixed;
};

/// The gradients of Σ dy·y by each value in `wrt`, appended to the builder's function; kNone where
/// y does not depend on it.
std::vector<ir::ValueId> append_gradients(ir::Builder& b, ir::ValueId y, ir::ValueId dy,
                                          const std::vector<ir::ValueId>& wrt);

/// Empty when each gradient is within `relative` of the central difference (of what is larger: the
/// difference, or 1e-3 of the largest one of its tensor). Otherwise words: the case, the tensor,
/// the element, both numbers. `differentiated` (may be null) gets the number of elements compared.
std::string check_gradients(const GradientCase& c, double relative = 1e-6,
                            int64_t* differentiated = nullptr);

/// Numbers for tests, the same ones in every run: on a grid within [low, high] whose points are at
/// least 0.02 apart from each other, from those of any other `lane` (of 4), and from `kinks`; so
/// that nothing ties and no kink is near. Neighbours repeat only where the grid is exhausted.
std::vector<double> draw_values(int64_t count, double low, double high,
                                const std::vector<double>& kinks = {}, int lane = 0);

}  // namespace lathe::test
