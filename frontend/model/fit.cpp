// fit: epochs, chunks of steps, what is reported in between, and what happens when training ends
// early.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <ostream>

#include "frontend/model/model_impl.h"
#include "frontend/model/step_totals.h"
#include "frontend/train/losses.h"
#include "ir/error.h"
#include "runtime/philox.h"

namespace lathe::detail {

namespace {

class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

constexpr double kReportSeconds = 0.1;

}  // namespace

/// One call of fit.
class Trainer {
 public:
  Trainer(ModelImpl& model, const Inputs& x, const ArrayView& y, const FitOptions& options);
  History run();

 private:
  /// False when it was stopped.
  bool run_epoch(EpochResult& result);
  void run_steps(StepTotals& totals, const Clock& clock, const EpochResult& result);
  /// Adds the validation's results. False when it was stopped.
  bool validate(EpochResult& result);
  /// Error for a state that is no longer finite: the losses of an epoch do not show what its last
  /// step made of the weights.
  void check_states() const;
  /// `what` names the value and, behind the epoch, `where` the step.
  [[noreturn]] void diverged(const std::string& what, double value,
                             const std::string& where = "") const;
  void need_engine();
  bool stop_asked() const { return o_.stop && o_.stop->load() != 0; }
  /// The states at the start of an epoch, put back unless the epoch is kept.
  class Checkpoint;

  ModelImpl& m_;
  const FitOptions& o_;
  PreparedInputs x_, val_x_;
  PreparedTargets y_, val_y_;
  std::optional<Array> weights_, val_weights_;
  std::vector<int32_t> order_;
  Engine* engine_ = nullptr;
};

class Trainer::Checkpoint {
 public:
  explicit Checkpoint(ModelImpl& model) : model_(model), engine_(*model.engine_) {
    model_.in_epoch_ = true;
    for (const ir::State& s : engine_.states()) values_.push_back(engine_.get(s.name));
  }
  ~Checkpoint() {
    model_.in_epoch_ = false;
    if (kept_) return;
    for (size_t i = 0; i < values_.size(); ++i) engine_.set(engine_.states()[i].name, values_[i]);
  }
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;
  void keep() { kept_ = true; }

