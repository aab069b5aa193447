// compute_loss and compute_metric: a function of targets and predictions, run once.
#include <functional>

#include "codegen/interp/interpreter.h"
#include "frontend/layers/layer_base.h"
#include "frontend/model/data_check.h"
#include "frontend/train/losses.h"
#include "frontend/train/metrics.h"
#include "ir/builder.h"
#include "ir/error.h"
#include "lathe/losses.h"
#include "lathe/metrics.h"

namespace lathe {

namespace {

/// What `make` builds of all rows at once; `rules` says which targets there may be.
Array computed(const detail::LossRow& rules, const ArrayView& y_true, const ArrayView& y_pred,
               const std::optional<ArrayView>& sample_weight,
               const std::function<ir::ValueId(detail::StepValues&)>& make) {
  if (y_pred.shape.empty() || y_pred.shape[0] < 1)
    throw Error("predictions are " + y_pred.type().to_string() + ", expected one row or more");
  const int64_t n = y_pred.shape[0];
  if (y_true.shape.empty() || y_true.shape[0] != n)
    throw Error("targets are " + y_true.type().to_string() + " and predictions " +
                y_pred.type().to_string() + ": there must be as many rows");
  const std::vector<int64_t> output(y_pred.shape.begin() + 1, y_pred.shape.end());
  const detail::PreparedTargets y = detail::prepare_targets(y_true, n, output, rules);
  const std::optional<Array> weights = detail::prepare_weights(sample_weight, {}, y, n);
  const Array converted = y_pred.dtype == DType::F32 ? Array() : detail::to_f32(y_pred);

  ir::Module module;
  module.name = "computed";
  module.functions.emplace_back();
  module.functions.back().name = "compute";
  ir::Builder b(module, module.functions.back());
  const Shape rows = detail::batch_shape(output);
  const ir::ValueId pred = b.param("y_pred", {DType::F32, rows});
  const ir::ValueId target = b.param("y_true", y.classes() ? TensorType{DType::I32, {Dim::batch()}}
                                                           : TensorType{DType::F32, rows});
  const ir::ValueId weight = weights ? b.param("weight", {DType::F32, {Dim::batch()}}) : ir::kNone;
  detail::StepValues values(b, pred, target, weight);
  b.output("result", make(values));

  interp::Options exact;
  exact.exact = true;
  interp::Interpreter interpreter(module, exact);
  interp::Interpreter::Inputs inputs = {
      {"y_pred", y_pred.dtype == DType::F32 ? y_pred : converted.view()}, {"y_true", y.view}};
  if (weights) inputs.emplace("weight", weights->view());
  return interpreter.run("compute", inputs, n).at("result");
}

}  // namespace

Array compute_loss(const Loss& loss, const ArrayView& y_true, const ArrayView& y_pred,
                   const std::optional<ArrayView>& sample_weight) {
  detail::loss_options(loss);
  return computed(detail::find_loss(loss), y_true, y_pred, sample_weight,
                  [&](detail::StepValues& v) { return detail::build_loss(loss, v); });
}

Array compute_metric(std::string_view metric, const ArrayView& y_true, const ArrayView& y_pred,
                     const std::optional<ArrayView>& sample_weight) {
  const detail::Metric chosen(metric, sample_weight.has_value());
  const Array step = computed(chosen.target_rules(), y_true, y_pred, sample_weight,
                              [&](detail::StepValues& v) { return chosen.build(v); });
  if (chosen.is_mean()) return step;
  std::vector<double> totals(static_cast<size_t>(step.elements()));
  chosen.fold(step.data<float>(), totals);
  const std::vector<double> numbers = chosen.finish(totals);
  std::vector<int64_t> shape;
  if (chosen.numbers() == detail::Numbers::Table)
    shape = step.shape();
  else if (numbers.size() > 1)
    shape = {static_cast<int64_t>(numbers.size())};
  Array result(DType::F32, shape);
  for (size_t i = 0; i < numbers.size(); ++i)
    result.data<float>()[i] = static_cast<float>(numbers[i]);
  return result;
}

}  // namespace lathe
