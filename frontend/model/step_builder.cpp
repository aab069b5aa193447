#include "frontend/model/step_builder.h"

#include <algorithm>
#include <set>

#include "frontend/base/letters.h"
#include "frontend/base/table.h"
#include "frontend/train/constraints.h"
#include "frontend/train/initializers.h"
#include "frontend/train/losses.h"
#include "frontend/train/metrics.h"
#include "ir/builder.h"
#include "ir/error.h"
#include "passes/optimizer_table.h"
#include "passes/schedule_table.h"

namespace lathe::detail {

using ir::ValueId;

namespace {

Shape fixed_shape(const Dims& dims) {
  return {dims.begin(), dims.end()};
}

/// Error where numbers of metrics that have several are called as others are.
void check_names(const std::vector<Metric>& metrics, int64_t units) {
  std::set<std::string> names = {"loss"};
  for (const Metric& metric : metrics)
    for (const std::string& name : metric.number_names(units))
      if (!names.insert(name).second)
        throw Error("two numbers of a step are named '" + name +
                    "'; a metric takes a name of its own by name=...");
}

class StepBuilder {
 public:
  StepBuilder(const ModelGraph& graph, const TrainingPlan* plan, const DataForm& form)
      : g_(graph), plan_(plan), form_(form) {}

  ir::Module build(const std::string& name, Level level);

 private:
  void add_states();
  ir::Function& add_function(const char* name);
  void add_init();
  void add_predict();
  void add_step(const char* name, bool train);
  /// The results of the calls in graph_.outputs, given those in graph_.inputs.
  std::vector<ValueId> forward(LayerContext& c, const std::vector<ValueId>& inputs) const;

