// The handles of lathe/layers.h and lathe/tensor.h.
#include "lathe/layers.h"

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

Options dense_options(int64_t units, const DenseOptions& given) {
  Options o = named(given.name);
  o.set("units", ir::Attr(units));
  o.set("activation", ir::Attr(given.activation));
  o.set("use_bias", ir::Attr(given.use_bias));
  o.set("kernel_initializer", ir::Attr(given.kernel_initializer.text));
  o.set("bias_initializer", ir::Attr(given.bias_initializer.text));
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

Flatten::Flatten(std::string name) : Layer(make_layer("Flatten", named(std::move(name)))) {}

Reshape::Reshape(std::vector<int64_t> target_shape, std::string name)
    : Layer(make_layer("Reshape",
                       with(named(std::move(name)), "target_shape", std::move(target_shape)))) {}

Rescaling::Rescaling(double scale, double offset, std::string name)
    : Layer(make_layer("Rescaling",
                       with(with(named(std::move(name)), "scale", scale), "offset", offset))) {}

Add::Add(std::string name) : Layer(make_layer("Add", named(std::move(name)))) {}

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