 private:
  ModelImpl& model_;
  Engine& engine_;
  std::vector<Array> values_;
  bool kept_ = false;
};

Trainer::Trainer(ModelImpl& model, const Inputs& x, const ArrayView& y, const FitOptions& options)
    : m_(model), o_(options) {
  const LossRow& loss = find_loss(m_.compile_options().loss);
  if (o_.batch_size < 1)
    throw Error("batch_size must be 1 or more, not " + std::to_string(o_.batch_size));
  if (o_.epochs < 0) throw Error("epochs must be 0 or more, not " + std::to_string(o_.epochs));
  m_.build_from(x);
  const Dims& output = m_.output_dims();
  check_inputs(m_.graph(), x);
  x_ = prepare_inputs(x);
  if (x_.rows < 1 || x_.rows > INT32_MAX)
    throw Error("x must have 1 to 2^31 - 1 rows, not " + std::to_string(x_.rows));
  y_ = prepare_targets(y, x_.rows, output, loss);
  weights_ = prepare_weights(o_.sample_weight, o_.class_weight, y_, x_.rows);
  if (o_.validation_data) {
    try {
      check_inputs(m_.graph(), o_.validation_data->x);
      const std::vector<DType> dtypes = x_.dtypes();
      val_x_ = prepare_inputs(o_.validation_data->x, &dtypes);
      if (val_x_.rows < 1) throw Error("there are no rows");
      val_y_ = prepare_targets(o_.validation_data->y, val_x_.rows, output, loss);
      val_weights_ = prepare_weights(o_.validation_data->sample_weight, {}, val_y_, val_x_.rows);
      if (val_y_.classes() != y_.classes())
        throw Error("targets are " + val_y_.view.type().to_string() +
                    ", but those for training are " + y_.view.type().to_string());
    } catch (const Error& e) {
      throw Error("validation_data: " + std::string(e.what()));
    }
  }
  need_engine();
}

// Where only the validation has weights, training has them too, all 1: one engine is enough.
void Trainer::need_engine() {
  if (val_weights_ && !weights_) {
    weights_.emplace(DType::F32, std::vector<int64_t>{x_.rows});
    weights_->fill(1.0f);
  }
  engine_ = &m_.need_engine(Level::Train, {x_.dtypes(), y_.classes(), weights_.has_value()},
                            std::min(o_.batch_size, x_.rows));
}

void Trainer::diverged(const std::string& what, double value, const std::string& where) const {
  throw Error(what + " became " + (std::isnan(value) ? "NaN" : "infinite") + " in epoch " +
              std::to_string(m_.epochs_trained + 1) + where +
              "; the weights are those before that epoch; a smaller learning rate may help");
}

void Trainer::check_states() const {
  const auto check = [&](const std::string& name, auto values) {
    for (auto v : values)
      if (!std::isfinite(v)) diverged(name, static_cast<double>(v));
  };
  for (const ir::State& s : engine_->states()) {
    if (!is_float(s.type.dtype)) continue;
    const Array value = engine_->get(s.name);
    if (s.type.dtype == DType::F32)
      check(s.name, value.data<float>());
    else
      check(s.name, value.data<double>());
  }
}

void Trainer::run_steps(StepTotals& totals, const Clock& clock, const EpochResult& result) {
  const int64_t n = x_.rows, batch = std::min(o_.batch_size, n), steps = totals.steps();
  // Compiled code is entered once an epoch, unless somebody wants to hear from it in between.
  const int watched =
      o_.terminate_on_nan ? 0 : -1;  // the loss: the step that spoils it is the last
  int64_t chunk = o_.on_batch_end || o_.on_progress ? 1 : steps;
  for (int64_t step = 0; step < steps;) {
    const Clock chunk_clock;
    const int64_t end = std::min(steps, step + chunk), first_row = step * batch;
    std::vector<const void*> params = x_.pointers();
    params.push_back(y_.view.data);
    if (weights_) params.push_back(weights_->raw());
    params.push_back(order_.data() + first_row);
    const std::vector<void*> outputs = totals.pointers(step);
    const int64_t done = engine_->run("train_step", params, outputs, batch,
                                      std::min(n, end * batch) - first_row, n, o_.stop, watched);
    const auto bad = totals.finish(step + done);
    if (bad && o_.terminate_on_nan)
      diverged("loss", totals.loss(*bad), ", step " + std::to_string(*bad + 1));
    if (o_.on_batch_end)
      for (int64_t s = step; s < step + done; ++s)
        o_.on_batch_end({result.epoch, s + 1, steps, totals.rows_of(s), totals.of_step(s)});
    step += done;
    if (o_.on_progress)
      o_.on_progress(
          {result.epoch, result.epochs, totals.rows_done(), n, clock.seconds(), totals.all()});
    if (step < steps && stop_asked()) return;
    if (!o_.on_batch_end && o_.on_progress) {
      const double each = std::max(chunk_clock.seconds(), 1e-7) / static_cast<double>(done);
      chunk = std::clamp<int64_t>(static_cast<int64_t>(kReportSeconds / each), 1, 2 * chunk + 1);
    }
  }
}

bool Trainer::validate(EpochResult& result) {
  if (!o_.validation_data) return true;
  const std::optional<Logs> logs =
      m_.run_evaluation(val_x_, val_y_, val_weights_, o_.batch_size, nullptr, o_.stop);
  if (!logs) return false;
  if (o_.terminate_on_nan && !std::isfinite(logs->loss())) diverged("val_loss", logs->loss());
  for (const auto& [name, value] : *logs) result.logs.add("val_" + name, value);
  return true;
}

bool Trainer::run_epoch(EpochResult& result) {
  const CompileOptions& c = m_.compile_options();
  const int64_t n = x_.rows;
  if (o_.shuffle) {
    order_ = runtime::shuffled_indices(n, o_.seed.value_or(c.seed),
                                       static_cast<uint32_t>(m_.epochs_trained));
  } else if (order_.empty()) {
    order_.resize(static_cast<size_t>(n));
    std::iota(order_.begin(), order_.end(), 0);
  }
  Checkpoint checkpoint(m_);
  StepTotals totals(plan_metrics(m_.plan()), m_.output_sizes_, n, std::min(o_.batch_size, n));
  const Clock clock;
  run_steps(totals, clock, result);
  if (totals.rows_done() < n) return false;
  result.seconds = clock.seconds();
  result.rows_per_second = static_cast<double>(n) / std::max(result.seconds, 1e-9);
  result.logs = totals.all();
  if (o_.terminate_on_nan) check_states();
  if (!validate(result)) return false;
  checkpoint.keep();
  return true;
}

History Trainer::run() {
  History h;
  const int64_t last = m_.epochs_trained + o_.epochs;
  while (m_.epochs_trained < last) {
    EpochResult result;
    result.epoch = m_.epochs_trained + 1;
    result.epochs = last;
    if (stop_asked() || !run_epoch(result)) {
      h.stopped = true;
      break;
    }
    ++m_.epochs_trained;
    m_.history.push_back(result);
    h.epochs.push_back(result);
    if (o_.log) *o_.log << result.to_string() << std::endl;
    if (o_.on_epoch_end) o_.on_epoch_end(result);
    // A callback may have changed what the engine is, by saving or by other run options.
    need_engine();
  }
  return h;
}

History ModelImpl::fit(const Inputs& x, const ArrayView& y, const FitOptions& options) {
  if (in_epoch_) throw Error("fit can't be called while fit runs an epoch of the same model");
  return Trainer(*this, x, y, options).run();
}

}  // namespace lathe::detail
