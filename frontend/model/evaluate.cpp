// evaluate and predict.
#include <algorithm>
#include <numeric>

#include "frontend/model/model_impl.h"
#include "frontend/model/step_totals.h"
#include "frontend/train/losses.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

void check_batch(int64_t batch) {
  if (batch < 1) throw Error("batch_size must be 1 or more, not " + std::to_string(batch));
}

}  // namespace

std::optional<Logs> ModelImpl::run_evaluation(const PreparedInputs& x, const PreparedTargets& y,
                                              const std::optional<Array>& weights, int64_t batch,
                                              const std::function<void(int64_t, int64_t)>& progress,
                                              const std::atomic<int32_t>* stop) {
  // An engine that takes weights serves rows without them too: all weights are 1.
  const bool takes_weights = weights || (engine_ && engine_form_.weights);
  // Where the batch makes a difference, it must be the one asked for; otherwise larger ones are cut.
  const std::vector<Metric> metrics = plan_metrics(plan());
  const bool depends = depends_on_batch(plan().loss) ||
                       std::any_of(metrics.begin(), metrics.end(),
                                   [](const Metric& m) { return m.depends_on_batch(); });
  const int64_t least = depends ? std::min(batch, x.rows) : 1;
  Engine& engine = need_engine(Level::Evaluate, {x.dtypes(), y.classes(), takes_weights}, least);
  std::optional<Array> ones;
  if (takes_weights && !weights) {
    ones.emplace(DType::F32, std::vector<int64_t>{x.rows});
    ones->fill(1.0f);
  }
  batch = std::min({batch, engine_batch_, x.rows});
  std::vector<int32_t> order(static_cast<size_t>(x.rows));
  std::iota(order.begin(), order.end(), 0);
  StepTotals totals(metrics, output_sizes_, x.rows, batch);
  const int64_t chunk =
      std::min(totals.room(), progress ? std::max<int64_t>(1, 4096 / batch) : totals.steps());
  for (int64_t step = 0; step < totals.steps(); step += chunk) {
    const int64_t end = std::min(totals.steps(), step + chunk), first_row = step * batch;
    std::vector<const void*> params = x.pointers();
    params.push_back(y.view.data);
    if (takes_weights) params.push_back(weights ? weights->raw() : ones->raw());
    params.push_back(order.data() + first_row);
    const std::vector<void*> outputs = totals.pointers(step);
    const int64_t done = engine.run("evaluate", params, outputs, batch,
                                    std::min(x.rows, end * batch) - first_row, x.rows, stop);
    totals.finish(step + done);
    if (progress) progress(totals.rows_done(), x.rows);
    // Between chunks too: a callback may have set it, and a chunk does one batch before it looks.
    if (totals.rows_done() < x.rows && (step + done < end || (stop && stop->load() != 0)))
      return std::nullopt;
  }
  return totals.all();
}

Logs ModelImpl::evaluate(const Inputs& x, const ArrayView& y, const EvaluateOptions& options) {
  check_batch(options.batch_size);
  const LossRow& loss = find_loss(compile_options().loss);
  build_from(x);
  const Dims& output = output_dims();
  check_inputs(graph(), x);
  check_adapted();
  const PreparedInputs px = prepare_inputs(x);
  if (px.rows < 1 || px.rows > INT32_MAX)
    throw Error("x must have 1 to 2^31 - 1 rows, not " + std::to_string(px.rows));
  const PreparedTargets py = prepare_targets(y, px.rows, output, loss);
  const std::optional<Array> weights = prepare_weights(options.sample_weight, {}, py, px.rows);
  return run_evaluation(px, py, weights, options.batch_size, options.on_progress, options.stop)
      .value_or(Logs());
}

std::vector<Array> ModelImpl::predict(const Inputs& x, const PredictOptions& options) {
  check_batch(options.batch_size);
  build_from(x);
  check_inputs(graph(), x);
  check_adapted();
  const int64_t n = x.views()[0].shape[0];
  std::vector<Array> results;
  for (int output : graph().outputs) {
    std::vector<int64_t> shape = graph().calls[output].shape;
    shape.insert(shape.begin(), n);
    results.emplace_back(DType::F32, std::move(shape));
  }
  if (n == 0) return results;
  Engine& engine = need_engine(Level::Predict, form, 1);
  const int64_t batch = std::min(options.batch_size, engine_batch_);
  const bool converts = std::any_of(x.views().begin(), x.views().end(),
                                    [](const ArrayView& v) { return v.dtype != DType::F32; });
  // Rows of other types are converted piece by piece, so that their f32 form needs little memory.
  const int64_t piece = converts ? std::max<int64_t>(batch, 4096 / batch * batch) : n;
  for (int64_t begin = 0; begin < n; begin += piece) {
    const int64_t end = std::min(n, begin + piece);
    std::vector<Array> converted;
    converted.reserve(x.size());
    std::vector<const void*> params;
    for (const ArrayView& v : x.views()) {
      const ArrayView part = rows(v, begin, end);
      if (v.dtype != DType::F32) converted.push_back(to_f32(part));
      params.push_back(v.dtype == DType::F32 ? part.data : converted.back().raw());
    }
    std::vector<void*> outputs;
    for (const Array& r : results) outputs.push_back(const_cast<void*>(rows(r, begin, end).data));
    engine.run("predict", params, outputs, batch, end - begin, 0, nullptr);
  }
  return results;
}

}  // namespace lathe::detail
