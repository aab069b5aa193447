// Checks what a user gives to fit, evaluate and predict against the model, and brings it into the
// form that a step reads.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "frontend/model/model_graph.h"
#include "frontend/model/step_builder.h"
#include "frontend/train/losses.h"
#include "lathe/array.h"

namespace lathe::detail {

/// Arrays as a step reads them: views of the user's where they fit, copies otherwise.
struct PreparedInputs {
  std::vector<ArrayView> views;  ///< rows, or a series of which windows are the examples
  std::vector<Array> copies;
  std::vector<int64_t> windows;  ///< the rows of a window; 0: there are none; empty: nowhere
  std::vector<int32_t> last;     ///< of each example its windows' last row; empty: no windows
  int64_t rows = 0;              ///< examples
  std::vector<DType> dtypes() const;
  /// Rows of the data that a step has: as many as the series, where there are windows.
  int64_t resident() const { return last.empty() ? rows : views[0].shape[0]; }
};

struct PreparedTargets {
  ArrayView view;  ///< i32[n] or f32[n, ...]
  std::optional<Array> copy;
  int64_t units = 1;       ///< of the output
  std::string name = "y";  ///< for errors
  bool classes() const { return view.dtype == DType::I32; }
};

/// The values as f32.
Array to_f32(const ArrayView& a);

/// Error unless there is an array for each input, of its shape, all with the same number of rows, and
/// with whole numbers within range where a layer picks by them (LayerBase::index_limit).
void check_inputs(const ModelGraph& graph, const Inputs& x);
/// Keeps u8 and f32, converts others to f32. With `form`, everything gets the types it says, where
/// that loses nothing.
PreparedInputs prepare_inputs(const Inputs& x, const std::vector<DType>* form = nullptr);

/// `x holds nan in row 3, column 1`: the first NaN or infinity; empty where there is none.
std::string not_finite(const PreparedInputs& x);
/// `y holds nan in row 3`, with the column where a row has several.
std::string not_finite(const PreparedTargets& y);

/// Error for another number of rows than `rows`, a shape that is not the output's, labels out of
/// range (with the position of the first), and targets that the loss can't take.
PreparedTargets prepare_targets(const ArrayView& y, int64_t rows, const Dims& output,
                                const LossRow& loss);

/// Weights of rows, f32[n]: `sample_weight` as it is, or of each row that of its class (1 of a class
/// that is not named). Nothing where neither is given. Error for both, for another number than
/// `rows`, for one that is not finite, and for a class that the output does not have.
std::optional<Array> prepare_weights(const std::optional<ArrayView>& sample_weight,
                                     const std::map<int64_t, double>& class_weight,
                                     const PreparedTargets& targets, int64_t rows);

}  // namespace lathe::detail
