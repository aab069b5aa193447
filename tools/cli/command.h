// What a command of `lathe` is, and the list of them.
#pragma once

#include <functional>
#include <span>

#include "tools/cli/args.h"

namespace lathe::cli {

/// Exit codes.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,        ///< bad input, failed or diverged work
  kBadUsage = 2,      ///< the command line makes no sense
  kInterrupted = 130  ///< ended by Ctrl-C, what was done until then is saved
};

/// Does the work and returns the exit code; throws Error.
using Run = std::function<int()>;

struct Command {
  const char* name;
  /// Says what the command takes. What it returns is called once the arguments have been read.
  Run (*declare)(Args& args);
  const char* summary;
};

#define LATHE_COMMAND(name, function, summary) Run function(Args& args);
#include "tools/cli/commands.def"
#undef LATHE_COMMAND

}  // namespace lathe::cli
