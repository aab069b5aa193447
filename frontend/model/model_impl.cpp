#include "frontend/model/model_impl.h"

#include <algorithm>
#include <set>

#include "frontend/model/first_value.h"
#include "ir/error.h"
#include "passes/pipeline.h"

namespace lathe::detail {

ModelImpl::ModelImpl(std::string name, ModelGraph graph) : name_(std::move(name)) {
  set_graph(std::move(graph));
}

ModelImpl::ModelImpl(std::string name, std::vector<LayerPtr> layers) : name_(std::move(name)) {
  for (LayerPtr& layer : layers) add(std::move(layer));
}

ModelImpl::~ModelImpl() {
  chain_.clear();
  shared_.leave();
}

void ModelImpl::set_graph(std::optional<ModelGraph> graph) {
  if (graph) SharedLayers::check(*graph);
  shared_.leave();
  graph_ = std::move(graph);
  has_weights_ = false;
  if (graph_) shared_.join();
}

void ModelImpl::add(LayerPtr layer) {
  if (compiled()) throw Error("no layer can be added to a model that is compiled");
  if (graph_ && chain_.empty()) throw Error("layers can only be added to a Sequential");
  std::vector<LayerPtr> chain = chain_;
  chain.push_back(std::move(layer));
  std::optional<ModelGraph> graph;
  const bool has_input = chain[0]->type().name == "InputLayer";
  if (has_input && chain.size() > 1) graph = make_chain(chain, nullptr);
  if (graph_ && !has_input) throw Error("no layer can be added to a model that is built");
  drop_engine();
  set_graph(std::move(graph));
  chain_ = std::move(chain);
  states_.clear();
}

void ModelImpl::build(const Dims& input_shape) {
  if (graph_) {
    const Dims& have = graph_->calls[graph_->inputs[0]].shape;
    if (graph_->inputs.size() == 1 && have == input_shape) return;
    throw Error("the model is built already, for rows of " + dims_to_string(have));
  }
  set_graph(make_chain(chain_, &input_shape));
}

void ModelImpl::build_from(const Inputs& x) {
  if (graph_) return;
  if (x.size() != 1 || x.entries()[0].data.shape.empty())
    throw Error("a Sequential takes one array, the rows in its first dimension");
  build(x.entries()[0].row_shape());
}

const ModelGraph& ModelImpl::graph() const {
  if (!graph_)
    throw Error("the model has no input shape yet: give it an Input, call build, or fit it");
  return *graph_;
}

void ModelImpl::compile(CompileOptions options) {
  check_plan(make_plan(options));
  optimizer_attrs(options.optimizer);
  check_seed(options.seed);
  set_run_options(options.run);
  drop_engine();
  // Slots belong to the optimiser that is gone.
  if (graph_) {
    const std::vector<std::string> keep = graph_->state_names();
    std::erase_if(states_, [&](const auto& s) {
      return std::find(keep.begin(), keep.end(), s.first) == keep.end();
    });
  }
  compiled_ = std::move(options);
  begin_training();
  module_.reset();
  form = {};
}

void ModelImpl::check_seed(uint64_t seed) {
  if (seed > uint64_t{1} << 53)
    throw Error("the seed must be at most 2^53, not " + std::to_string(seed));
}

void ModelImpl::begin_training() {
  Array rate(DType::F32, {});
  rate.data<float>()[0] =
      static_cast<float>(optimizer_attrs(compiled_->optimizer).real("learning_rate", 0));
  states_.insert_or_assign("learning_rate", std::move(rate));
  history.clear();
  epochs_trained = 0;
  unfinished.reset();
  averages_swapped_ = false;
}

void ModelImpl::set_run_options(const RunOptions& run) {
  resolve_backend(run.backend);
  if (run.threads < 0 || run.threads > runtime::WorkerTeam::kMaxWorkers)
    throw Error("threads must be 1 to " + std::to_string(runtime::WorkerTeam::kMaxWorkers) +
                ", or 0 for one a core, not " + std::to_string(run.threads));
  if (run.max_batch < 1) throw Error("max_batch must be 1 or more");
  drop_engine();
  team_.reset();
  run_ = run;
  if (compiled_) compiled_->run = run;
}

const CompileOptions& ModelImpl::compile_options() const {
  if (!compiled_) throw Error("the model is not compiled: call compile first");
  return *compiled_;
}

TrainingPlan ModelImpl::make_plan(const CompileOptions& options) const {
  return detail::make_plan(options, graph_ ? graph_->output_names() : std::vector<std::string>{""});
}

TrainingPlan ModelImpl::plan() const {
  return make_plan(compile_options());
}

ModelTargets ModelImpl::targets() const {
  const TrainingPlan training = plan();
  ModelTargets t;
  for (size_t i = 0; i < graph().outputs.size(); ++i) {
    const OutputPlan& output = training.outputs[i];
    t.outputs.push_back(output.name);
    if (output.has_targets())
      t.all.push_back({i, graph().calls[graph().outputs[i]].shape, &output.target_rules()});
  }
  return t;
}

void ModelImpl::check_no_epoch_runs(const char* what) const {
  if (in_epoch_)
    throw Error(std::string(what) + " can't be called while fit runs an epoch of the same model");
}

void ModelImpl::need_weights() {
  if (!has_weights_) make_weights();
  shared_.take_newest();
}

void ModelImpl::make_weights() {
  if (graph().state_names().empty()) return;
  draw_weights();
  shared_.made();
}

void ModelImpl::draw_weights() {
  const std::vector<std::string> names = graph().state_names();
  const ir::Module init = build_module(graph(), name_, nullptr, {}, Level::Init);
  std::vector<Array> weights = initial_weights(init, compiled_ ? compiled_->seed : 0);
  size_t at = 0;
  for (const ModelGraph::Layer& layer : graph().layers) {
    if (auto first = layer.layer->first_weights(layer.weights))
      std::move(first->begin(), first->end(), weights.begin() + static_cast<std::ptrdiff_t>(at));
    at += layer.weights.size();
  }
  for (size_t i = 0; i < names.size(); ++i)
    states_.insert_or_assign(names[i], std::move(weights[i]));
  has_weights_ = true;
}

void ModelImpl::restart(std::optional<uint64_t> seed) {
  check_no_epoch_runs("restart");
  const uint64_t chosen = seed.value_or(compile_options().seed);
  check_seed(chosen);
  graph();  // an Error where there is none yet
  compiled_->seed = chosen;
  states_.clear();
  begin_training();
  draw_weights();
  if (engine_) fill_engine();
  shared_.changed();
}

void ModelImpl::drop_engine() {
  if (!engine_) return;
  if (in_epoch_)
    throw Error("the model is in the middle of an epoch: this can be done between epochs only");
  for (const ir::State& s : engine_->states())
    states_.insert_or_assign(s.name, engine_->get(s.name));
  engine_.reset();
}

void ModelImpl::fill_engine() {
  for (const ir::State& s : engine_->states()) {
    const auto have = states_.find(s.name);
    if (have == states_.end() || have->second.type() == s.type) continue;
    const Error error("state " + s.name + " is " + have->second.type().to_string() + ", not " +
                      s.type.to_string());
    engine_.reset();  // nothing has moved into it yet
    throw error;
  }
  for (const ir::State& s : engine_->states()) {
    const auto have = states_.find(s.name);
    if (have != states_.end()) {
      engine_->set(s.name, have->second);
      states_.erase(have);
      continue;
    }
    engine_->set(s.name, first_value(s, compiled_ ? compiled_->seed : 0));
  }
}

Engine& ModelImpl::need_engine(Level level, const DataForm& data, int64_t batch) {
  const bool steps = level >= Level::Evaluate;
  const bool fits = engine_ && engine_level_ >= level && engine_batch_ >= batch &&
                    (!steps || engine_form_ == data);
  need_weights();
  if (fits) return *engine_;
  const Level wanted = engine_ ? std::max(level, engine_level_) : level;
  const DataForm& new_form = steps || !engine_ ? data : engine_form_;
  const int64_t max_batch = std::max({batch, run_.max_batch, engine_batch_});
  const TrainingPlan training = wanted >= Level::Evaluate ? plan() : TrainingPlan{};
  const ir::Module module = build_module(graph(), name_, &training, new_form, wanted);
  if (!team_ && resolve_backend(run_.backend) == Backend::Llvm)
    team_ = std::make_shared<runtime::WorkerTeam>(
        run_.threads > 0 ? run_.threads : runtime::usable_cores(), run_.pin);
  drop_engine();
  engine_ = make_engine(module, run_, max_batch, team_);
  engine_level_ = wanted;
  engine_form_ = new_form;
  engine_batch_ = max_batch;
  output_sizes_.clear();
  if (wanted >= Level::Evaluate) output_sizes_ = output_sizes(module);
  fill_engine();
  if (steps) {
    if (!(form == data)) module_.reset();
    form = data;
  }
  return *engine_;
}

std::vector<Array> ModelImpl::weights() {
  need_weights();
  std::vector<Array> all;
  for (const std::string& name : graph().weight_names())
    all.push_back(engine_ ? engine_->get(name) : states_.at(name));
  return all;
}

void ModelImpl::set_weights(const std::vector<Array>& weights) {
  need_weights();
  const std::vector<std::string> names = graph().weight_names();
  if (weights.size() != names.size())
    throw Error("the model has " + std::to_string(names.size()) + " weights, not " +
                std::to_string(weights.size()));
  const std::vector<Array> old = this->weights();
  for (size_t i = 0; i < names.size(); ++i)
    if (weights[i].type() != old[i].type())
      throw Error("weight " + names[i] + " is " + old[i].type().to_string() + ", not " +
                  weights[i].type().to_string());
  for (size_t i = 0; i < names.size(); ++i) {
    if (engine_)
      engine_->set(names[i], weights[i]);
    else
      states_.insert_or_assign(names[i], weights[i]);
  }
  shared_.changed();
}

double ModelImpl::learning_rate() {
  compile_options();
  if (engine_ && engine_->has_state("learning_rate"))
    return engine_->get("learning_rate").data<float>()[0];
  return states_.at("learning_rate").data<float>()[0];
}

void ModelImpl::set_learning_rate(double rate) {
  compile_options();
  if (!(rate >= 0 && rate <= 3e38)) throw Error("the learning rate must be 0 or more, and finite");
  if (const std::string schedule = optimizer_attrs(compiled_->optimizer).word("schedule");
      !schedule.empty())
    throw Error("the learning rate follows the schedule " + schedule + ": it can't be set");
  Array value(DType::F32, {});
  value.data<float>()[0] = static_cast<float>(rate);
  if (engine_ && engine_->has_state("learning_rate"))
    engine_->set("learning_rate", value);
  else
    states_.insert_or_assign("learning_rate", std::move(value));
}

std::map<std::string, Array> ModelImpl::states() {
  need_weights();
  std::map<std::string, Array> all = states_;
  if (engine_)
    for (const ir::State& s : engine_->states()) all.insert_or_assign(s.name, engine_->get(s.name));
  return all;
}

std::vector<std::string> ModelImpl::state_names() {
  need_weights();
  std::set<std::string> names;
  for (const auto& [name, value] : states_) names.insert(name);
  if (engine_)
    for (const ir::State& s : engine_->states()) names.insert(s.name);
  return {names.begin(), names.end()};
}

bool ModelImpl::has_state(const std::string& name) const {
  return (engine_ && engine_->has_state(name)) || states_.count(name) > 0;
}

Array ModelImpl::state(const std::string& name) const {
  return engine_ && engine_->has_state(name) ? engine_->get(name) : states_.at(name);
}

void ModelImpl::set_state(const std::string& name, const Array& value) {
  if (engine_ && engine_->has_state(name))
    engine_->set(name, value);
  else
    states_.insert_or_assign(name, value);
}

void ModelImpl::set_states(std::map<std::string, Array> states) {
  check_no_epoch_runs("set_states");
  for (const ModelGraph::Layer& layer : graph().layers) {
    const std::vector<std::string> names = layer.states();
    for (size_t i = 0; i < names.size(); ++i) {
      const auto at = states.find(names[i]);
      if (at == states.end()) throw Error("weight " + names[i] + " is missing");
      if (at->second.dtype() != DType::F32 || at->second.shape() != layer.weights[i].shape)
        throw Error("weight " + names[i] + " is " + at->second.type().to_string() + ", not f32" +
                    dims_to_string(layer.weights[i].shape));
    }
  }
  if (compiled_ && !states.count("learning_rate"))
    states.insert_or_assign("learning_rate", std::move(states_.at("learning_rate")));
  engine_.reset();
  states_ = std::move(states);
  has_weights_ = true;
  shared_.changed();
  averages_swapped_ = false;
}

std::vector<std::string> ModelImpl::warnings() {
  std::vector<std::string> all;
  if (!compiled_) return all;
  ir::Module m = module();
  passes::Remarks remarks;
  passes::run_to_stage(m, passes::Stage::Differentiated, {}, remarks);
  for (const passes::Remark& r : remarks)
    if (r.pass == "autodiff" && r.function == "train_step")
      all.push_back(r.subject + " " + r.message);
  return all;
}

const ir::Module& ModelImpl::module() {
  if (module_) return *module_;
  if (form.x.empty()) {
    form.x.assign(graph().inputs.size(), DType::F32);
    form.y.clear();
    if (compiled_)
      for (const ModelTargets::Target& t : targets().all)
        form.y.push_back(t.loss->targets == TargetKind::Classes ? DType::I32 : DType::F32);
  }
  if (compiled_) {
    const TrainingPlan training = plan();
    module_ = build_module(graph(), name_, &training, form, Level::Train);
  } else {
    module_ = build_module(graph(), name_, nullptr, form, Level::Predict);
  }
  return *module_;
}

}  // namespace lathe::detail
