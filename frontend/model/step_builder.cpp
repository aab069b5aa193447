#include "frontend/model/step_builder.h"

#include <algorithm>

#include "frontend/base/nearest.h"
#include "frontend/base/spec.h"
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
  std::vector<ValueId> forward(ir::Builder& b, const std::vector<ValueId>& inputs) const;

  const ModelGraph& g_;
  const TrainingPlan* plan_;
  const DataForm& form_;
  ir::Module m_;
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
      s.attrs.set("trainable", true);
      m_.states.push_back(std::move(s));
    }
  }
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
  for (size_t s = 0; s < m_.states.size(); ++s) {
    const ir::State& state = m_.states[s];
    b.set_layer(state.attrs.word("layer"));
    const ValueId value = build_initializer(b, state.attrs.word("init"), seed, step,
                                            static_cast<int64_t>(s), state.type.shape);
    b.assign(static_cast<ir::StateId>(s), value);
  }
}

std::vector<ValueId> StepBuilder::forward(ir::Builder& b,
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
    b.set_layer(layer.name);
    results[i] = layer.layer->call(b, operands, weights);
    LATHE_CHECK(b.type(results[i]).shape == batch_shape(call.shape),
                "layer " + layer.name + " makes another shape than it says");
  }
  b.set_layer("");
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
  const std::vector<ValueId> outputs = forward(b, inputs);
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
  const ValueId index = b.param("index", {DType::I32, {Dim::batch()}});

  std::vector<ValueId> inputs;
  for (ValueId x : data) inputs.push_back(b.convert(b.gather(x, index), DType::F32));
  const ValueId target = b.gather(y, index);
  StepValues values(b, forward(b, inputs)[0], target);
  const ValueId loss = build_loss(plan_->loss, values);
  b.output("loss", loss);
  for (const std::string& metric : plan_->metrics) {
    const MetricRow& row = find_metric(metric);
    b.output(std::string(row.name), row.build(values));
  }
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

std::vector<std::string> output_names(const TrainingPlan& plan) {
  std::vector<std::string> names = {"loss"};
  for (const std::string& metric : plan.metrics) {
    names.emplace_back(find_metric(metric).name);
    if (std::count(names.begin(), names.end(), names.back()) > 1)
      throw Error("metric '" + names.back() + "' is given twice");
  }
  return names;
}

namespace {

/// Adds what `cosine_decay(0.1, decay_steps=1000)` says, in the form that the pass reads.
void set_schedule(ir::Attrs& attrs, const std::string& text) {
  Spec spec = parse_spec(text);
  if (!passes::find_schedule(spec.name)) {
    std::vector<std::string> names;
    for (const passes::ScheduleRow& r : passes::schedule_table()) names.emplace_back(r.name);
    throw Error(unknown_name("schedule", spec.name, names));
  }
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

}  // namespace

ir::Attrs optimizer_attrs(const Optimizer& optimizer) {
  const passes::OptimizerRow* row = passes::find_optimizer(optimizer.name);
  if (!row) {
    std::vector<std::string> names;
    for (const passes::OptimizerRow& r : passes::optimizer_table()) names.emplace_back(r.name);
    throw Error(unknown_name("optimizer", optimizer.name, names));
  }
  ir::Attrs attrs;
  attrs.set("optimizer", ir::Attr(std::string(row->name)));
  if (optimizer.learning_rate) attrs.set("learning_rate", *optimizer.learning_rate);
  for (const auto& [name, value] : optimizer.options) {
    const auto* text = std::get_if<std::string>(&value);
    if (text && (name == "schedule" || name == "learning_rate"))
      set_schedule(attrs, *text);
    else
      std::visit([&, n = std::string_view(name)](const auto& v) { attrs.set(n, ir::Attr(v)); },
                 value);
  }
  passes::optimizer_steps(attrs);  // checks them
  attrs.set("learning_rate", passes::optimizer_learning_rate(attrs));
  return attrs;
}

}  // namespace lathe::detail
