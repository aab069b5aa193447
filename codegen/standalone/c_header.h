// The C header of a compiled model: every function, shape, unit, error and rule, and its states as a table.
#pragma once

#include <string>
#include <vector>

#include "codegen/compile.h"

namespace lathe::codegen {

struct CHeader {
  std::string prefix;              ///< of all names
  std::string model;               ///< what it is made from, in words
  std::string machine;             ///< which CPUs it runs on, in words
  std::vector<std::string> kinds;  ///< of each state: weight, slot, counter, rate
};

std::string c_header(const Standalone& model, const CHeader& what);

/// Error unless all names of a compiled model can begin so: a letter, then letters, digits and _.
void check_prefix(const std::string& prefix);

}  // namespace lathe::codegen
