// Embedding: a row of a table for each whole number.
#include "frontend/layers/layer_base.h"
#include "frontend/train/constraints.h"
#include "frontend/train/initializers.h"
#include "frontend/train/regularizers.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

class EmbeddingLayer final : public LayerBase {
 public:
  EmbeddingLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o), rows_(o.integer("input_dim", 0)), units_(o.integer("output_dim", 0)) {
    for (const char* name : {"input_dim", "output_dim"})
      if (o.integer(name, 0) < 1)
        throw OptionError(name, std::string(name) + " must be 1 or more, not " +
                                    std::to_string(o.integer(name, 0)));
    // Beyond it f32, in which rows come, no longer holds every whole number.
    if (rows_ > kMostRows) throw OptionError("input_dim", "input_dim must be 2^24 or less");
    check_option("embeddings_initializer",
                 [&] { check_initializer(o.word("embeddings_initializer")); });
    check_option("embeddings_regularizer",
                 [&] { check_regularizer(o.word("embeddings_regularizer")); });
    check_option("embeddings_constraint",
                 [&] { constraint_attrs(o.word("embeddings_constraint"), 2); });
  }
  Dims output_shape(const std::vector<Dims>& inputs) const override {
    Dims shape = one_input(inputs);
    shape.push_back(units_);
    return shape;
  }
  std::vector<WeightSpec> weights(const std::vector<Dims>&) const override {
    return {{.name = "embeddings",
             .shape = {rows_, units_},
             .initializer = options().word("embeddings_initializer"),
             .regularizer = options().word("embeddings_regularizer"),
             .constraint = options().word("embeddings_constraint")}};
  }
  int64_t index_limit() const override { return rows_; }
  ir::ValueId call(LayerContext& c, std::span<const ir::ValueId> x) const override {
    return c.b.gather(c.weight(0), c.b.convert(x[0], DType::I32));
  }
  std::string detail() const override { return std::to_string(rows_) + " rows"; }

 private:
  static constexpr int64_t kMostRows = int64_t{1} << 24;
  int64_t rows_, units_;
};

}  // namespace

LATHE_MAKE_LAYER(Embedding)

}  // namespace lathe::detail
