// The handles of lathe/layers.h and lathe/tensor.h.
#include "lathe/layers.h"

#include "frontend/layers/adapter.h"
#include "frontend/layers/layer_base.h"
#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe {

using detail::make_layer;

namespace {

Options named(std::string name) {
  Options o;
  if (!name.empty()) o.set("name", std::move(name));
  return o;
}

Options with(Options o, std::string_view name, ir::Attr value) {
  o.set(name, std::move(value));
  return o;
}

/// A layer of that type with one option beside its name.
std::shared_ptr<const detail::LayerBase> made(std::string_view type, std::string name,
                                              std::string_view option, ir::Attr value) {
  return make_layer(type, with(named(std::move(name)), option, std::move(value)));
}

/// What normalisations with gamma and beta have in common.
template <class Given>
Options normalization_options(const Given& given) {
  Options o = named(given.name);
  o.set("axis", ir::Attr(given.axis));
  o.set("epsilon", ir::Attr(given.epsilon));
  o.set("center", ir::Attr(given.center));
  o.set("scale", ir::Attr(given.scale));
  o.set("beta_initializer", ir::Attr(given.beta_initializer.text));
  o.set("gamma_initializer", ir::Attr(given.gamma_initializer.text));
  return o;
}

Options batch_normalization_options(const BatchNormalizationOptions& given) {
  Options o = normalization_options(given);
  o.set("trainable", ir::Attr(given.trainable));
  o.set("momentum", ir::Attr(given.momentum));
  o.set("moving_mean_initializer", ir::Attr(given.moving_mean_initializer.text));
  o.set("moving_variance_initializer", ir::Attr(given.moving_variance_initializer.text));
  return o;
}

Options data_normalization_options(const NormalizationOptions& given) {
  Options o = named(given.name);
  o.set("axis", ir::Attr(given.axis));
  o.set("mean", ir::Attr(given.mean));
  o.set("variance", ir::Attr(given.variance));
  o.set("invert", ir::Attr(given.invert));
  return o;
}

Options embedding_options(int64_t rows, int64_t units, const EmbeddingOptions& given) {
  Options o = named(given.name);
  o.set("input_dim", ir::Attr(rows));
  o.set("output_dim", ir::Attr(units));
  o.set("embeddings_initializer", ir::Attr(given.embeddings_initializer.text));
  o.set("embeddings_regularizer", ir::Attr(given.embeddings_regularizer));
  o.set("embeddings_constraint", ir::Attr(given.embeddings_constraint));
  o.set("trainable", ir::Attr(given.trainable));
  return o;
}

Options relu_options(const ReLUOptions& given) {
  Options o = named(given.name);
  o.set("max_value", ir::Attr(given.max_value));
  o.set("negative_slope", ir::Attr(given.negative_slope));
  o.set("threshold", ir::Attr(given.threshold));
  return o;
}

Options dense_options(int64_t units, const DenseOptions& given) {
  Options o = named(given.name);
  o.set("units", ir::Attr(units));
  o.set("activation", ir::Attr(given.activation));
  o.set("use_bias", ir::Attr(given.use_bias));
  o.set("kernel_initializer", ir::Attr(given.kernel_initializer.text));
  o.set("bias_initializer", ir::Attr(given.bias_initializer.text));
  o.set("kernel_regularizer", ir::Attr(given.kernel_regularizer));
  o.set("bias_regularizer", ir::Attr(given.bias_regularizer));
  o.set("activity_regularizer", ir::Attr(given.activity_regularizer));
  o.set("kernel_constraint", ir::Attr(given.kernel_constraint));
  o.set("bias_constraint", ir::Attr(given.bias_constraint));
  o.set("trainable", ir::Attr(given.trainable));
  return o;
}

}  // namespace

Initializer Initializer::constant(double value) {
  return "constant(" + ir::number_to_text(value, false) + ")";
}

Tensor Layer::operator()(const Tensor& x) const {
  return (*this)(std::vector<Tensor>{x});
}

