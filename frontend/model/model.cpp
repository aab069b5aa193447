// The handle of lathe/model.h.
#include "lathe/model.h"

#include <algorithm>

#include "frontend/format/file_name.h"
#include "frontend/format/saved_model.h"
#include "frontend/model/model_impl.h"
#include "frontend/model/summary.h"
#include "frontend/train/losses.h"
#include "ir/error.h"
#include "runtime/sha256.h"

namespace lathe {

using detail::ModelImpl;

namespace {

std::vector<detail::NodePtr> nodes(const std::vector<Tensor>& tensors) {
  std::vector<detail::NodePtr> n;
  for (const Tensor& t : tensors) n.push_back(t.node());
  return n;
}

std::vector<detail::LayerPtr> bases(const std::vector<Layer>& layers) {
  std::vector<detail::LayerPtr> b;
  for (const Layer& layer : layers) b.push_back(layer.base());
  return b;
}

/// Names become names of IR modules.
std::string checked_name(std::string name) {
  bool good = !name.empty() && name.size() <= 100 && !(name[0] >= '0' && name[0] <= '9');
  for (char c : name)
    good = good &&
           ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
  if (!good)
    throw Error(
        "a model's name must be letters, digits and underscores, and not begin with a "
        "digit: '" +
        name.substr(0, 100) + "'");
  return name;
}

}  // namespace

Model::Model(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs,
             std::string name)
    : Model(std::make_unique<ModelImpl>(checked_name(std::move(name)),
                                        detail::make_graph(nodes(inputs), nodes(outputs)))) {}

Model::Model(std::unique_ptr<ModelImpl> impl) : impl_(std::move(impl)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

Model Model::load(const std::filesystem::path& path, const RunOptions& run) {
  std::unique_ptr<ModelImpl> impl = detail::load_model(path);
  impl->unfinished.reset();  // its next fit may be another one
  impl->set_run_options(run);
  return Model(std::move(impl));
}

void Model::save(const std::filesystem::path& path) {
  detail::check_model_name(path);
  detail::save_model(*impl_, path);
}

void Model::compile(CompileOptions options) {
  impl_->compile(std::move(options));
}
void Model::restart(std::optional<uint64_t> seed) {
  impl_->restart(seed);
}
void Model::set_run_options(const RunOptions& run) {
  impl_->set_run_options(run);
}
const CompileOptions& Model::compile_options() const {
  return impl_->compile_options();
}
bool Model::compiled() const {
  return impl_->compiled();
}
void Model::build(std::vector<int64_t> input_shape) {
  impl_->build(input_shape);
}
bool Model::built() const {
  return impl_->built();
}
const std::string& Model::name() const {
  return impl_->name();
}
std::string Model::summary() const {
  return detail::summary(*impl_);
}

std::vector<LayerInfo> Model::layers() const {
  const detail::ModelGraph& g = impl_->graph();
  std::vector<LayerInfo> all;
  for (size_t i = 0; i < g.layers.size(); ++i) {
    const detail::ModelGraph::Layer& layer = g.layers[i];
    LayerInfo info{layer.name, std::string(layer.layer->type().name),
                   g.first_call(static_cast<int>(i)).shape, layer.parameters(),
                   layer.trained_parameters()};
    all.push_back(std::move(info));
  }
  return all;
}

int64_t Model::parameter_count() const {
  int64_t n = 0;
  for (const LayerInfo& layer : layers()) n += layer.parameters;
  return n;
}

int64_t Model::trainable_parameter_count() const {
  int64_t n = 0;
  for (const LayerInfo& layer : layers()) n += layer.trainable_parameters;
  return n;
}

std::vector<std::vector<int64_t>> Model::input_shapes() const {
  std::vector<std::vector<int64_t>> shapes;
  for (int input : impl_->graph().inputs) shapes.push_back(impl_->graph().calls[input].shape);
  return shapes;
}

std::vector<std::vector<int64_t>> Model::output_shapes() const {
  std::vector<std::vector<int64_t>> shapes;
  for (int output : impl_->graph().outputs) shapes.push_back(impl_->graph().calls[output].shape);
  return shapes;
}

std::vector<std::string> Model::output_names() const {
  return impl_->graph().output_names();
}

History Model::fit(const Inputs& x, const Targets& y, const FitOptions& options) {
  return impl_->fit(*this, x, y, options);
}
History Model::fit(const Shards& data, const FitOptions& options) {
  return impl_->fit(*this, data, options);
}
Logs Model::evaluate(const Inputs& x, const Targets& y, const EvaluateOptions& options) {
  return impl_->evaluate(x, y, options);
}
Logs Model::evaluate(const Shards& data, const EvaluateOptions& options) {
  return impl_->evaluate(data, options);
}

std::vector<Array> Model::predict_all(const Inputs& x, const PredictOptions& options) {
  return impl_->predict(x, options);
}

Array Model::predict(const Inputs& x, const PredictOptions& options) {
  if (impl_->built() && impl_->graph().outputs.size() != 1)
    throw Error("the model has several outputs, which only predict_all of a C++ program gives");
  return std::move(impl_->predict(x, options)[0]);
}

std::vector<int64_t> Model::predict_classes(const Inputs& x, const PredictOptions& options) {
  const Array p = predict(x, options);
  if (p.rank() > 2) throw Error("classes need rows of numbers, not " + p.type().to_string());
  const int64_t n = p.shape()[0], units = p.rank() < 2 ? 1 : p.shape()[1];
  const bool logits =
      compiled() && detail::logits_of(*impl_->plan().outputs[0].loss) != detail::Logits::None;
  const float half = logits ? 0.0f : 0.5f;
  std::vector<int64_t> classes;
  for (int64_t i = 0; i < n; ++i) {
    const auto row =
        p.data<float>().subspan(static_cast<size_t>(i * units), static_cast<size_t>(units));
    classes.push_back(units == 1 ? row[0] > half
                                 : std::max_element(row.begin(), row.end()) - row.begin());
  }
  return classes;
}

std::vector<Array> Model::get_weights() {
  return impl_->weights();
}
void Model::set_weights(const std::vector<Array>& weights) {
  impl_->set_weights(weights);
}
std::vector<std::string> Model::weight_names() const {
  return impl_->graph().weight_names();
}

std::string Model::weights_sha256() {
  static_assert(std::endian::native == std::endian::little, "weights are hashed as they lie");
  runtime::Sha256 hash;
  for (const Array& w : impl_->weights()) hash.update(w.raw(), static_cast<size_t>(w.byte_size()));
  return hash.hex();
}

double Model::learning_rate() {
  return impl_->learning_rate();
}
void Model::set_learning_rate(double rate) {
  impl_->set_learning_rate(rate);
}
int64_t Model::epochs_trained() const {
  return impl_->epochs_trained;
}
const std::vector<EpochResult>& Model::history() const {
  return impl_->history;
}
std::vector<std::string> Model::warnings() {
  return impl_->warnings();
}
const ir::Module& Model::module() {
  return impl_->module();
}
std::map<std::string, std::string>& Model::notes() {
  return impl_->notes;
}
const std::map<std::string, std::string>& Model::notes() const {
  return impl_->notes;
}

void Model::set_class_names(std::vector<std::string> names) {
  const std::vector<int64_t> shape = output_shapes().at(0);
  const int64_t units = shape.empty() ? 1 : shape.back();
  if (!names.empty() && static_cast<int64_t>(names.size()) != std::max<int64_t>(units, 2))
    throw Error("the last layer has " + std::to_string(units) + (units == 1 ? " unit" : " units") +
                ", but there are " + std::to_string(names.size()) + " classes to tell apart");
  impl_->class_names = std::move(names);
}
const std::vector<std::string>& Model::class_names() const {
  return impl_->class_names;
}

Sequential::Sequential(std::initializer_list<Layer> layers, std::string name)
    : Sequential(std::vector<Layer>(layers), std::move(name)) {}

Sequential::Sequential(const std::vector<Layer>& layers, std::string name)
    : Model(std::make_unique<ModelImpl>(checked_name(std::move(name)), bases(layers))) {}

void Sequential::add(const Layer& layer) {
  impl_->add(layer.base());
}

}  // namespace lathe
