// The task etf of `lathe train`.
#pragma once

#include "tools/cli/command.h"

namespace lathe::cli {

Run declare_etf(Args& args);

}  // namespace lathe::cli