Tensor Layer::operator()(const std::vector<Tensor>& xs) const {
  std::vector<detail::NodePtr> inputs;
  for (const Tensor& x : xs) inputs.push_back(x.node());
  return Tensor(detail::call_layer(base_, std::move(inputs)));
}

std::string Layer::type() const {
  return std::string(base_->type().name);
}

Dense::Dense(int64_t units, const DenseOptions& options)
    : Layer(make_layer("Dense", dense_options(units, options))) {}

Activation::Activation(std::string activation, std::string name)
    : Layer(make_layer("Activation",
                       with(named(std::move(name)), "activation", std::move(activation)))) {}

Identity::Identity(std::string name) : Layer(make_layer("Identity", named(std::move(name)))) {}

Lambda::Lambda(std::string fn, std::string name)
    : Layer(made("Lambda", std::move(name), "fn", std::move(fn))) {}

Lambda::Lambda(const Expr& fn, int arguments, std::string name)
    : Lambda(fn.to_string(), std::move(name)) {
  if (fn.scalar().arity() < arguments)
    throw Error("Lambda: fn does not use its argument a" + std::to_string(arguments - 1));
}

Flatten::Flatten(std::string name) : Layer(make_layer("Flatten", named(std::move(name)))) {}

Reshape::Reshape(std::vector<int64_t> target_shape, std::string name)
    : Layer(make_layer("Reshape",
                       with(named(std::move(name)), "target_shape", std::move(target_shape)))) {}

Rescaling::Rescaling(double scale, double offset, std::string name)
    : Layer(make_layer("Rescaling",
                       with(with(named(std::move(name)), "scale", scale), "offset", offset))) {}

Add::Add(std::string name) : Layer(make_layer("Add", named(std::move(name)))) {}

Subtract::Subtract(std::string name) : Layer(make_layer("Subtract", named(std::move(name)))) {}

Multiply::Multiply(std::string name) : Layer(make_layer("Multiply", named(std::move(name)))) {}

Average::Average(std::string name) : Layer(make_layer("Average", named(std::move(name)))) {}

Maximum::Maximum(std::string name) : Layer(make_layer("Maximum", named(std::move(name)))) {}

Minimum::Minimum(std::string name) : Layer(make_layer("Minimum", named(std::move(name)))) {}

Dot::Dot(bool normalize, std::string name)
    : Layer(make_layer("Dot", with(with(named(std::move(name)), "axes", std::vector<int64_t>{1}),
                                   "normalize", normalize))) {}

Dot::Dot(std::vector<int64_t> axes, bool normalize, std::string name)
    : Layer(make_layer("Dot", with(with(named(std::move(name)), "axes", std::move(axes)),
                                   "normalize", ir::Attr(normalize)))) {}

Permute::Permute(std::vector<int64_t> dims, std::string name)
    : Layer(made("Permute", std::move(name), "dims", std::move(dims))) {}

Embedding::Embedding(int64_t input_dim, int64_t output_dim, const EmbeddingOptions& options)
    : Layer(make_layer("Embedding", embedding_options(input_dim, output_dim, options))) {}

RepeatVector::RepeatVector(int64_t n, std::string name)
    : Layer(made("RepeatVector", std::move(name), "n", n)) {}

ReLU::ReLU(const ReLUOptions& options) : Layer(make_layer("ReLU", relu_options(options))) {}

LeakyReLU::LeakyReLU(double negative_slope, std::string name)
    : Layer(made("LeakyReLU", std::move(name), "negative_slope", negative_slope)) {}

PReLU::PReLU(Initializer alpha_initializer, std::vector<int64_t> shared_axes, std::string name)
    : Layer(make_layer("PReLU", with(with(named(std::move(name)), "alpha_initializer",
                                          std::move(alpha_initializer.text)),
                                     "shared_axes", std::move(shared_axes)))) {}

ELU::ELU(double alpha, std::string name) : Layer(made("ELU", std::move(name), "alpha", alpha)) {}

