// Rows of shards, of which the next is read while one trains.
#pragma once

#include <future>
#include <optional>
#include <string>
#include <vector>

#include "frontend/model/prepared_rows.h"
#include "frontend/model/row_source.h"
#include "lathe/shards.h"

namespace lathe::detail {

Inputs inputs_of(const Shard& shard);

class ShardRows final : public RowSource {
 public:
  /// What shards are made ready for: a model, and what its training needs.
  struct Use {
    const ModelGraph& graph;
    ModelTargets targets;
    RowOrder order = {};
    std::map<int64_t, double> class_weight = {};
    std::optional<std::vector<DType>> form = std::nullopt;  ///< the types that x must have
  };
  /// The shard that an epoch begins with, which is read before the model may be built.
  static size_t first_of_epoch(const Shards& shards, const RowOrder& order, int64_t epoch);

  /// `first`: shard number `place`. Error, naming the shard, for data that do not fit, and for
  /// several targets.
  ShardRows(const Shards& shards, const Use& use, size_t place, Shard first);

  DataForm form() const override;
  void need_weights() override { weighs_ = true; }
  int64_t rows() const override;
  void begin(int64_t epoch, int64_t batch) override;
  int64_t epoch_rows() const override { return rows(); }
  std::optional<Piece> next() override;
  std::string not_finite() const override;

 private:
  /// A shard as steps read it.
  struct Ready {
    size_t place = 0;
    Shard shard;
    PreparedRows data;
    std::string row;  ///< what one looks like
  };
  /// Rows that were left over, less than a batch until they are given.
  struct Rest {
    std::vector<std::vector<std::byte>> data;  ///< an array each, as in a Piece
    std::vector<int32_t> index;                ///< 0, 1, …: a number a row
  };

  Ready make_ready(size_t place, Shard shard) const;
  /// Reads shard order_[next_] ahead.
  void look_ahead();
  /// Lets the current shard go and takes the next that has rows. False at the end of the epoch.
  bool take_next();
  /// Moves rows from the current shard to the rest.
  void keep(int64_t rows);
  Piece piece_of_rest();

  const Shards& shards_;
  const Use use_;
  std::string first_row_, first_name_;  ///< what all others must look like
  DataForm form_;
  bool weighs_ = false;
  std::vector<std::optional<int64_t>> sizes_;  ///< rows of the shards that were read

  int64_t epoch_ = 0, batch_ = 0;
  std::vector<int32_t> order_;  ///< of the shards, in this epoch
  size_t next_ = 0;             ///< in order_
  std::optional<Ready> first_;  ///< what the constructor was given, until an epoch begins with it
  std::optional<Ready> current_;
  std::vector<int32_t> row_order_;
  int64_t at_ = 0;  ///< rows of the current shard that are done
  Rest rest_;
  bool gave_rest_ = false, gave_any_ = false;
  // Last: the thread behind it ends before what it uses does.
  std::future<Ready> ahead_;
};

}  // namespace lathe::detail
