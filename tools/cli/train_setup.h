// From the options of `lathe train` to a compiled model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lathe/model.h"
#include "tools/cli/args.h"
#include "tools/cli/model_options.h"
#include "tools/cli/run_options.h"

namespace lathe::cli {

/// The defaults are the introductory lecture's model.
struct TrainOptions : OptimizerChoice {
  std::string task;
  std::string hidden = "500,500", activation = "sigmoid";
  std::string loss = "mse", metrics = "accuracy";
  std::string scale = "unit";
  std::optional<std::string> model_file, resume, data;
  std::string out = "run";
  std::string model_text;  ///< what --model's file holds
  std::string lr_origin;   ///< where the learning rate comes from, for people
  double dropout = 0;
  bool plot = false, json = false;
  int64_t batch = 100, epochs = 20, seed = 0;
  int64_t train_rows = 0;  ///< 0: all
  RunArgs run;

  void declare(Args& args);
};

/// UsageError for options that contradict each other, name something unknown or have options of their
/// own that don't fit; Error for a bad --model file, which is read here.
void check_train_options(TrainOptions& options, const Args& args);

/// The model of --resume. What it says of batch, epochs, seed and scale goes into `options` where it
/// was not given anew.
Model resumed_model(TrainOptions& options, const Args& args);

/// `saved`, or a new model for rows of `pixels` numbers, by the options or by --model. Sets
/// `lr_origin`, and the notes that a saved model keeps.
Model make_train_model(TrainOptions& options, const Args& args, std::optional<Model> saved,
                       int64_t pixels, const std::vector<std::string>& classes);

}  // namespace lathe::cli
