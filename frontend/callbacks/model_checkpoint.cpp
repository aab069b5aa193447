#include <fmt/args.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "frontend/format/file_name.h"
#include "ir/error.h"
#include "lathe/callbacks.h"
#include "lathe/model.h"

namespace lathe {

namespace {

/// `{name:format}` in the pattern become the values of the epoch or, with `batch`, of its part.
std::string path_of(const std::string& pattern, int64_t epoch, std::optional<int64_t> batch,
                    const Logs& logs) {
  fmt::dynamic_format_arg_store<fmt::format_context> values;
  values.push_back(fmt::arg("epoch", epoch));
  std::string names = "epoch";
  if (batch) {
    values.push_back(fmt::arg("batch", *batch));
    names += ", batch";
  }
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
  try {
    if (options_.save_weights_only)
      detail::is_keras3_weights(filepath_);
    else
      detail::check_model_name(filepath_);
  } catch (const Error& e) {
    throw Error(std::string("ModelCheckpoint: ") + e.what());
  }
  if (!options_.save_freq) return;
  if (*options_.save_freq < 1)
    throw Error("ModelCheckpoint: save_freq must be 1 or more, not " +
                std::to_string(*options_.save_freq));
  if (options_.save_best_only && options_.monitor.starts_with("val_"))
    throw Error("ModelCheckpoint: " + options_.monitor +
                " is not known within an epoch, where save_freq saves: give monitor another value");
}

void ModelCheckpoint::on_train_begin(FitContext& fit) {
  steps_ = 0;
  if (options_.save_best_only) monitor_.begin(fit);
}

void ModelCheckpoint::on_batch_end(FitContext& fit, const BatchResult& result) {
  if (!options_.save_freq || ++steps_ < *options_.save_freq) return;
  steps_ = 0;
  save(fit, result.epoch_logs, result.step);
}

void ModelCheckpoint::on_epoch_end(FitContext& fit, EpochResult& result) {
  if (!options_.save_freq) save(fit, result.logs, std::nullopt);
}

void ModelCheckpoint::save(FitContext& fit, const Logs& logs, std::optional<int64_t> batch) {
  if (options_.save_best_only) {
    const std::optional<double> current = monitor_.value(fit, logs);
    if (!current || !monitor_.improves(*current, best_)) return;
    best_ = current;
  }
  const std::filesystem::path path = path_of(filepath_, fit.epoch, batch, logs);
  std::error_code unable;  // then the file can't be written either, and that says why
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), unable);
  if (options_.save_weights_only)
    fit.model.save_weights(path);
  else
    fit.model.save(path);
}

}  // namespace lathe
