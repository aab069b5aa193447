// Modules that break a rule which no text can break, because the parser would refuse it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace lathe::ir {

struct BrokenModule {
  int rule;
  std::string error;                    ///< part of what verify() says
  std::function<void(Module&)> damage;  ///< done to sound_module()
};

/// A module with two states, a function @f without kernels and a function @g with two.
Module sound_module();
const std::vector<BrokenModule>& broken_modules();

}  // namespace lathe::ir
