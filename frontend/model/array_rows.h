// Rows that lie in arrays of the user's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "frontend/model/data_check.h"
#include "frontend/model/row_source.h"

namespace lathe::detail {

/// What counts how much.
struct RowWeights {
  std::optional<ArrayView> rows = std::nullopt;
  std::map<int64_t, double> classes = {};
};

class ArrayRows final : public RowSource {
 public:
  /// Of a model with that graph, output and loss. `form`: the types that x must have. Error for data
  /// that do not fit, and for no rows.
  ArrayRows(const ModelGraph& graph, const Dims& output, const LossRow& loss, const Inputs& x,
            const ArrayView& y, const RowWeights& weights,
            const std::vector<DType>* form = nullptr);

  /// Of all epochs from now on. Error for steps_per_epoch that are not 1 to all steps of `batch`.
  void set_order(const RowOrder& order, int64_t batch);

  DataForm form() const override;
  void need_weights() override;
  int64_t rows() const override { return x_.rows; }
  void begin(int64_t epoch, int64_t batch) override;
  int64_t epoch_rows() const override { return part_rows_; }
  std::optional<Piece> next() override;
  std::string not_finite() const override;

 private:
  PreparedInputs x_;
  PreparedTargets y_;
  std::optional<Array> weights_;
  RowOrder how_;
  std::vector<int32_t> order_;
  int64_t part_first_ = 0, part_rows_ = 0;  ///< of the epoch, in the order of a pass over all rows
  bool given_ = false;                      ///< the epoch's only piece
};

}  // namespace lathe::detail
