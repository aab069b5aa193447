#include "tools/cli/task_json.h"

#include <nlohmann/json.hpp>

namespace lathe::cli {

nlohmann::ordered_json task_json(const std::string& task, const RunArgs& run,
                                 const std::string& data) {
  nlohmann::ordered_json out;
  for (const char* key :
       {"task", "epochs", "seed", "threads", "device", "train_loss", "train_accuracy", "test_loss",
        "test_accuracy", "seconds", "examples_per_second", "weights_sha256", "model", "data",
        "parameters", "history"}) {
    out[key] = nullptr;
  }
  out["task"] = task;
  out["threads"] = run.thread_count();
  out["device"] = run.device;
  out["data"] = data;
  return out;
}

}  // namespace lathe::cli
