// Models: layers put together, compiled, trained and used.
//
//   Sequential model({Input({784}), Dense(500, "sigmoid"), Dense(10, "softmax")});
//   model.compile({.loss = "mse", .optimizer = SGD(0.1), .metrics = {"accuracy"}});
//   model.fit(x, y, {.batch_size = 100, .epochs = 20});
//   model.save("digits.lathe");
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lathe/array.h"
#include "lathe/fit_options.h"
#include "lathe/history.h"
#include "lathe/layers.h"
#include "lathe/optimizers.h"
#include "lathe/outputs.h"
#include "lathe/shards.h"
#include "lathe/tensor.h"

namespace lathe {

namespace ir {
struct Module;
}
namespace detail {
class ModelImpl;
}

/// How Keras writes models as JSON: now, and before Keras 3.
enum class KerasForm { Keras3, Keras2 };

/// What runs a model. Auto: Llvm where it was built in, otherwise Interpreter (slow, exact).
enum class Backend { Auto, Interpreter, Llvm };

/// Where and how compiled code runs. None of it changes a result, but for CPUs without FMA and the
/// interpreter: docs/architecture.md, "Same bits".
struct RunOptions {
  /// Of compiled code, 1 to 256; 0: one a usable core. Calls whose steps are so short that one thread
  /// is measured to be at most 3 % slower run on one. No result depends on it.
  int threads = 0;
  bool pin = false;  ///< each thread stays on a core of its own; Error where the system can't
  Backend backend = Backend::Auto;
  int64_t max_batch = 256;  ///< rows that memory is planned for; a larger training batch raises it
  std::string cpu = "";     ///< as LLVM names it, such as `x86-64-v3`; empty: this one
  std::string features = "";  ///< LLVM's feature string
  /// Compiled code is kept for other processes, in `$XDG_CACHE_HOME/lathe/code`, else
  /// `~/.cache/lathe/code`, and taken from there. False: neither.
  bool cache = true;
};

/// What is said by output, of models with several: outputs.h.
struct CompileOptions {
  Losses loss;
  Optimizer optimizer = "sgd";
  /// `accuracy`, `auc(curve=PR)`, a loss, …: `lathe list metrics`. One of several numbers has an entry
  /// for each in logs, `precision_0.2` or `f1_0`, and a confusion matrix a table: metrics.h.
  Metrics metrics = {};
  /// The same, in which rows count by their sample or class weights.
  Metrics weighted_metrics = {};
  LossWeights loss_weights = {};
  uint64_t seed = 0;  ///< of initial weights and of shuffles
  RunOptions run = {};
};

struct LayerInfo {
  std::string name, type;
  std::vector<int64_t> output_shape;  ///< without the batch
  int64_t parameters = 0;
  int64_t trainable_parameters = 0;  ///< those of them that training moves by gradients
};

/// Movable, not copyable. Not for use from several threads at once. Models that are made of the same
/// layers share those layers' weights (layers.h); a callback of fit that uses another one of them
/// sees the weights of that moment, and what it changes the next step goes on from. Where an epoch is
/// undone, they are again what they were.
class Model {
 public:
  /// The layers on the way from `inputs` to `outputs`. Error when an output depends on an input
  /// that is not named, or an input is not used.
  Model(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs,
        std::string name = "model");
  /// Reads a saved model. Error when the file is missing, damaged or of a newer lathe.
  static Model load(const std::filesystem::path& path, const RunOptions& run = {});
  /// A model of new layers, without weights, as Keras 3 or Keras 2 writes it (their to_json):
  /// Sequential and functional, or Lathe's short form (model_json.h). How it was compiled is not read.
  /// Error, with the place, for layers and options that Lathe does not have.
  static Model from_json(std::string_view text);
  /// A model that was moved from may only be assigned to, or destroyed.
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  /// Fixes how the model is trained. Error for unknown names, and for what does not fit the outputs
  /// (outputs.h). Weights stay; slots of an optimiser begin anew.
  void compile(CompileOptions options);
  /// Back to before the first step, with weights drawn anew by `seed` (nothing: the one that is
  /// fixed), which is CompileOptions::seed from now on. What adapted layers had learned is gone too;
  /// layers that other models share begin anew there as well. Code that was compiled stays: many
  /// trainings of one model cost one compilation. Error before compile() and build, and within an
  /// epoch of fit.
  void restart(std::optional<uint64_t> seed = std::nullopt);
  /// Changes threads, backend, …: nothing that is saved.
  void set_run_options(const RunOptions& run);
  const CompileOptions& compile_options() const;  ///< Error before compile()
  bool compiled() const;

