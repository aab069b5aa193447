// Rows that lie in arrays of the user's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frontend/model/prepared_rows.h"
#include "frontend/model/row_source.h"

namespace lathe::detail {

class ArrayRows final : public RowSource {
 public:
  /// Of a model with that graph and those targets. `form`: the types that x must have. Error for
  /// data that do not fit, and for no rows.
  ArrayRows(const ModelGraph& graph, const ModelTargets& targets, const Inputs& x, const Targets& y,
            const RowWeights& weights, const std::vector<DType>* form = nullptr);

  /// Of all epochs from now on. Error for steps_per_epoch that are not 1 to all steps of `batch`.
  void set_order(const RowOrder& order, int64_t batch);

  DataForm form() const override { return data_.form(); }
  void need_weights() override { data_.need_weights(); }
  int64_t rows() const override { return data_.x.rows; }
  void begin(int64_t epoch, int64_t batch) override;
  int64_t epoch_rows() const override { return part_rows_; }
  std::optional<Piece> next() override;
  std::string not_finite() const override { return data_.not_finite(); }

 private:
  PreparedRows data_;
  RowOrder how_;
  std::vector<int32_t> order_;
  int64_t part_first_ = 0, part_rows_ = 0;  ///< of the epoch, in the order of a pass over all rows
  bool given_ = false;                      ///< the epoch's only piece
};

}  // namespace lathe::detail
