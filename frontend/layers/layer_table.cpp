// Expands layers.def, and what all layers have in common.
#include "frontend/base/table.h"
#include "frontend/layers/layer_base.h"
#include "ir/error.h"

namespace lathe::detail {

#define LAYER(name, options, text) LayerPtr make_##name(const LayerType& type, const Options&);
#include "frontend/layers/layers.def"
#undef LAYER

namespace {

std::vector<OptionSpec> with_name(std::string_view options) {
  std::vector<OptionSpec> specs = parse_option_specs(options);
  specs.push_back({"trainable", "bool", ir::Attr(true)});
  specs.push_back({"name", "word", ir::Attr(std::string())});
  return specs;
}

/// Layers' names become parts of the names of states in IR text.
void check_name(const std::string& name) {
  if (name.empty()) return;
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  bool good = letter(name[0]) && name.size() <= 100;
  for (char c : name) good = good && (letter(c) || (c >= '0' && c <= '9'));
  if (!good)
    throw OptionError("name", "name '" + name.substr(0, 100) +
                                  "' must be letters, digits and underscores, and not begin with "
                                  "a digit");
}

}  // namespace

std::span<const LayerType> layer_types() {
  static const std::vector<LayerType> table = {
#define LAYER(name, options, text) {#name, text, with_name(options), make_##name},
#include "frontend/layers/layers.def"
#undef LAYER
  };
  return table;
}

LayerPtr make_layer(std::string_view type, const Options& options, const std::string& where) {
  const std::string prefix = where.empty() ? "" : where + ": ";
  for (const LayerType& row : layer_types()) {
    if (row.name != type) continue;
    try {
      const Options all = complete_options(row.options, options);
      check_name(all.word("name"));
      return row.make(row, all);
    } catch (const OptionError& e) {
      throw Error((where.empty() ? std::string(type) : where + "." + e.option()) + ": " + e.what());
    } catch (const Error& e) {
      throw Error(prefix + std::string(type) + ": " + e.what());
    }
  }
  throw Error((where.empty() ? "" : where + ".type: ") +
              ir::unknown_name("layer type", type, row_names(layer_types())));
}

NodePtr call_layer(LayerPtr layer, std::vector<NodePtr> inputs) {
  std::vector<Dims> shapes;
  for (const NodePtr& input : inputs) shapes.push_back(input->shape);
  try {
    Dims shape = layer->output_shape(shapes);
    check_dims(shape, "its result");
    for (const WeightSpec& w : layer->weights(shapes)) check_dims(w.shape, "its " + w.name);
    return std::make_shared<Node>(Node{std::move(layer), std::move(inputs), std::move(shape)});
  } catch (const Error& e) {
    std::string name = std::string(layer->type().name);
    if (!layer->given_name().empty()) name += " '" + layer->given_name() + "'";
    throw Error("layer " + name + ": " + e.what());
  }
}

std::string dims_to_string(const Dims& dims) {
  std::string s = "[";
  for (size_t i = 0; i < dims.size(); ++i) s += (i ? "," : "") + std::to_string(dims[i]);
  return s + "]";
}

std::string all_shapes(const std::vector<Dims>& inputs) {
  std::string s;
  for (const Dims& d : inputs) s += (s.empty() ? "" : ", ") + dims_to_string(d);
  return s;
}

size_t row_axis(int64_t axis, const Dims& dims) {
  if (axis == 0)
    throw OptionError("axis", "axis 0 is the batch; axes count from 1, or from the end");
  const int64_t rank = static_cast<int64_t>(dims.size());
  const int64_t at = axis < 0 ? rank + axis : axis - 1;
  if (at < 0 || at >= rank)
    throw Error("there is no axis " + std::to_string(axis) + " in rows of shape " +
                dims_to_string(dims));
  return static_cast<size_t>(at);
}

const Dims& one_input(const std::vector<Dims>& inputs) {
  if (inputs.size() != 1) throw Error("takes one input");
  return inputs[0];
}

Shape batch_shape(const Dims& dims) {
  Shape shape{Dim::batch()};
  for (int64_t d : dims) shape.emplace_back(d);
  return shape;
}

void check_dims(const Dims& dims, const std::string& what) {
  int64_t product = 1;
  for (int64_t d : dims) {
    if (d < 1) throw Error(what + " has shape " + dims_to_string(dims) + "; sizes are 1 or more");
    if (d > (int64_t{1} << 40) / product)
      throw Error(what + " has shape " + dims_to_string(dims) + ", which is too large");
    product *= d;
  }
}

}  // namespace lathe::detail