  /// Gives a Sequential without Input its input shape, without the batch, as the first fit would.
  /// Error when a layer can't take it, or the model is built for rows of another shape.
  void build(std::vector<int64_t> input_shape);
  bool built() const;
  const std::string& name() const;
  /// The model's layers, without weights, as Keras writes them, for its model_from_json. (Keras 3
  /// reads the form of Keras 2 in whole models of .h5 alone.) Error for what Keras does not have, such
  /// as the activation gaussian.
  std::string to_json(KerasForm form = KerasForm::Keras3) const;
  /// A table: layer, output shape, parameters; below, how many there are in all, and how many are
  /// not trained, where there are such.
  std::string summary() const;
  std::vector<LayerInfo> layers() const;
  int64_t parameter_count() const;
  int64_t trainable_parameter_count() const;
  std::vector<std::vector<int64_t>> input_shapes() const;   ///< without the batch
  std::vector<std::vector<int64_t>> output_shapes() const;  ///< without the batch
  std::vector<std::string> output_names() const;            ///< of the layers that make them

  /// Adapts a layer of the model, a Normalization (layers.h), to rows of that layer's input; what it
  /// had learned is gone. Error for layers that learn nothing from data alone, for rows of another
  /// shape, as Normalization::adapt, and within an epoch of fit.
  void adapt(const std::string& layer, const ArrayView& x);
  void adapt(const std::string& layer, const Shards& data);
  /// Trains on rows x (u8, or f32; other types are converted to f32) and targets y (see losses.h).
  /// With use_ema it ends with the weights' averages (optimizers.h).
  /// Error for shapes that don't fit, labels out of range, a loss that is no longer finite.
  History fit(const Inputs& x, const Targets& y, const FitOptions& options = {});
  /// Trains on data that need not fit into memory (shards.h), as on arrays: the same rows in the same
  /// order give the same bits. A shard that can't be read, or has rows of another form than those
  /// before it, is an Error that names it; the weights are those before the epoch. Not of a model
  /// with targets of several outputs, nor with the options sample_weight, steps_per_epoch and
  /// validation_split. FitOptions::stop is looked at when a file has been read, not meanwhile.
  History fit(const Shards& data, const FitOptions& options = {});
  /// Losses and metrics: means over all rows; empty when EvaluateOptions::stop ended it before that.
  Logs evaluate(const Inputs& x, const Targets& y, const EvaluateOptions& options = {});
  Logs evaluate(const Shards& data, const EvaluateOptions& options = {});
  /// f32[n, …]. Error for a model with several outputs.
  Array predict(const Inputs& x, const PredictOptions& options = {});
  /// One f32[n, …] an output, in their order; f32[0, …] of no rows. Error for inputs whose number,
  /// shapes or numbers of rows don't fit, and a batch_size below 1.
  std::vector<Array> predict_all(const Inputs& x, const PredictOptions& options = {});
  /// One step on these rows, in their order, as fit does it: the same bits. Loss and metrics of this
  /// batch alone, before the weights change (Keras's are means since its last reset_metrics). A loss
  /// that is not finite is no Error, and no epoch is counted. Error as for fit, and within an epoch
  /// of fit.
  Logs train_on_batch(const Inputs& x, const Targets& y, const BatchOptions& options = {});
  /// evaluate of these rows as one batch.
  Logs test_on_batch(const Inputs& x, const Targets& y, const SampleWeights& sample_weight = {});
  /// predict of these rows as one batch.
  Array predict_on_batch(const Inputs& x);
  /// The most probable class of every row; of one output: 1 where it is over 0.5, or over 0
  /// where the loss takes logits.
  std::vector<int64_t> predict_classes(const Inputs& x, const PredictOptions& options = {});

