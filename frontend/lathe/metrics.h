// Numbers about predictions that training does not follow. Names, formulas and defaults are Keras 3's
// (https://keras.io/api/metrics); `catalog("metrics")`, or `lathe list metrics`, has them all. Not
// Keras's: confusion_matrix, and f1, which is f1_score with average=macro.
//
//   .metrics = {"accuracy", "auc(curve=PR)", "precision(thresholds=[0.2, 0.5, 0.8])", "f1_score"}
//
// Every loss is one too: the mean over all rows. In logs a metric has its row's name, whatever it was
// called by (`mse` of MeanSquaredError, `f1` of f1_score), or its option `name`. One that has several
// numbers has an entry for each, by threshold, precision_0.2, or by unit of the output, f1_0; these
// are the names that a callback monitors. A confusion matrix is a table of the logs (history.h).
#pragma once

#include <optional>
#include <string_view>

#include "lathe/array.h"

namespace lathe {

/// A metric of predictions y_pred, [n, ...], for targets y_true (as in Model::fit), without a model:
/// f32[], f32[k] of several numbers, f32[k, k] of a table. Rows count by their weights where those are
/// given. Computed in double precision by the interpreter, so not fast. Error for an unknown metric or
/// option, for shapes and labels that don't fit, and for weights that are not one a row.
Array compute_metric(std::string_view metric, const ArrayView& y_true, const ArrayView& y_pred,
                     const std::optional<ArrayView>& sample_weight = std::nullopt);

}  // namespace lathe