  const ModelGraph& g_;
  const TrainingPlan* plan_;
  const DataForm& form_;
  ir::Module m_;
  size_t weights_ = 0;  ///< the first states of m_; behind them those of random numbers
};

void StepBuilder::add_states() {
  for (const ModelGraph::Layer& layer : g_.layers) {
    const std::vector<std::string> names = layer.states();
    for (size_t i = 0; i < names.size(); ++i) {
      ir::State s;
      s.name = names[i];
      s.type = {DType::F32, fixed_shape(layer.weights[i].shape)};
      s.attrs.set("init", ir::Attr(layer.weights[i].initializer));
      s.attrs.set("role", "weight");
      s.attrs.set("layer", ir::Attr(layer.name));
      if (layer.trains(i)) {
        s.attrs.set("trainable", true);
        for (const auto& [key, value] :
             constraint_attrs(layer.weights[i].constraint, s.type.rank()))
          s.attrs.set(key, value);
      }
      m_.states.push_back(std::move(s));
    }
  }
  weights_ = m_.states.size();
  const auto draws = [](const ModelGraph::Layer& layer) { return layer.layer->draws(); };
  if (std::any_of(g_.layers.begin(), g_.layers.end(), draws)) add_random_states(m_);
}

ir::Function& StepBuilder::add_function(const char* name) {
  m_.functions.emplace_back();
  m_.functions.back().name = name;
  return m_.functions.back();
}

void StepBuilder::add_init() {
  ir::Builder b(m_, add_function("init"));
  const ValueId seed = b.param("seed", {DType::I64, {}});
  const ValueId step = b.constant(0, DType::I64);
  for (size_t s = 0; s < weights_; ++s) {
    const ir::State& state = m_.states[s];
    b.set_layer(state.attrs.word("layer"));
    const ValueId value = build_initializer(b, state.attrs.word("init"), seed, step,
                                            static_cast<int64_t>(s), state.type.shape);
    b.assign(static_cast<ir::StateId>(s), value);
  }
}

std::vector<ValueId> StepBuilder::forward(LayerContext& c,
                                          const std::vector<ValueId>& inputs) const {
  std::vector<ValueId> results(g_.calls.size(), ir::kNone);
  for (size_t i = 0; i < g_.inputs.size(); ++i) results[g_.inputs[i]] = inputs[i];
  for (size_t i = 0; i < g_.calls.size(); ++i) {
    if (results[i] != ir::kNone) continue;
    const ModelGraph::Call& call = g_.calls[i];
    const ModelGraph::Layer& layer = g_.layers[call.layer];
    std::vector<ValueId> operands;
    for (int input : call.inputs) operands.push_back(results[input]);
    std::vector<ir::StateId> weights;
    for (const std::string& state : layer.states()) weights.push_back(m_.find_state(state));
    c.begin(layer.name, std::move(weights));
    results[i] = layer.layer->call(c, operands);
    LATHE_CHECK(c.b.type(results[i]).shape == batch_shape(call.shape),
                "layer " + layer.name + " makes another shape than it says");
  }
  for (const ModelGraph::Layer& layer : g_.layers) {
    c.b.set_layer(layer.name);
    const std::vector<std::string> names = layer.states();
    for (size_t i = 0; i < names.size() && layer.layer->trainable(); ++i)
      c.regularize(layer.weights[i].regularizer, names[i]);
  }
  c.finish();
  std::vector<ValueId> outputs;
  for (int output : g_.outputs) outputs.push_back(results[output]);
  return outputs;
}

/// `x`, or `x0`, `x1`, … of several.
std::string numbered(const char* name, size_t i, size_t count) {
  return count == 1 ? name : name + std::to_string(i);
}

void StepBuilder::add_predict() {
  ir::Builder b(m_, add_function("predict"));
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < g_.inputs.size(); ++i)
    inputs.push_back(b.param(numbered("x", i, g_.inputs.size()),
                             {DType::F32, batch_shape(g_.calls[g_.inputs[i]].shape)}));
  LayerContext context(b, LayerContext::For::Predict);
  const std::vector<ValueId> outputs = forward(context, inputs);
  for (size_t i = 0; i < outputs.size(); ++i)
    b.output(numbered("y", i, outputs.size()), outputs[i]);
}

void StepBuilder::add_step(const char* name, bool train) {
  LATHE_CHECK(plan_ != nullptr, "a step without a plan for training");
  ir::Builder b(m_, add_function(name));
  const auto resident = [](DType dtype, const Dims& dims) {
    TensorType t{dtype, batch_shape(dims)};
    t.shape[0] = Dim::rows();
    return t;
  };
  std::vector<ValueId> data;
  for (size_t i = 0; i < g_.inputs.size(); ++i)
    data.push_back(b.param(numbered("x", i, g_.inputs.size()),
                           resident(form_.x.at(i), g_.calls[g_.inputs[i]].shape)));
  const Dims& output = g_.calls[g_.outputs[0]].shape;
  const ValueId y =
      b.param("y", form_.classes ? resident(DType::I32, {}) : resident(DType::F32, output));
  const ValueId weights = form_.weights ? b.param("weight", resident(DType::F32, {})) : ir::kNone;
  const ValueId index = b.param("index", {DType::I32, {Dim::batch()}});

  std::vector<ValueId> inputs;
  for (ValueId x : data) inputs.push_back(b.convert(b.gather(x, index), DType::F32));
  const ValueId target = b.gather(y, index);
  const ValueId weight = form_.weights ? b.gather(weights, index) : ir::kNone;
  LayerContext context(b, train ? LayerContext::For::Train : LayerContext::For::Evaluate);
  StepValues values(b, forward(context, inputs)[0], target, weight);
  ValueId loss = build_loss(plan_->loss, values);
  for (const ValueId more : context.losses()) loss = b.map("add", {loss, more});
  b.output("loss", loss);
  const std::vector<Metric> metrics = plan_metrics(*plan_);
  check_names(metrics, values.units());
  for (const Metric& metric : metrics) b.output(metric.name(), metric.build(values));
  if (train) b.minimize(loss, optimizer_attrs(plan_->optimizer));
}

ir::Module StepBuilder::build(const std::string& name, Level level) {
  m_.name = name;
  m_.functions.reserve(4);
  add_states();
  add_init();
  if (level >= Level::Predict) add_predict();
  if (level >= Level::Evaluate) add_step("evaluate", false);
  if (level >= Level::Train) add_step("train_step", true);
  return std::move(m_);
}

}  // namespace

ir::Module build_module(const ModelGraph& graph, const std::string& name, const TrainingPlan* plan,
                        const DataForm& form, Level level) {
  return StepBuilder(graph, plan, form).build(name, level);
}