ActivityRegularization::ActivityRegularization(double l1, double l2, std::string name)
    : Layer(make_layer("ActivityRegularization",
                       with(with(named(std::move(name)), "l1", l1), "l2", l2))) {}
ActivityRegularization::ActivityRegularization(const std::string& regularizer, std::string name)
    : Layer(make_layer("ActivityRegularization",
                       with(named(std::move(name)), "regularizer", ir::Attr(regularizer)))) {}

Softmax::Softmax(std::string name) : Layer(make_layer("Softmax", named(std::move(name)))) {}

BatchNormalization::BatchNormalization(const BatchNormalizationOptions& options)
    : Layer(make_layer("BatchNormalization", batch_normalization_options(options))) {}

LayerNormalization::LayerNormalization(const LayerNormalizationOptions& options)
    : Layer(make_layer("LayerNormalization", normalization_options(options))) {}

GroupNormalization::GroupNormalization(const GroupNormalizationOptions& options)
    : Layer(make_layer("GroupNormalization",
                       with(normalization_options(options), "groups", options.groups))) {}

RMSNormalization::RMSNormalization(int64_t axis, double epsilon, std::string name)
    : Layer(make_layer("RMSNormalization",
                       with(with(named(std::move(name)), "axis", axis), "epsilon", epsilon))) {}

Normalization::Normalization(const NormalizationOptions& options)
    : Layer(make_layer("Normalization", data_normalization_options(options))) {}

namespace {

void adapt_layer(const Layer& layer, const detail::Adapter::NextRows& next) {
  const detail::Adapter* adapter = layer.base()->adapter();
  if (!adapter) throw Error("Normalization: its mean is given, so that it does not adapt");
  try {
    layer.base()->weights_in_models().give(adapter->learn(next));
  } catch (const Error& e) {
    throw Error("Normalization: " + std::string(e.what()));
  }
}

}  // namespace

void Normalization::adapt(const ArrayView& x) {
  adapt_layer(*this, detail::one_piece(x));
}

void Normalization::adapt(const Shards& data) {
  adapt_layer(*this, detail::pieces_of(data));
}

UnitNormalization::UnitNormalization(int64_t axis, std::string name)
    : Layer(made("UnitNormalization", std::move(name), "axis", axis)) {}

Dropout::Dropout(double rate, std::string name)
    : Layer(made("Dropout", std::move(name), "rate", rate)) {}

SpatialDropout1D::SpatialDropout1D(double rate, std::string name)
    : Layer(made("SpatialDropout1D", std::move(name), "rate", rate)) {}

AlphaDropout::AlphaDropout(double rate, std::string name)
    : Layer(made("AlphaDropout", std::move(name), "rate", rate)) {}

GaussianDropout::GaussianDropout(double rate, std::string name)
    : Layer(made("GaussianDropout", std::move(name), "rate", rate)) {}

GaussianNoise::GaussianNoise(double stddev, std::string name)
    : Layer(made("GaussianNoise", std::move(name), "stddev", stddev)) {}

Concatenate::Concatenate(int64_t axis, std::string name)
    : Layer(make_layer("Concatenate", with(named(std::move(name)), "axis", axis))) {}

InputLayer::InputLayer(std::vector<int64_t> shape, std::string name)
    : Layer(make_layer("InputLayer", with(named(std::move(name)), "shape", std::move(shape)))) {}

const std::vector<int64_t>& Tensor::shape() const {
  return node_->shape;
}

Tensor::operator Layer() const {
  if (node_->layer->type().name != "InputLayer")
    throw Error("only an Input can stand among the layers of a Sequential, not the result of " +
                std::string(node_->layer->type().name));
  return Layer(node_->layer);
}

Input::Input(std::vector<int64_t> shape, std::string name)
    : Tensor(detail::call_layer(InputLayer(std::move(shape), std::move(name)).base(), {})) {}

Tensor add(const std::vector<Tensor>& parts) {
  return Add()(parts);
}

Tensor concatenate(const std::vector<Tensor>& parts, int64_t axis) {
  return Concatenate(axis)(parts);
}

}  // namespace lathe
