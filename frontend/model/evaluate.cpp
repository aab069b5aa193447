// evaluate and predict.
#include <algorithm>
#include <utility>

#include "frontend/model/array_rows.h"
#include "frontend/model/model_impl.h"
#include "frontend/model/step_totals.h"
#include "frontend/train/losses.h"
#include "ir/error.h"
#include "runtime/tensor.h"

namespace lathe::detail {

void ModelImpl::check_batch(int64_t batch) {
  if (batch < 1) throw Error("batch_size must be 1 or more, not " + std::to_string(batch));
}

std::optional<Logs> ModelImpl::run_evaluation(RowSource& rows, int64_t batch,
                                              const std::function<void(int64_t, int64_t)>& progress,
                                              const std::atomic<int32_t>* stop) {
  // An engine that takes weights serves rows without them too: all weights are 1.
  if (engine_ && engine_form_.weights) rows.need_weights();
  // Where the batch makes a difference, it must be the one asked for; otherwise larger ones are cut.
  const TrainingPlan training = plan();
  const StepNumbers numbers = step_numbers(training);
  const auto loss_depends = [](const OutputPlan& o) { return o.loss && depends_on_batch(*o.loss); };
  const auto metric_depends = [](const Metric& m) { return m.depends_on_batch(); };
  const bool depends =
      std::any_of(training.outputs.begin(), training.outputs.end(), loss_depends) ||
      std::any_of(numbers.metrics.begin(), numbers.metrics.end(), metric_depends);
  if (rows.rows() > 0) batch = std::min(batch, rows.rows());
  Engine& engine = need_engine(Level::Evaluate, rows.form(), depends ? batch : 1);
  batch = std::min(batch, engine_batch_);
  rows.begin(0, batch);
  StepTotals totals(numbers, output_sizes_, rows.epoch_rows(), batch);
  const int64_t most = progress ? std::max<int64_t>(1, 4096 / batch) : totals.room();
  const int64_t chunk = std::min(totals.room(), most);
  const auto stopped = [&] { return stop && stop->load() != 0; };
  while (const std::optional<RowSource::Piece> piece = rows.next()) {
    if (const int64_t all = rows.epoch_rows()) totals.set_rows(all);
    if (totals.rows_done() > 0 && stopped()) return std::nullopt;
    const int64_t before = totals.steps_done(), steps = (piece->rows - 1) / batch + 1;
    for (int64_t step = 0; step < steps; step += chunk) {
      const int64_t end = std::min(steps, step + chunk), first_row = step * batch;
      std::vector<const void*> params = piece->data;
      params.push_back(piece->index + first_row);
      const std::vector<void*> outputs = totals.pointers(before + step);
      const int64_t done =
          engine.run("evaluate", params, outputs, batch,
                     std::min(piece->rows, end * batch) - first_row, piece->resident, stop);
      totals.finish(before + step + done);
      if (progress) progress(totals.rows_done(), rows.epoch_rows());
      // Between chunks too: a callback may have set it, and a chunk does one batch before it looks.
      if (!totals.complete() && (step + done < end || stopped())) return std::nullopt;
    }
  }
  return totals.all();
}

Logs ModelImpl::evaluate(const Inputs& x, const Targets& y, const EvaluateOptions& options) {
  check_batch(options.batch_size);
  compile_options();
  build_from(x);
  ArrayRows rows(graph(), targets(), x, y, RowWeights{options.sample_weight});
  check_adapted();
  return run_evaluation(rows, options.batch_size, options.on_progress, options.stop)
      .value_or(Logs());
}

std::vector<Array> ModelImpl::predict(const Inputs& x, const PredictOptions& options) {
  check_batch(options.batch_size);
  build_from(x);
  check_inputs(graph(), x);
  check_adapted();
  const int64_t n = x.entries()[0].rows();
  std::vector<Array> results;
  for (int output : graph().outputs) {
    std::vector<int64_t> shape = graph().calls[output].shape;
    shape.insert(shape.begin(), n);
    results.emplace_back(DType::F32, std::move(shape));
  }
  if (n == 0) return results;
  Engine& engine = need_engine(Level::Predict, form, 1);
  const int64_t batch = std::min(options.batch_size, engine_batch_);
  const auto as_it_is = [](const Inputs::Entry& entry) {
    return entry.data.dtype == DType::F32 && !entry.windows;
  };
  // Others are converted piece by piece, so that their f32 form, and windows, need little memory.
  int64_t row_bytes = 0;
  for (const Inputs::Entry& entry : x.entries())
    if (!as_it_is(entry))
      row_bytes += runtime::element_count(entry.row_shape()) * dtype_size(DType::F32);
  constexpr int64_t kPieceRows = 4096, kPieceBytes = int64_t{64} << 20;
  const int64_t most = std::min(kPieceRows, kPieceBytes / std::max<int64_t>(row_bytes, 1));
  const int64_t piece = row_bytes > 0 ? std::max(batch, most / batch * batch) : n;
  for (int64_t begin = 0; begin < n; begin += piece) {
    const int64_t end = std::min(n, begin + piece);
    std::vector<Array> converted;
    converted.reserve(x.size());
    std::vector<const void*> params;
    for (const Inputs::Entry& entry : x.entries()) {
      if (as_it_is(entry)) {
        params.push_back(rows(entry.data, begin, end).data);
        continue;
      }
      Array part = entry.windows ? entry.copied(begin, end) : to_f32(rows(entry.data, begin, end));
      converted.push_back(part.dtype() == DType::F32 ? std::move(part) : to_f32(part));
      params.push_back(converted.back().raw());
    }
    std::vector<void*> outputs;
    for (const Array& r : results) outputs.push_back(const_cast<void*>(rows(r, begin, end).data));
    engine.run("predict", params, outputs, batch, end - begin, 0, nullptr);
  }
  return results;
}

}  // namespace lathe::detail
