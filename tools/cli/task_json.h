// The keys that --json of all of the lecture's tasks has: those of `lathe train mnist`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/cli/run_options.h"

namespace lathe::cli {

/// All keys in their order; null, until the task says what it knows, but for task, threads, device
/// and data: the file, or what the data are made by.
nlohmann::ordered_json task_json(const std::string& task, const RunArgs& run,
                                 const std::string& data);

}  // namespace lathe::cli
