#include "frontend/callbacks/callback_table.h"

#include "lathe/callbacks.h"

namespace lathe::detail {

namespace {

/// Its type is told by the default.
template <class T>
OptionSpec option(const char* name, const T& value) {
  if constexpr (std::is_same_v<T, std::optional<double>>)
    return {name, "real", value ? ir::Attr(*value) : ir::Attr(std::string("none"))};
  else if constexpr (std::is_same_v<T, std::optional<int64_t>>)
    return {name, "int", value ? ir::Attr(*value) : ir::Attr(std::string("epoch"))};
  else if constexpr (std::is_same_v<T, int>)
    return {name, "int", ir::Attr(int64_t{value})};
  else
    return {name, "", ir::Attr(value)};
}

OptionSpec required(const char* name) {
  return {name, "", std::nullopt};
}

}  // namespace

std::span<const CallbackRow> callback_table() {
  const EarlyStoppingOptions early;
  const ModelCheckpointOptions checkpoint;
  const BackupAndRestoreOptions backup;
  const ReduceLROnPlateauOptions reduce;
  const CSVLoggerOptions csv;
  const TerminateOnNaNOptions nan;
  const SwapEMAWeightsOptions swap;
  const ProgressBarOptions bar;
  static const std::vector<CallbackRow> table = {
      {"EarlyStopping",
       "ends the training when nothing improves any more",
       {option("monitor", early.monitor), option("min_delta", early.min_delta),
        option("patience", early.patience), option("mode", early.mode),
        option("baseline", early.baseline),
        option("restore_best_weights", early.restore_best_weights),
        option("start_from_epoch", early.start_from_epoch)}},
      {"ModelCheckpoint",
       "saves the model, or its weights, after every epoch, or every best one; after every "
       "save_freq steps",
       {required("filepath"), option("monitor", checkpoint.monitor),
        option("save_best_only", checkpoint.save_best_only),
        option("save_weights_only", checkpoint.save_weights_only), option("mode", checkpoint.mode),
        option("initial_value_threshold", checkpoint.initial_value_threshold),
        option("save_freq", checkpoint.save_freq)}},
      {"BackupAndRestore",
       "goes on after a crash where the last epoch, or step, saved ended",
       {required("backup_dir"), option("every_epochs", backup.every_epochs),
        option("save_freq", backup.save_freq),
        option("delete_checkpoint", backup.delete_checkpoint)}},
      {"LearningRateScheduler",
       "before every epoch, sets the learning rate to schedule(epoch from 0, rate)",
       {required("schedule")}},
      {"ReduceLROnPlateau",
       "multiplies the learning rate by a factor when nothing improves",
       {option("monitor", reduce.monitor), option("factor", reduce.factor),
        option("patience", reduce.patience), option("mode", reduce.mode),
        option("min_delta", reduce.min_delta), option("cooldown", reduce.cooldown),
        option("min_lr", reduce.min_lr)}},
      {"CSVLogger",
       "writes a row an epoch",
       {required("filename"), option("separator", csv.separator), option("append", csv.append)}},
      {"TerminateOnNaN",
       "ends the training when a loss is not finite",
       {option("raise_error", nan.raise_error)}},
      {"SwapEMAWeights",
       "validates with the averages of weights that use_ema keeps",
       {option("swap_on_epoch", swap.swap_on_epoch)}},
      {"LambdaCallback",
       "calls functions: on_train_begin, on_train_end, on_epoch_begin, on_epoch_end, on_batch_end",
       {}},
      {"ProgressBar",
       "draws a bar, and writes a line an epoch",
       {required("stream"), option("width", bar.width), option("live", bar.live)}},
  };
  return table;
}

}  // namespace lathe::detail
