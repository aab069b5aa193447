// Single batches: train_on_batch, test_on_batch, predict_on_batch.
#include <algorithm>

#include "frontend/model/array_rows.h"
#include "frontend/model/model_impl.h"
#include "frontend/model/step_totals.h"
#include "ir/error.h"
#include "lathe/model.h"

namespace lathe {

namespace detail {

Logs ModelImpl::train_on_batch(const Inputs& x, const Targets& y, const BatchOptions& options) {
  check_no_epoch_runs("train_on_batch");
  compile_options();
  build_from(x);
  ArrayRows rows(graph(), targets(), x, y, RowWeights{options.sample_weight, options.class_weight});
  check_adapted();
  const int64_t n = rows.rows();
  Engine& engine = need_engine(Level::Train, rows.form(), n);
  StepTotals totals(step_numbers(plan()), output_sizes_, n, n);
  rows.begin(0, n);
  const RowSource::Piece piece = rows.next().value();
  std::vector<const void*> params = piece.data;
  params.push_back(piece.index);
  const std::vector<void*> outputs = totals.pointers(0);
  engine.run("train_step", params, outputs, n, n, piece.resident, nullptr);
  shared_.changed();
  totals.finish(1);
  return totals.all();
}

}  // namespace detail

namespace {

/// All rows at once. Where there are none, the error is that of more of them.
int64_t batch_of(const Inputs& x) {
  if (x.size() == 0 || x.entries()[0].data.shape.empty()) return 1;
  return std::max<int64_t>(1, x.entries()[0].rows());
}

}  // namespace

Logs Model::train_on_batch(const Inputs& x, const Targets& y, const BatchOptions& options) {
  return impl_->train_on_batch(x, y, options);
}

Logs Model::test_on_batch(const Inputs& x, const Targets& y, const SampleWeights& sample_weight) {
  return evaluate(x, y, {.batch_size = batch_of(x), .sample_weight = sample_weight});
}

Array Model::predict_on_batch(const Inputs& x) {
  return predict(x, {.batch_size = batch_of(x)});
}

}  // namespace lathe
