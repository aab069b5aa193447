// A model inside: its graph, how it is trained, its states, and the engine that runs it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frontend/engine/engine.h"
#include "frontend/layers/adapter.h"
#include "frontend/model/model_graph.h"
#include "frontend/model/prepared_rows.h"
#include "frontend/model/row_source.h"
#include "frontend/model/shared_layers.h"
#include "frontend/model/step_builder.h"
#include "frontend/model/unfinished_epoch.h"
#include "frontend/train/losses.h"
#include "lathe/model.h"

namespace lathe::detail {

class ModelImpl {
 public:
  ModelImpl(std::string name, ModelGraph graph);
  /// A Sequential whose graph is made when its input shape is known.
  ModelImpl(std::string name, std::vector<LayerPtr> layers);
  /// Layers that others have keep their weights.
  ~ModelImpl();

  // structure
  const std::string& name() const { return name_; }
  void add(LayerPtr layer);
  void build(const Dims& input_shape);
  bool built() const { return graph_.has_value(); }
  const ModelGraph& graph() const;  ///< Error before it is built
  const std::vector<LayerPtr>& chain() const { return chain_; }

  // training configuration
  void compile(CompileOptions options);
  void restart(std::optional<uint64_t> seed);
  void set_run_options(const RunOptions& run);
  const RunOptions& run_options() const { return run_; }
  bool compiled() const { return compiled_.has_value(); }
  const CompileOptions& compile_options() const;
  /// The same by output. Error before compile().
  TrainingPlan plan() const;
  /// Error before compile() and before the model is built.
  ModelTargets targets() const;

  // work
  /// `model` is the handle that callbacks get.
  History fit(Model& model, const Inputs& x, const Targets& y, const FitOptions& options);
  History fit(Model& model, const Shards& data, const FitOptions& options);
  Logs train_on_batch(const Inputs& x, const Targets& y, const BatchOptions& options);
  Logs evaluate(const Inputs& x, const Targets& y, const EvaluateOptions& options);
  Logs evaluate(const Shards& data, const EvaluateOptions& options);
  std::vector<Array> predict(const Inputs& x, const PredictOptions& options);
  void adapt(const std::string& layer, const Adapter::NextRows& next);

  // states
  std::vector<Array> weights();
  void set_weights(const std::vector<Array>& weights);
  double learning_rate();
  void set_learning_rate(double rate);
  /// Every state there is, by name: weights, slots, learning rate, counters.
  std::map<std::string, Array> states();
  /// Their names, in order.
  std::vector<std::string> state_names();
  /// Error where a layer learns its weights from data and has not done so.
  void check_adapted();
  /// Replaces them. Weights must all be there, with their types; others are taken when they are
  /// needed.
  void set_states(std::map<std::string, Array> states);

  /// One of them.
  bool has_state(const std::string& name) const;
  Array state(const std::string& name) const;
  void set_state(const std::string& name, const Array& value);
  /// The optimiser keeps the average of each weight that is trained, as the state WEIGHT.average.
  bool averages_weights() const;
  /// Weights and averages change places, until they do so again.
  void swap_averages();
  bool averages_are_swapped() const { return averages_swapped_; }
  /// The weights become the averages, which stay: what Keras's optimisers do at a training's end
  /// (finalize_variable_values). Nothing happens where there are none, or no step was done.
  void take_averages();

  /// What runs the model now; null before the first work and when it was given up again.
  const Engine* engine() const { return engine_.get(); }

  std::vector<std::string> warnings();
  /// The built module for the data last seen.
  const ir::Module& module();

  std::map<std::string, std::string> notes;
  std::vector<std::string> class_names;
  std::vector<EpochResult> history;
  int64_t epochs_trained = 0;
  /// While fit runs an epoch, and where a backup that was made meanwhile was read: the next epoch
  /// goes on from there.
  std::optional<UnfinishedEpoch> unfinished;
  DataForm form;  ///< of the data last seen; x is empty before

 private:
  friend class EpochCheckpoint;
  friend class Trainer;
  void set_graph(std::optional<ModelGraph> graph);
  void build_from(const Inputs& x);
  TrainingPlan make_plan(const CompileOptions& options) const;
  /// Makes weights unless there are some, and takes the newest of layers that other models have.
  void need_weights();
  void make_weights();
  /// The weights' first values, into states_.
  void draw_weights();
  static void check_seed(uint64_t seed);
  /// Rate, history and so on as before the first step.
  void begin_training();
  /// An engine with the functions of `level`, for data of that form and batches up to `batch`.
  Engine& need_engine(Level level, const DataForm& form, int64_t batch);
  /// Takes the states out of the engine, which is gone then. Error while fit is using it.
  void drop_engine();
  void fill_engine();
  /// Names of weights that have an average, and of that.
  std::vector<std::pair<std::string, std::string>> averaged_weights() const;
  static void check_batch(int64_t batch);
  /// Error where fit is in an epoch, in which `what` can't be called.
  void check_no_epoch_runs(const char* what) const;
  /// Shards for a model that they may have to build; `epoch`: the first one, counted from 0.
  std::unique_ptr<RowSource> make_shard_rows(const Shards& data, const RowOrder& order,
                                             const std::map<int64_t, double>& class_weight,
                                             int64_t epoch);
  /// Nothing when it was stopped.
  std::optional<Logs> run_evaluation(RowSource& rows, int64_t batch,
                                     const std::function<void(int64_t, int64_t)>& progress,
                                     const std::atomic<int32_t>* stop);

  std::string name_;
  std::vector<LayerPtr> chain_;  ///< of a Sequential that is not built yet
  std::optional<ModelGraph> graph_;
  SharedLayers shared_{*this};
  bool has_weights_ = false;
  std::optional<CompileOptions> compiled_;
  RunOptions run_;

  std::map<std::string, Array> states_;  ///< while there is no engine, and those it does not hold
  std::unique_ptr<Engine> engine_;
  Level engine_level_ = Level::Init;
  DataForm engine_form_;
  int64_t engine_batch_ = 0;
  std::vector<int64_t> output_sizes_;  ///< of a step of the engine
  bool in_epoch_ = false;              ///< fit holds on to the engine
  bool averages_swapped_ = false;
  std::shared_ptr<runtime::WorkerTeam> team_;
  std::optional<ir::Module> module_;
};

}  // namespace lathe::detail
