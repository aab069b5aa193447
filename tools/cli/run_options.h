// Options that say where compiled code runs: the same for every command that runs a model.
#pragma once

#include <string>

#include "lathe/model.h"
#include "tools/cli/args.h"

namespace lathe::cli {

struct RunArgs {
  int64_t threads = 0;  ///< 0: one a usable core
  bool pin = false;
  std::string backend = "auto", device = "cpu";
  bool no_cache = false;
  std::string cpu = "native";  ///< as LLVM names it; native: this one

  /// `default_threads`: what `threads` is without the option, in words.
  void declare(Args& args, const std::string& default_threads = "one a core");
  /// UsageError when the device, Error when the backend is not in this build.
  RunOptions options() const;
  /// The number of threads that 0 stands for, too.
  int64_t thread_count() const;
};

}  // namespace lathe::cli
