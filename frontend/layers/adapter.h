// What a layer adds that learns its weights from data before training: Normalization's adapt.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "lathe/array.h"
#include "lathe/shards.h"

namespace lathe::detail {

class Adapter {
 public:
  virtual ~Adapter() = default;
  /// Calls its argument with some rows, [n, ...]. False where there are no more.
  using NextRows = std::function<bool(const std::function<void(const ArrayView& x)>& take)>;
  /// Values of all the layer's weights, in their order, from rows of its input. Error for rows that
  /// it can't take, and where there are none.
  virtual std::vector<Array> learn(const NextRows& next) const = 0;
  /// Whether these weights came from data, and not from initialisers.
  virtual bool has_learned(std::span<const Array> weights) const = 0;
};

/// All rows at once.
Adapter::NextRows one_piece(const ArrayView& x);
/// The x of each shard; Errors name it. Error where it has several.
Adapter::NextRows pieces_of(const Shards& data);

}  // namespace lathe::detail
