#include "frontend/train/metrics.h"

#include <algorithm>

#include "frontend/base/nearest.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

using ir::ValueId;
using namespace ir::scalar_dsl;

// Keras's rule, whatever the loss: of several units, the largest one must be the target's class; of
// one, it must be on the target's side of 0.5.
ValueId accuracy(StepValues& v) {
  ir::Builder& b = v.b;
  ValueId hit;
  if (v.units() > 1) {
    hit = b.map("equal", {b.argmax(v.pred), v.classes()});
  } else {
    const E above = select(E::arg(0) > E(0.5), E(1.0), E(0.0));
    hit = b.map("equal", {b.map(above, {v.pred}), v.dense()});
  }
  return v.mean(b.convert(hit, DType::F32));
}

ValueId mse(StepValues& v) {
  return build_loss("mse", v);
}

ValueId mae(StepValues& v) {
  return build_loss("mae", v);
}

}  // namespace

std::span<const MetricRow> metric_table() {
  static const std::vector<MetricRow> table = {
      {"accuracy",
       {"acc"},
       "share of rows with the right class (one output: with p > 0.5 right)",
       accuracy},
      {"mse", {"mean_squared_error", "MeanSquaredError"}, "mean (y - p)^2", mse},
      {"mae", {"mean_absolute_error", "MeanAbsoluteError"}, "mean |y - p|", mae},
  };
  return table;
}

const MetricRow& find_metric(std::string_view name) {
  std::vector<std::string> names;
  for (const MetricRow& row : metric_table()) {
    names.emplace_back(row.name);
    names.insert(names.end(), row.aliases.begin(), row.aliases.end());
    if (row.name == name ||
        std::find(row.aliases.begin(), row.aliases.end(), name) != row.aliases.end())
      return row;
  }
  throw Error(unknown_name("metric", name, names));
}

}  // namespace lathe::detail
