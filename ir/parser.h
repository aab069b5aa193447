// Reads the text form of modules (printer.h, docs/ir.md). Safe on any input: limits on the sizes of
// the text, of types and of expressions, no recursion on what the text nests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace lathe::ir {

/// Where a thing begins in the text, from 1; columns count bytes. 0: not in the text.
struct Place {
  int line = 0, column = 0;
};

/// Where everything of a module stands: for errors that are found after parsing.
struct Places {
  struct OfFunction {
    Place name;
    std::vector<Place> ops;      ///< by ValueId
    std::vector<Place> kernels;  ///< by index
    std::vector<Place> outputs;  ///< the returned value, by index
  };
  Place module;
  std::vector<Place> states;
  std::vector<OfFunction> functions;
};

/// Reads one module. Types are inferred and must be the written ones. Error "FILE:LINE:COLUMN: ..."
/// with what was wrong and what was expected. The result may still be refused by verify().
Module parse(std::string_view text, std::string_view file_name = "<text>",
             Places* places = nullptr);

/// parse(), then verify_all() (verifier.h) with its errors on the bad line too.
Module parse_verified(std::string_view text, std::string_view file_name = "<text>");

}  // namespace lathe::ir
