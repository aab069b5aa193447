// Where the rows of an epoch come from: arrays, or files that are read meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "frontend/model/step_builder.h"

namespace lathe::detail {

/// How an epoch goes over the rows: the number of the epoch and these decide it alone.
struct RowOrder {
  bool shuffle = false;
  uint64_t seed = 0;
  /// The rows of so many steps are an epoch; the next one goes on behind them. Nothing: all.
  std::optional<int64_t> steps_per_epoch = std::nullopt;
};

class RowSource {
 public:
  /// What a step function is called with once: data, and which of their rows, in order.
  struct Piece {
    std::vector<const void*> data;   ///< inputs, targets and, where rows have them, weights
    const int32_t* index = nullptr;  ///< `rows` numbers below `resident`
    int64_t rows = 0;                ///< whole batches, but for the last piece of an epoch
    int64_t resident = 0;            ///< rows of the data
  };

  virtual ~RowSource() = default;
  virtual DataForm form() const = 0;
  /// From now on rows have weights: all 1, where there are none.
  virtual void need_weights() = 0;
  /// All rows; 0 where that is not known yet.
  virtual int64_t rows() const = 0;

  /// Begins the epoch of that number, counted from 0, in steps of `batch` rows.
  virtual void begin(int64_t epoch, int64_t batch) = 0;
  /// Rows of the epoch; 0 where that is not known yet. It is known when the last piece is
  /// there, unless empty shards are behind it, and then at the end.
  virtual int64_t epoch_rows() const = 0;
  /// What comes next; nothing at the end of the epoch. It stays as it is until the next call.
  virtual std::optional<Piece> next() = 0;

  /// `x holds nan in row 3, column 1`: the first NaN or infinity among the inputs and targets of
  /// the last piece; empty where there is none.
  virtual std::string not_finite() const = 0;
};

}  // namespace lathe::detail
