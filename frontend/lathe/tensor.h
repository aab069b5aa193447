// Tensors of the functional form: what flows from layer to layer in a model that is being built.
//
//   Tensor x = Input({784});
//   Tensor a = Dense(64, "relu")(x), b = Dense(64, "tanh")(x);
//   Model model({x}, {Dense(10, "softmax")(concatenate({a, b}))});
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lathe {

class Layer;
namespace detail {
struct Node;
}

/// A place in a graph of layers. Cheap to copy; holds no numbers.
class Tensor {
 public:
  explicit Tensor(std::shared_ptr<const detail::Node> node) : node_(std::move(node)) {}
  /// Without the batch: {784} for rows of 784 numbers.
  const std::vector<int64_t>& shape() const;
  /// An input as the first layer of a Sequential. Error for any other tensor.
  operator Layer() const;  // NOLINT
  const std::shared_ptr<const detail::Node>& node() const { return node_; }

 private:
  std::shared_ptr<const detail::Node> node_;
};

/// What a model is given: rows of this shape. Error unless every dimension is positive.
class Input : public Tensor {
 public:
  explicit Input(std::vector<int64_t> shape, std::string name = "");
};

/// Element by element, as the layers. Error for fewer than two or for shapes that do not fit.
Tensor add(const std::vector<Tensor>& parts);
/// Along `axis`, which counts from the batch (axis 0, not allowed); -1 is the last one. Error
/// unless all other dimensions are equal.
Tensor concatenate(const std::vector<Tensor>& parts, int64_t axis = -1);

}  // namespace lathe
