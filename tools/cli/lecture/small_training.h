// Training of the lecture's small models: it takes a moment, so it is saved when it ends.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lathe/model.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/net_options.h"
#include "tools/cli/run_files.h"
#include "tools/cli/terminal.h"
#include "tools/plot/chart.h"

namespace lathe::cli {

struct SmallData {
  Array x, y;  ///< f32[n, columns] and f32[n, 1]
  std::optional<ValidationData> test = std::nullopt;
};

/// Of all epochs of a model together.
double seconds_of(const Model& model);

/// Fits for `epochs` epochs, with a status line of `what`. False when `stop` ended it, after the
/// epochs that were done.
bool fit_small(Model& model, const SmallData& data, const LectureOptions& options,
               const std::string& what, const InterruptFlag& stop, Terminal& terminal,
               std::vector<CallbackHandle> callbacks = {});

/// Why more epochs would not help, for people; empty where they may.
std::string standstill(Model& model);

/// One model from its first step to its files. While it lives, Ctrl-C is heeded.
class SmallTraining {
 public:
  /// Error when the files can't be written. `picture`: the one beside curves.
  SmallTraining(const LectureOptions& options, bool out_given, std::optional<RunPicture> picture,
                Terminal& terminal);

  /// Shows the model, trains, and saves it and its history; tells what training can't move. False
  /// when Ctrl-C ended it in the first epoch: there is nothing then, and it has said so. Error when
  /// the loss is no longer finite: the epochs before are saved, and their curves drawn.
  bool train(Model& model, const SmallData& data, std::vector<CallbackHandle> callbacks = {});
  /// Draws the learning curves, and `figure` as the picture; tells where all files are.
  void draw(Model& model, const std::optional<plot::Figure>& figure);
  /// Prints what --json says: of all tasks alike (task_json.h), then `more`; `data` is what the model
  /// learned from. Returns the exit code.
  int finish(Model& model, const std::string& data, const nlohmann::ordered_json& more) const;

 private:
  nlohmann::ordered_json json(Model& model, const std::string& data) const;

  const LectureOptions& options_;
  std::optional<RunPicture> picture_;
  Terminal& terminal_;
  RunFiles files_;
  InterruptFlag interrupt_;
  std::vector<std::string> drawn_;
  bool interrupted_ = false, saved_ = false;
  int64_t rows_ = 0;
  double seconds_ = 0;
  Logs figures_;  ///< of all rows, at the weights as they are saved
};

}  // namespace lathe::cli
