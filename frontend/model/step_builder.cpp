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
#include "ir/scalar_expr.h"
#include "passes/optimizer_table.h"
#include "passes/schedule_table.h"

namespace lathe::detail {

using ir::ValueId;

namespace {

Shape fixed_shape(const Dims& dims) {
  return {dims.begin(), dims.end()};
}

/// Takes the names that the numbers of `metric` have; Error where one is taken.
void take_names(const Metric& metric, int64_t units, std::set<std::string>& names) {
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
  /// What a step reads of an output: parameters, then the rows of the batch.
  struct Target {
    size_t output;
    ValueId y, weight = ir::kNone;
  };
  std::vector<Target> target_params(ir::Builder& b) const;
  /// The step's results, and the loss among them; `values` of each target.
  ValueId add_numbers(const std::vector<Target>& targets, const LayerContext& context,
                      std::vector<StepValues>& values) const;
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

TensorType resident(DType dtype, const Dims& dims) {
  TensorType t{dtype, batch_shape(dims)};
  t.shape[0] = Dim::rows();
  return t;
}

std::vector<StepBuilder::Target> StepBuilder::target_params(ir::Builder& b) const {
  const std::vector<OutputPlan>& outputs = plan_->outputs;
  std::vector<Target> targets;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].has_targets()) continue;
    const bool classes = form_.y.at(targets.size()) == DType::I32;
    const TensorType type =
        classes ? resident(DType::I32, {}) : resident(DType::F32, g_.calls[g_.outputs[i]].shape);
    targets.push_back({i, b.param(numbered("y", i, outputs.size()), type)});
  }
  for (Target& t : targets)
    if (form_.weights)
      t.weight = b.param(numbered("weight", t.output, outputs.size()), resident(DType::F32, {}));
  return targets;
}

ValueId StepBuilder::add_numbers(const std::vector<Target>& targets, const LayerContext& context,
                                 std::vector<StepValues>& values) const {
  ir::Builder& b = context.b;
  std::vector<ValueId> losses;
  ValueId total = ir::kNone;
  const auto add = [&](ValueId loss) {
    total = total == ir::kNone ? loss : b.map("add", {total, loss});
  };
  for (size_t t = 0; t < targets.size(); ++t) {
    const OutputPlan& output = plan_->outputs[targets[t].output];
    if (!output.loss) continue;
    losses.push_back(build_loss(*output.loss, values[t]));
    using namespace ir::scalar_dsl;
    add(output.loss_weight == 1 ? losses.back()
                                : b.map(E::arg(0) * E(output.loss_weight), {losses.back()}));
  }
  for (const ValueId more : context.losses()) add(more);
  const StepNumbers numbers = step_numbers(*plan_);
  b.output(numbers.losses[0], total);
  for (size_t i = 1; i < numbers.losses.size(); ++i) b.output(numbers.losses[i], losses[i - 1]);
  std::set<std::string> names(numbers.losses.begin(), numbers.losses.end());
  for (size_t t = 0; t < targets.size(); ++t)
    for (const Metric& metric : output_metrics(*plan_, targets[t].output)) {
      take_names(metric, values[t].units(), names);
      b.output(metric.name(), metric.build(values[t]));
    }
  return total;
}

void StepBuilder::add_step(const char* name, bool train) {
  LATHE_CHECK(plan_ != nullptr, "a step without a plan for training");
  ir::Builder b(m_, add_function(name));
  std::vector<ValueId> data;
  for (size_t i = 0; i < g_.inputs.size(); ++i) {
    const Dims& example = g_.calls[g_.inputs[i]].shape;
    const Dims row(example.begin() + (form_.windows.empty() ? 0 : 1), example.end());
    data.push_back(b.param(numbered("x", i, g_.inputs.size()), resident(form_.x.at(i), row)));
  }
  std::vector<Target> targets = target_params(b);
  const ValueId index = b.param("index", {DType::I32, {Dim::batch()}});

  std::vector<ValueId> inputs;
  for (size_t i = 0; i < data.size(); ++i) {
    const int64_t window = form_.windows.empty() ? 0 : form_.windows.at(i);
    inputs.push_back(b.convert(b.gather(data[i], index, window), DType::F32));
  }
  for (Target& t : targets) t.y = b.gather(t.y, index);
  for (Target& t : targets)
    if (form_.weights) t.weight = b.gather(t.weight, index);
  LayerContext context(b, train ? LayerContext::For::Train : LayerContext::For::Evaluate);
  const std::vector<ValueId> results = forward(context, inputs);
  std::vector<StepValues> values;
  for (const Target& t : targets) values.emplace_back(b, results[t.output], t.y, t.weight);
  const ValueId loss = add_numbers(targets, context, values);
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
                  "': " + ir::unknown_name("hyperparameter", name, names));
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
