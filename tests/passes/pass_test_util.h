// What the tests of passes share: modules from text, passes by name, runs on the interpreter.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/interp/interpreter.h"
#include "ir/graph.h"
#include "passes/pipeline.h"

namespace lathe::passes {

/// Parsed and verified.
ir::Module module_of(std::string_view text);

/// Runs the passes with all checks on, whatever the build.
void run_checked(ir::Module& m, const std::vector<std::string>& names, Remarks* remarks = nullptr);

/// The message of the Error that the passes raise on the text; "" where they raise none.
std::string error_of(std::string_view text, const std::vector<std::string>& names);

using Numbers = std::vector<double>;

/// What a run leaves: outputs by name and all states, unrounded.
struct Ran {
  std::map<std::string, Numbers> outputs, states;
};

/// Runs a function in exact mode. States and parameters that `given` lacks get numbers in [-1, 1)
/// that depend on their name and the place of the element alone; integers are 0, 1, 0, 1, ….
Ran run_exact(const ir::Module& m, const std::string& function, int64_t batch,
              const std::map<std::string, Numbers>& given = {});

/// The largest |a - b| / (1 + |b|) over all outputs, and over the states that both have. Infinite
/// where one is NaN and the other is not, or the sizes differ.
double difference(const Ran& a, const Ran& b);

}  // namespace lathe::passes
