// Layers. A layer is a handle: copies are the same layer, and calling it twice shares its weights.
//
// Shapes are given without the batch. `name` tells layers of a model apart (`dense`, `dense_1`, …
// where it is empty) and begins the names of their weights (`dense_kernel`, `dense_bias`).
// Activations by name, as in Keras 3, with options in brackets: `relu`, `leaky_relu(0.3)`,
// `relu(max_value=6, threshold=1)`; `lathe list activations` shows all. glu halves the last axis.
// A wrong option is an Error when the layer is made; a wrong input shape when it is called, or the
// model built.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "lathe/initializers.h"
#include "lathe/tensor.h"

namespace lathe {

namespace detail {
class LayerBase;
}

class Layer {
 public:
  explicit Layer(std::shared_ptr<const detail::LayerBase> base) : base_(std::move(base)) {}
  /// Applies the layer. Error when the layer can't take these shapes.
  Tensor operator()(const Tensor& x) const;
  Tensor operator()(const std::vector<Tensor>& xs) const;
  /// `Dense`, `Flatten`, …
  std::string type() const;
  const std::shared_ptr<const detail::LayerBase>& base() const { return base_; }

 private:
  std::shared_ptr<const detail::LayerBase> base_;
};

struct DenseOptions {
  std::string activation = "linear";
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  std::string name = "";
};

/// activation(x · kernel + bias): [n] to [units]. kernel is f32[n, units], bias f32[units].
class Dense : public Layer {
 public:
  explicit Dense(int64_t units, const DenseOptions& options = {});
  /// `Dense(500, "sigmoid")`. A template so that `Dense(500, {.activation = …})` is the other one.
  template <class Name>
    requires std::is_convertible_v<Name, std::string>
  Dense(int64_t units, const Name& activation)
      : Dense(units, DenseOptions{.activation = activation}) {}
};

/// An activation by itself: any shape.
class Activation : public Layer {
 public:
  explicit Activation(std::string activation, std::string name = "");
};

/// [a, b, …] to [a·b·…].
class Flatten : public Layer {
 public:
  explicit Flatten(std::string name = "");
};

/// Rows of any shape to rows of `target_shape` with as many elements. One size may be -1: what the
/// others leave.
class Reshape : public Layer {
 public:
  explicit Reshape(std::vector<int64_t> target_shape, std::string name = "");
};

/// x · scale + offset: any shape. `Rescaling(1.0 / 255)` takes pixels to 0 … 1.
class Rescaling : public Layer {
 public:
  explicit Rescaling(double scale, double offset = 0, std::string name = "");
};

/// The sum of two or more tensors of one shape.
class Add : public Layer {
 public:
  explicit Add(std::string name = "");
};

/// Two or more tensors, one behind the other along `axis` (as in concatenate()).
class Concatenate : public Layer {
 public:
  explicit Concatenate(int64_t axis = -1, std::string name = "");
};

/// What a Sequential begins with when its input shape is to be known before data come.
class InputLayer : public Layer {
 public:
  explicit InputLayer(std::vector<int64_t> shape, std::string name = "");
};

}  // namespace lathe
