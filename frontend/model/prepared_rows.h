// Inputs, targets and weights of rows, checked and in the form that a step reads: the one place that
// knows which arrays these are, and their order.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "frontend/model/data_check.h"
#include "frontend/model/model_graph.h"
#include "frontend/model/step_builder.h"
#include "lathe/outputs.h"

namespace lathe::detail {

/// What is needed for the outputs of a model.
struct ModelTargets {
  /// Of an output that has a loss or metrics.
  struct Target {
    size_t output;        ///< place in `outputs`
    Dims shape;           ///< of the output
    const LossRow* loss;  ///< whose rules hold for the targets
  };
  std::vector<std::string> outputs;  ///< names of all outputs
  std::vector<Target> all;

  /// `output price: ` before a message about it; nothing where there is one output.
  std::string prefix(const Target& target) const;
};

/// What counts how much.
struct RowWeights {
  SampleWeights rows = {};
  std::map<int64_t, double> classes = {};
};

struct PreparedRows {
  PreparedInputs x;
  std::vector<PreparedTargets> y;  ///< one a target
  std::vector<Array> weights;      ///< the same, or none at all
  /// Of windows: y and weights in the rows of the series, where a step's index finds them.
  std::vector<Array> placed;

  DataForm form() const;
  /// From now on rows have weights: all 1, where there are none.
  void need_weights();
  /// Brings y and weights to the series' rows, where there are windows.
  void place();
  /// What a step reads, in the order of its parameters.
  std::vector<ArrayView> views() const;
  std::vector<const void*> pointers() const;
  /// `x holds nan in row 3, column 1`: the first NaN or infinity among inputs and targets, not
  /// weights; empty where there is none.
  std::string not_finite() const;
};

/// Arrays stay the user's where they fit, and must outlive the result then. `form`: the types that x
/// must have. Error for data that do not fit, naming the output where there are several.
PreparedRows prepare_rows(const ModelGraph& graph, const ModelTargets& targets, const Inputs& x,
                          const Targets& y, const RowWeights& weights,
                          const std::vector<DType>* form = nullptr);

}  // namespace lathe::detail