std::vector<Metric> plan_metrics(const TrainingPlan& plan) {
  std::vector<Metric> metrics;
  const auto add = [&](const std::string& text, bool weighted) {
    Metric metric(text, weighted);
    const auto same = [&](const Metric& m) { return m.name() == metric.name(); };
    if (metric.name() == "loss" || std::any_of(metrics.begin(), metrics.end(), same))
      throw Error("two numbers of a step are named '" + metric.name() + "'; " +
                  "a metric takes a name of its own: " + metric.name() + "(name=...)");
    metrics.push_back(std::move(metric));
  };
  for (const std::string& text : plan.metrics) add(text, false);
  for (const std::string& text : plan.weighted_metrics) add(text, true);
  return metrics;
}

std::vector<int64_t> output_sizes(const ir::Module& module) {
  const ir::Function& f = module.function("evaluate");
  std::vector<int64_t> sizes;
  for (const ir::Output& output : f.outputs) {
    int64_t size = 1;
    for (const Dim& d : f.op(output.value).type.shape) size *= d.size();
    sizes.push_back(size);
  }
  return sizes;
}

namespace {

/// Adds what `cosine_decay(0.1, decay_steps=1000)` says, in the form that the pass reads.
void set_schedule(ir::Attrs& attrs, const std::string& text) {
  Spec spec = parse_spec(text);
  known_row(passes::schedule_table(), spec.name, "schedule");
  std::optional<ir::Attr> initial = spec.positional;
  if (const ir::Attr* named = spec.options.find("initial_learning_rate")) {
    if (initial) throw Error("schedule '" + text + "' has two initial learning rates");
    initial = *named;
    spec.options.erase("initial_learning_rate");
  }
  if (initial) {
    if (attrs.has("learning_rate"))
      throw Error("schedule '" + text + "' says the initial learning rate, which is given as " +
                  "learning_rate too");
    attrs.set("learning_rate", *initial);
  }
  attrs.set("schedule", ir::Attr(spec.name));
  for (const auto& [name, value] : spec.options) attrs.set("schedule." + name, value);
}

/// Options that Keras's None switches off; 0 does the same here.
constexpr std::string_view kNoneIsZero[] = {"weight_decay",
                                            "clipnorm",
                                            "clipvalue",
                                            "global_clipnorm",
                                            "rms_rate",
                                            "ema_overwrite_frequency",
                                            "gradient_accumulation_steps"};

bool is_none(std::string_view name, const ir::Attr& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text && *text == "None" &&
         std::find(std::begin(kNoneIsZero), std::end(kNoneIsZero), name) != std::end(kNoneIsZero);
}

/// Error, with the nearest name, for an option that the optimizer does not have.
void check_option_names(const passes::OptimizerRow& row, const Options& given) {
  std::vector<std::string> names = {"schedule"};
  for (const passes::Hyperparameter& h : row.hyperparameters) names.push_back(h.name);
  for (const auto& [name, value] : given)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw Error("optimizer '" + std::string(row.name) +
                  "': " + unknown_name("hyperparameter", name, names));
}

}  // namespace

ir::Attrs optimizer_attrs(const Optimizer& optimizer) {
  Spec spec = parse_spec(optimizer.name);
  spec.name = lower_case(spec.name);  // `AdamW`, as Keras's classes are called
  const passes::OptimizerRow& row = known_row(passes::optimizer_table(), spec.name, "optimizer");
  if (spec.positional)
    throw Error("optimizer '" + optimizer.name +
                "': a value needs its name, such as learning_rate");
  add_options(spec, optimizer.options);
  if (optimizer.learning_rate) add_options(spec, {{"learning_rate", *optimizer.learning_rate}});
  check_option_names(row, spec.options);
  const auto is_schedule = [&](const char* name) {
    const ir::Attr* value = spec.options.find(name);
    return value && std::holds_alternative<std::string>(*value);
  };
  if (is_schedule("schedule") && is_schedule("learning_rate"))
    throw Error("optimizer '" + spec.name + "': two schedules are given, by schedule and " +
                "learning_rate");
  ir::Attrs attrs;
  attrs.set("optimizer", ir::Attr(std::string(row.name)));
  for (const auto& [name, value] : spec.options) {
    const auto* text = std::get_if<std::string>(&value);
    if (text && (name == "schedule" || name == "learning_rate"))
      set_schedule(attrs, *text);
    else if (is_none(name, value))
      attrs.set(name, 0.0);
    else
      attrs.set(name, value);
  }
  passes::optimizer_steps(attrs);  // checks them
  attrs.set("learning_rate", passes::optimizer_learning_rate(attrs));
  return attrs;
}

}  // namespace lathe::detail
