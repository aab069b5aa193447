#include <fmt/args.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "ir/error.h"
#include "lathe/callbacks.h"
#include "lathe/model.h"

namespace lathe {

namespace {

/// `{name:format}` in the pattern become the epoch's values.
std::string path_of(const std::string& pattern, int64_t epoch, const Logs& logs) {
  fmt::dynamic_format_arg_store<fmt::format_context> values;
  values.push_back(fmt::arg("epoch", epoch));
  std::string names = "epoch";
  for (const auto& [name, value] : logs) {
    values.push_back(fmt::arg(name.c_str(), value));
    names += ", " + name;
  }
  try {
    return fmt::vformat(pattern, values);
  } catch (const fmt::format_error& e) {
    throw Error("ModelCheckpoint: the path " + pattern + " can't be filled in: " + e.what() +
                "; there are " + names);
  }
}

}  // namespace

ModelCheckpoint::ModelCheckpoint(std::string filepath, ModelCheckpointOptions options)
    : filepath_(std::move(filepath)),
      options_(std::move(options)),
      monitor_("ModelCheckpoint", options_.monitor, options_.mode, 0),
      best_(options_.initial_value_threshold) {
  if (filepath_.empty()) throw Error("ModelCheckpoint: the path is empty");
}

void ModelCheckpoint::on_train_begin(FitContext& fit) {
  if (options_.save_best_only) monitor_.begin(fit);
}

void ModelCheckpoint::on_epoch_end(FitContext& fit, EpochResult& result) {
  if (options_.save_best_only) {
    const std::optional<double> current = monitor_.value(fit, result.logs);
    if (!current || !monitor_.improves(*current, best_)) return;
    best_ = current;
  }
  const std::filesystem::path path = path_of(filepath_, fit.epoch, result.logs);
  std::error_code unable;  // then the file can't be written either, and that says why
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), unable);
  fit.model.save(path);
}

}  // namespace lathe
