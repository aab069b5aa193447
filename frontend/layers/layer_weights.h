// The weights of a layer, which all models that are made of it have together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lathe/array.h"

namespace lathe::detail {

struct WeightSpec;

/// Knows who has the newest values. Each model works with a copy of its own, in the form that its
/// code reads: it says here when it changed them, and before it works takes what others changed. So
/// a step costs nothing more, and the only user of a layer never copies. For one thread at a time.
class LayerWeights {
 public:
  /// A model that is made of the layer.
  class Holder {
   public:
    /// Of the layer that these are the weights of, in its order.
    virtual std::vector<Array> values_of(const LayerWeights& layer) const = 0;

   protected:
    ~Holder() = default;
  };

  /// Counts the changes; 0: nobody has made values yet.
  uint64_t version() const { return version_; }
  /// The newest; of version 0 there are none.
  std::vector<Array> values() const { return holder_ ? holder_->values_of(*this) : values_; }
  /// The same, for a model that will keep them.
  std::vector<Array> take(const Holder& by);
  /// The newest are those of that model now. Returns the version.
  uint64_t changed(const Holder& by) noexcept;
  /// The newest are these, which no model has. Error where models have them of other shapes.
  void give(std::vector<Array> values);
  /// That model is about to go: what it alone knows stays here.
  void leave(const Holder& from);

  /// Error where there are weights of other shapes, in a model or by `give`.
  void check_shapes(std::span<const WeightSpec> specs) const;
  /// A model has them: from now on they have these shapes.
  void fix_shapes(std::span<const WeightSpec> specs);

 private:
  const Holder* holder_ = nullptr;
  std::vector<Array> values_;  ///< where no model has the newest
  std::vector<std::vector<int64_t>> shapes_;
  uint64_t version_ = 0;
};

}  // namespace lathe::detail
