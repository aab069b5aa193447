// The ready-made callbacks, for lists. The defaults are those of their option structs.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "frontend/base/options.h"

namespace lathe::detail {

struct CallbackRow {
  std::string_view name;
  std::string_view formula;  ///< what it does
  std::vector<OptionSpec> options;
};

std::span<const CallbackRow> callback_table();

}  // namespace lathe::detail
