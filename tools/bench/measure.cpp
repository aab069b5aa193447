#include "tools/bench/measure.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "frontend/engine/engine.h"
#include "frontend/model/first_value.h"
#include "frontend/model/model_impl.h"
#include "lathe/catalog.h"
#include "lathe/model_json.h"
#include "runtime/code_cache.h"
#include "runtime/philox.h"
#include "tools/bench/peak.h"
#include "tools/cli/args.h"

namespace lathe::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUp = 3;
constexpr double kBudgetSeconds = 1.5;
constexpr size_t kLeastCalls = 5;
/// Calls are this long, so that entering and leaving them does not count.
constexpr double kCallSeconds = 4e-3;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Median and least seconds of `call`, which does `steps` steps; `between` is not timed. `workers`:
/// of the last call.
Measurement timed(int64_t steps, const std::function<void()>& call,
                  const std::function<void()>& between, const std::function<int()>& workers) {
  std::vector<double> times;
  std::map<int, int64_t> ran_on;
  const auto once = [&] {
    between();
    const auto start = Clock::now();
    call();
    return seconds_since(start) / static_cast<double>(steps);
  };
  for (int i = 0; i < kWarmUp; ++i) once();
  const auto begin = Clock::now();
  while (times.size() < kLeastCalls || seconds_since(begin) < kBudgetSeconds) {
    times.push_back(once());
    ++ran_on[workers()];
  }
  std::sort(times.begin(), times.end());
  const size_t middle = times.size() / 2;
  Measurement m;
  m.median_s = times.size() % 2 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  m.min_s = times[0];
  m.calls = static_cast<int64_t>(times.size());
  m.steps_a_call = steps;
  m.workers = std::max_element(ran_on.begin(), ran_on.end(), [](const auto& a, const auto& b) {
                return a.second < b.second;
              })->first;
  return m;
}

/// Numbers in [0, 1).
Array random_rows(int64_t rows, int64_t columns, uint32_t stream) {
  Array array(DType::F32, {rows, columns});
  const auto values = array.data<float>();
  for (size_t i = 0; i < values.size(); i += 4) {
    const auto bits = runtime::philox_block(0, stream, 0, i / 4);
    for (size_t j = 0; j < 4 && i + j < values.size(); ++j) {
      values[i + j] = runtime::uniform_from_bits(bits[j]);
    }
  }
  return array;
}

/// One-hot rows, or any numbers for one unit.
Array random_targets(int64_t rows, int64_t columns) {
  if (columns == 1) return random_rows(rows, 1, 1);
  Array array(DType::F32, {rows, columns});
  const auto values = array.data<float>();
  for (int64_t i = 0; i < rows; ++i) {
    const float unit = runtime::uniform_at(0, 1, 0, static_cast<uint64_t>(i));
    values[static_cast<size_t>(i * columns) +
           static_cast<size_t>(unit * static_cast<float>(columns))] = 1;
  }
  return array;
}

void require_layer(const std::string& name) {
  for (const CatalogEntry& layer : catalog("layers")) {
    if (layer.name == name) return;
  }
  throw Error(fmt::format("this build has no layer {}, which the work asks for", name));
}

Model make_model(const Work& work, int threads, bool pin, bool cache = true) {
  nlohmann::ordered_json layers;
  for (size_t i = 0; i < work.activations.size(); ++i) {
    layers.push_back(
        {{"type", "Dense"}, {"units", work.widths[i + 1]}, {"activation", work.activations[i]}});
    if (work.dropout > 0 && i + 1 < work.activations.size()) {
      require_layer("Dropout");
      layers.push_back({{"type", "Dropout"}, {"rate", work.dropout}});
    }
  }
  const nlohmann::ordered_json description = {{"input", {work.widths[0]}}, {"layers", layers}};
  Model model = model_from_json(description.dump(), "--work");
  CompileOptions options;
  options.loss = Loss(work.loss == "cce" ? "categorical_crossentropy" : work.loss);
  options.optimizer = Optimizer(work.optimizer);
  options.optimizer.learning_rate = work.learning_rate();
  options.run.threads = threads;
  options.run.pin = pin;
  options.run.cache = cache;
  model.compile(options);
  return model;
}

/// The compiled step with everything it needs.
class Stepper {
 public:
  Stepper(const Work& work, int threads, bool pin)
      : batch_(work.batch),
        x_(random_rows(work.rows(), work.widths.front(), 0)),
        y_(random_targets(work.rows(), work.widths.back())) {
    Model model = make_model(work, threads, pin);
    detail::ModelImpl& impl = model.impl();
    impl.form = {{DType::F32}, {DType::F32}};
    RunOptions run = impl.run_options();
    engine_ = detail::make_engine(impl.module(), run, batch_,
                                  std::make_shared<runtime::WorkerTeam>(threads, pin));
    const auto states = impl.states();
    for (const ir::State& s : engine_->states()) {
      const auto value = states.find(s.name);
      const bool there = value != states.end() && value->second.type() == s.type;
      engine_->set(s.name, there ? value->second : detail::first_value(s, 0));
    }
  }

  /// Of the last call.
  int workers() const { return engine_->counts("train_step").workers; }
  int64_t steps_an_epoch() const { return x_.shape()[0] / batch_; }

  /// Makes sure that the order has so many more examples.
  void refill(int64_t examples) {
    if (at_ + examples <= static_cast<int64_t>(order_.size())) return;
    order_ = runtime::shuffled_indices(x_.shape()[0], 0, epoch_++);
    order_.resize(static_cast<size_t>(steps_an_epoch() * batch_));
    at_ = 0;
  }

