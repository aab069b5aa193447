// Programs of the system that `lathe compile` needs: a C compiler, ar.
#pragma once

#include <string>
#include <vector>

namespace lathe::cli {

/// Runs a program that is looked for in PATH, and waits for it; what it writes goes to standard error. Error that
/// names it where it can't be started, or ends with another exit code than 0.
void run_tool(const std::vector<std::string>& command);

}  // namespace lathe::cli
