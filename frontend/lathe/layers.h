// Layers. A layer is a handle: copies are the same layer, and calling it twice shares its weights.
//
// So do all models that are made of it, as in Keras: what one of them learns or is given, the others
// have when they are used next. That is everything in get_weights, the moving mean and variance of a
// BatchNormalization too; slots of the optimiser are each model's own. The first model that needs
// weights draws them, by its seed, and they last as long as a model, a handle of the layer or a Tensor
// behind it. Models with a layer in common are, like one model, not for several threads at once.
//
//   Tensor in = Input({784}), code = Dense(32, "relu")(in);
//   Model autoencoder({in}, {Dense(784, "sigmoid")(code)}), encoder({in}, {code});
//   autoencoder.fit(x, x);
//   Array codes = encoder.predict(x);  // with what the autoencoder has learned
//
// Shapes are given without the batch. `name` tells layers of a model apart (`dense`, `dense_1`, …
// where it is empty) and begins the names of their weights (`dense_kernel`, `dense_bias`).
// Activations by name, as in Keras 3, with options in brackets: `relu`, `leaky_relu(0.3)`,
// `relu(max_value=6, threshold=1)`; `lathe list activations` shows all. glu halves the last axis.
// A wrong option is an Error when the layer is made; a wrong input shape when it is called, or the
// model built: also one that needs weights of other shapes than the layer has in other models.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lathe/array.h"
#include "lathe/expr.h"
#include "lathe/initializers.h"
#include "lathe/shards.h"
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
  /// By name, as `l2(0.01)`, `l1_l2(l1=0.01, l2=0.01)` (catalog("regularizers")); empty: none. That of
  /// the activity is over the layer's results, divided by the number of rows, as in Keras 3.
  std::string kernel_regularizer = "", bias_regularizer = "", activity_regularizer = "";
  /// By name, as `non_neg`, `max_norm(max_value=3)` (catalog("constraints")); empty: none.
  std::string kernel_constraint = "", bias_constraint = "";
  bool trainable = true;  ///< false: the optimizer leaves kernel and bias as they are
  std::string name = "";
};

/// activation(x · kernel + bias): [n] to [units]. kernel is f32[n, units], bias f32[units]. Of more
/// axes it works along the last one, [a, …, n] to [a, …, units], with the same kernel at every place.
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

/// x as it is: any shape.
class Identity : public Layer {
 public:
  explicit Identity(std::string name = "");
};

/// An expression of one's own (expr.h), element by element: `Lambda([](Expr x) { return x * x; })`.
/// Of several arguments, up to 8, it takes as many inputs, of one shape, in that order. Unlike Keras's
/// it is no code but a formula, which is saved with the model; Keras's JSON does not have it. Error for
/// an argument that the expression does not use, a truth value and one that is too large.
class Lambda : public Layer {
 public:
  template <class F>
    requires(detail::expr_arguments<F>() > 0)
  explicit Lambda(F fn, std::string name = "")
      : Lambda(detail::call_with_arguments<detail::expr_arguments<F>()>(fn),
               detail::expr_arguments<F>(), std::move(name)) {}
  /// The text form: `Lambda("(mul a0 a0)")`.
  explicit Lambda(std::string fn, std::string name = "");