  /// Steps of a batch each, the last one with what is left.
  void run(int64_t examples) {
    losses_.resize(static_cast<size_t>((examples + batch_ - 1) / batch_));
    const void* params[] = {x_.raw(), y_.raw(), order_.data() + at_};
    void* outputs[] = {losses_.data()};
    engine_->run("train_step", params, outputs, batch_, examples, x_.shape()[0], nullptr);
    at_ += examples;
  }

 private:
  int64_t batch_, at_ = 0;
  uint32_t epoch_ = 0;
  Array x_, y_;
  std::vector<int32_t> order_;
  std::vector<float> losses_;
  std::unique_ptr<detail::Engine> engine_;
};

Measurement measure_steps(const Work& work, int threads, bool pin) {
  Stepper stepper(work, threads, pin);
  stepper.refill(work.batch);
  stepper.run(work.batch);
  stepper.refill(work.batch);
  const auto start = Clock::now();
  stepper.run(work.batch);
  const double one = std::max(seconds_since(start), 1e-7);
  const auto steps = std::clamp<int64_t>(static_cast<int64_t>(kCallSeconds / one), 1,
                                         std::min<int64_t>(stepper.steps_an_epoch(), 1000));
  const int64_t examples = steps * work.batch;
  return timed(
      steps, [&] { stepper.run(examples); }, [&] { stepper.refill(examples); },
      [&] { return stepper.workers(); });
}

Measurement measure_ragged_step(const Work& work, int64_t rows, int threads, bool pin) {
  if (rows >= work.batch) {
    throw cli::UsageError(fmt::format("--mode ragged@{}: expected fewer rows than the batch of {}",
                                      rows, work.batch));
  }
  Stepper stepper(work, threads, pin);
  return timed(
      1, [&] { stepper.run(rows); }, [&] { stepper.refill(rows); },
      [&] { return stepper.workers(); });
}

/// From the built model to the end of its first step.
double first_step_seconds(const Work& work, int threads, bool pin, bool cache) {
  const Array x = random_rows(work.batch, work.widths.front(), 0);
  const Array y = random_targets(work.batch, work.widths.back());
  Model model = make_model(work, threads, pin, cache);
  model.get_weights();  // a built model has its first weights
  FitOptions fit;
  fit.batch_size = work.batch;
  fit.epochs = 1;
  double seconds = 0;
  Clock::time_point start;
  fit.on_batch_end = [&](const BatchResult&) { seconds = seconds_since(start); };
  start = Clock::now();
  model.fit(x, y, fit);
  return seconds;
}

/// Leaves the work's code in the cache. In a process of its own: the one that measures is to find
/// nothing loaded or warmed up.
void fill_cache(const Work& work, int threads) {
  const std::string trouble = runtime::CodeCache::of_user().trouble();
  if (!trouble.empty()) throw Error("there is no start from the cache: " + trouble);
  const pid_t child = fork();
  if (child == 0) {
    try {
      first_step_seconds(work, threads, false, true);
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
    throw Error("the work can't be compiled to begin with; --cache cold says why");
}

Measurement measure_compilation(const Work& work, int threads, bool pin, CacheState cache) {
  if (cache == CacheState::Warm) fill_cache(work, threads);
  Measurement m;
  m.median_s = m.min_s = first_step_seconds(work, threads, pin, cache == CacheState::Warm);
  m.calls = 1;
  return m;
}

Measurement measure_prediction(const Work& work, int64_t rows, int threads, bool pin) {
  const Array x = random_rows(rows, work.widths.front(), 0);
  Model model = make_model(work, threads, pin);
  PredictOptions options;
  options.batch_size = std::min<int64_t>(rows, 1024);
  return timed(
      1, [&] { model.predict(x, options); }, [] {},
      [&] { return model.impl().engine()->counts("predict").workers; });
}

}  // namespace

std::optional<double> Measurement::share_of_peak() const {
  if (!gflops || !peak_gflops || *peak_gflops <= 0) return std::nullopt;
  return *gflops / *peak_gflops;
}

Mode parse_mode(const std::string& text) {
  if (text == "step") return {Mode::Step, 0};
  if (text == "compile") return {Mode::Compile, 0};
  if (text.starts_with("predict@")) {
    return {Mode::Predict, cli::parse_whole("--mode predict@N: N", text.substr(8), 1, 1'000'000)};
  }
  if (text.starts_with("ragged@"))
    return {Mode::Ragged, cli::parse_whole("--mode ragged@N: N", text.substr(7), 1, 1'000'000)};
  throw cli::UsageError(
      fmt::format("--mode is '{}', expected step, ragged@N, compile or predict@N", text));
}

Measurement measure(const Work& work, const Mode& mode, int threads, bool pin, CacheState cache) {
  if (mode.kind == Mode::Compile) return measure_compilation(work, threads, pin, cache);
  // Before and after: a machine that is shared may be slower at one of the two.
  const double before = peak_gflops(threads);
  const auto measured = [&] {
    if (mode.kind == Mode::Step) return measure_steps(work, threads, pin);
    if (mode.kind == Mode::Ragged) return measure_ragged_step(work, mode.rows, threads, pin);
    return measure_prediction(work, mode.rows, threads, pin);
  };
  Measurement m = measured();
  const double flops_a_row = mode.kind == Mode::Predict ? work.forward_flops() : work.step_flops();
  const int64_t rows = mode.kind == Mode::Step ? work.batch : mode.rows;
  m.gflops = 1e-9 * flops_a_row * static_cast<double>(rows) / m.median_s;
  m.peak_gflops = std::max(before, peak_gflops(threads));
  return m;
}

}  // namespace lathe::bench
