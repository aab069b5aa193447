// Logic gates of two inputs as data, and what a model makes of them.
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/cli/lecture/small_training.h"

namespace lathe::cli {

struct Gate {
  const char* name;
  std::array<int, 4> outputs;  ///< of 00, 01, 10, 11

  /// Whether a line divides the inputs that give 1 from the others. Of four corners of a square, only
  /// those of a diagonal lie so that none does.
  bool separable() const;
  SmallData data() const;
};

std::vector<std::string> gate_names();
const Gate& find_gate(const std::string& name);

/// A gate as a model has learned it.
struct TruthTable {
  const Gate& gate;
  std::array<double, 4> outputs = {};

  TruthTable(const Gate& of, Model& model);
  int guess(size_t row) const { return outputs[row] > 0.5; }
  bool learned() const;
  void print(Terminal& terminal) const;
  /// A list of `x1`, `x2`, `truth`, `output`, `guess`.
  nlohmann::ordered_json json() const;
};

}  // namespace lathe::cli