 private:
  Lambda(const Expr& fn, int arguments, std::string name);
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

/// Axis i of the result is axis dims[i] of x, both counted from 1: Permute({2, 1}) turns [m, n] into
/// [n, m].
class Permute : public Layer {
 public:
  explicit Permute(std::vector<int64_t> dims, std::string name = "");
};

struct EmbeddingOptions {
  Initializer embeddings_initializer = "uniform";  ///< random_uniform: -0.05 to 0.05
  std::string embeddings_regularizer = "", embeddings_constraint = "";  ///< as of Dense
  bool trainable = true;
  std::string name = "";
};

/// A row of the weight embeddings f32[input_dim, output_dim] for each whole number from 0 to below
/// input_dim: [...] to [..., output_dim]. Where it stands behind an Input, fit, evaluate and predict
/// throw an Error for other numbers; elsewhere they give zeros. input_dim: 2^24 or less.
class Embedding : public Layer {
 public:
  Embedding(int64_t input_dim, int64_t output_dim, const EmbeddingOptions& options = {});
};

/// [units] to [n, units]: the row, n times.
class RepeatVector : public Layer {
 public:
  explicit RepeatVector(int64_t n, std::string name = "");
};

// Merges: two or more tensors (Subtract: two), element by element, of one shape or broadcast to one
// as in Keras: along an axis where some have the size 1, or that some do not have in front.

/// Their sum.
class Add : public Layer {
 public:
  explicit Add(std::string name = "");
};

/// The first minus the second.
class Subtract : public Layer {
 public:
  explicit Subtract(std::string name = "");
};

/// Their product.
class Multiply : public Layer {
 public:
  explicit Multiply(std::string name = "");
};

/// Their mean.
class Average : public Layer {
 public:
  explicit Average(std::string name = "");
};

/// The largest of them.
class Maximum : public Layer {
 public:
  explicit Maximum(std::string name = "");
};

/// The smallest of them.
class Minimum : public Layer {
 public:
  explicit Minimum(std::string name = "");
};

/// Two tensors [n] to [1]: the sum of their products; `normalize`: of each over its length, which is
/// the cosine between them. Of other ranks: along axis axes[0] of the one and axes[1] of the other,
/// or the same one of both, counted from 1 or from the end; what remains of the first shape, then of
/// the second: [m, n] and [k, n] to [m, k] along axis 2.
class Dot : public Layer {
 public:
  explicit Dot(bool normalize = false, std::string name = "");
  explicit Dot(std::vector<int64_t> axes, bool normalize = false, std::string name = "");
};

/// Two or more tensors, one behind the other along `axis` (as in concatenate()).
class Concatenate : public Layer {
 public:
  explicit Concatenate(int64_t axis = -1, std::string name = "");
};

// Activations that Keras has layers for. `Activation("leaky_relu(0.1)")` and its like do the same.

struct ReLUOptions {
  double max_value = std::numeric_limits<double>::infinity();
  double negative_slope = 0;
  double threshold = 0;
  std::string name = "";
};

/// x for x >= threshold, at most max_value; below it negative_slope · (x - threshold).
class ReLU : public Layer {
 public:
  explicit ReLU(const ReLUOptions& options = {});
};

/// x for x > 0, otherwise negative_slope · x. As in Keras the layer's slope is 0.3 by default, that
/// of the activation `leaky_relu` 0.2.
class LeakyReLU : public Layer {
 public:
  explicit LeakyReLU(double negative_slope = 0.3, std::string name = "");
};

/// x for x > 0, otherwise alpha · x, where alpha is learned: one a position of a row, f32[row shape],
/// 1 in the size of `shared_axes` (counted from 1).
class PReLU : public Layer {
 public:
  explicit PReLU(Initializer alpha_initializer = "zeros", std::vector<int64_t> shared_axes = {},
                 std::string name = "");
};

/// x for x > 0, otherwise alpha · (exp(x) - 1).
class ELU : public Layer {
 public:
  explicit ELU(double alpha = 1, std::string name = "");
};

/// exp(x) / Σ exp(x) over the last axis.
class Softmax : public Layer {
 public:
  explicit Softmax(std::string name = "");
};

/// x, and l1 · Σ|x| + l2 · Σx² over the number of rows added to the loss; or a regulariser by name,
/// such as `image_total_variation(0.01)` of images [height, width] or [height, width, channels].
class ActivityRegularization : public Layer {
 public:
  explicit ActivityRegularization(const std::string& regularizer, std::string name = "");
  explicit ActivityRegularization(double l1 = 0, double l2 = 0, std::string name = "");
};

// Normalisation. gamma and beta are f32[n], n the size of the axis, which counts from 1 or from the
// end.

struct BatchNormalizationOptions {
  int64_t axis = -1;
  double momentum = 0.99;  ///< of the moving mean and variance
  double epsilon = 0.001;
  bool center = true;  ///< has beta
  bool scale = true;   ///< has gamma
  Initializer beta_initializer = "zeros", gamma_initializer = "ones";
  Initializer moving_mean_initializer = "zeros", moving_variance_initializer = "ones";
  bool trainable =
      true;  ///< false: in training too the moving mean and variance are taken, and kept
  std::string name = "";
};

/// (x - mean) / sqrt(variance + epsilon) · gamma + beta. In a training step mean and variance are the
/// batch's, over all axes but `axis` (the variance divides by their number, not one less), and
/// moving = moving · momentum + batch's · (1 - momentum), as in Keras; PyTorch's momentum is one
/// minus this one, and its moving variance divides by one less. Everywhere else the moving ones are
/// taken, so that a row's result does not depend on the others.
class BatchNormalization : public Layer {
 public:
  explicit BatchNormalization(const BatchNormalizationOptions& options = {});
};

struct LayerNormalizationOptions {
  int64_t axis = -1;
  double epsilon = 0.001;
  bool center = true, scale = true;
  Initializer beta_initializer = "zeros", gamma_initializer = "ones";
  std::string name = "";
};

/// The same with mean and variance of each row along the axis.
class LayerNormalization : public Layer {
 public:
  explicit LayerNormalization(const LayerNormalizationOptions& options = {});
};

struct GroupNormalizationOptions {
  int64_t groups = 32;  ///< -1: each channel is one
  int64_t axis = -1;    ///< the channels
  double epsilon = 0.001;
  bool center = true, scale = true;
  Initializer beta_initializer = "zeros", gamma_initializer = "ones";
  std::string name = "";
};

/// The same with mean and variance of each group of channels of a row.
class GroupNormalization : public Layer {
 public:
  explicit GroupNormalization(const GroupNormalizationOptions& options = {});
};

/// x / sqrt(mean of x² + epsilon) · scale, along the axis; scale is f32[n].
class RMSNormalization : public Layer {
 public:
  explicit RMSNormalization(int64_t axis = -1, double epsilon = 1e-6, std::string name = "");
};

struct NormalizationOptions {
  /// Along these each position has a mean and a variance of its own; {}: one of all numbers, Keras's
  /// None.
  std::vector<int64_t> axis = {-1};
  /// Known ones, instead of adapt: one number, or one a position along the last of the axes.
  std::vector<double> mean = {}, variance = {};
  bool invert = false;  ///< x · max(sqrt(variance), 1e-7) + mean
  std::string name = "";
};

/// (x - mean) / max(sqrt(variance), 1e-7), mean and variance of data that the layer is adapted to,
/// before training; nothing trains them. They are the weights mean and variance, f32[sizes of the
/// axes], and count, f32[]: how many rows were seen (in Keras, which does not use it, 0).
///
///   Normalization norm;
///   norm.adapt(x);
///   Sequential model({Input({3}), norm, Dense(1)});
///
/// fit, evaluate and predict throw an Error where it was neither adapted nor given a mean, nor has
/// weights from elsewhere; in Keras it would do nothing to x. With a mean given it has no weights.
class Normalization : public Layer {
 public:
  explicit Normalization(const NormalizationOptions& options = {});
  /// Mean and variance of rows of the layer's input, [n, ...], any element type, in double
  /// precision, for all models that are or will be made of the layer. Error for NaN and infinities,
  /// with row and column, where there are no rows, for a layer whose mean is given, and where a model
  /// has the layer for rows of other sizes along the axis.
  void adapt(const ArrayView& x);
  /// The same of the x of all shards, each read once.
  void adapt(const Shards& data);
};

/// x / sqrt(Σ x²) along the axis.
class UnitNormalization : public Layer {
 public:
  explicit UnitNormalization(int64_t axis = -1, std::string name = "");
};

// Noise: in training steps only, other numbers in each step and layer, by the model's seed and the
// number of the step: the same for any number of threads, and after a pause. Any shape.

/// 0 for a part `rate` of the elements (0 <= rate < 1), x / (1 - rate) for the others.
class Dropout : public Layer {
 public:
  explicit Dropout(double rate, std::string name = "");
};

/// [places, channels]: Dropout of whole channels.
class SpatialDropout1D : public Layer {
 public:
  explicit SpatialDropout1D(double rate, std::string name = "");
};

/// Dropout that keeps the mean 0 and variance 1 of what selu makes (Klambauer et al., 2017).
class AlphaDropout : public Layer {
 public:
  explicit AlphaDropout(double rate, std::string name = "");
};

/// x times normal numbers of mean 1 and variance rate / (1 - rate).
class GaussianDropout : public Layer {
 public:
  explicit GaussianDropout(double rate, std::string name = "");
};

/// x plus normal numbers of mean 0.
class GaussianNoise : public Layer {
 public:
  explicit GaussianNoise(double stddev, std::string name = "");
};

/// What a Sequential begins with when its input shape is to be known before data come.
class InputLayer : public Layer {
 public:
  explicit InputLayer(std::vector<int64_t> shape, std::string name = "");
};

}  // namespace lathe