  /// Copies of the weights in model order: kernel f32[inputs, units], then bias f32[units], of every
  /// layer that has them. A model that was not trained gets its initial ones. Error before the model
  /// is built.
  std::vector<Array> get_weights();
  /// Takes as many as get_weights gives, of the same shapes, all f32; slots of the optimiser stay.
  /// Error for another number or type, with no weight changed, and before the model is built.
  void set_weights(const std::vector<Array>& weights);
  std::vector<std::string> weight_names() const;
  /// Weights as Keras writes them: NAME.weights.h5 in the form of Keras 3, NAME.h5 in the one of
  /// Keras 2, which Keras 3 reads too; NAME.weights with slots and counters, for compiled models, which
  /// write such files too. Written as a whole or not at all. Error for another name.
  void save_weights(const std::filesystem::path& path);
  /// Takes weights from one of these forms, or from a whole model that Keras saved as .h5: by the names of
  /// layers where all are there, otherwise in Keras's order of layers. Error, with no weight
  /// changed, where a layer or its shapes differ, for links to elsewhere and damaged files. The file
  /// is read in a process of its own, forked from this one, because the HDF5 library does not
  /// withstand every damaged file.
  void load_weights(const std::filesystem::path& path);
  /// Over all weights in model order, row-major little-endian.
  std::string weights_sha256();
  /// That of the next step; of an optimiser with a schedule that of the last step (Keras: of the next
  /// one), before the first one the rate that the schedule was given. Error before compile().
  double learning_rate();
  /// From the next step on. Error before compile(), and unless finite and 0 or more.
  void set_learning_rate(double rate);

  int64_t epochs_trained() const;
  const std::vector<EpochResult>& history() const;  ///< of all epochs since compile()
  /// What is probably not meant in how the model is trained: a line for each weight that training
  /// would move but that gets no gradient, as before a layer with the activation `step`. Empty before
  /// compile(). fit writes them to FitOptions::log.
  std::vector<std::string> warnings();
  /// The step's IR, stage `built`, for the data last seen (otherwise f32 rows).
  const ir::Module& module();

  /// Text that is saved with the model, such as {"task", "mnist"}.
  std::map<std::string, std::string>& notes();
  const std::map<std::string, std::string>& notes() const;
  /// Names of the outputs; empty: none. Error unless as many as the output has units.
  void set_class_names(std::vector<std::string> names);
  const std::vector<std::string>& class_names() const;

  /// Writes everything that using the model and continuing its training takes. The file is replaced
  /// as a whole: on Error (a full disk, say) an older one is as it was. Error for a name that ends in
  /// .keras, .h5 or .hdf5, which are Keras's: NAME.lathe, say; of Keras's forms there is save_weights.
  void save(const std::filesystem::path& path);

  detail::ModelImpl& impl() { return *impl_; }

 protected:
  explicit Model(std::unique_ptr<detail::ModelImpl> impl);
  std::unique_ptr<detail::ModelImpl> impl_;
};

/// Layers one after another. The first may be an Input; without it the shape of the rows is known
/// when the first data come, or by build().
class Sequential : public Model {
 public:
  explicit Sequential(std::initializer_list<Layer> layers, std::string name = "sequential");
  explicit Sequential(const std::vector<Layer>& layers = {}, std::string name = "sequential");
  /// Error once the model is compiled. Layers keep their weights.
  void add(const Layer& layer);
};

}  // namespace lathe
