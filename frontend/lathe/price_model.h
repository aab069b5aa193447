// Models of a task of prices (price_task.h).
//
//   Model model = price_model(task, {.hidden = {64, 32}});
//   learn_price_scales(model, spy, split.train);
//   model.compile({.loss = "mae", .optimizer = "adam"});
//
// From prices to the output everything is a layer, so that a saved model needs new prices and
// nothing else.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lathe/model.h"
#include "lathe/price_examples.h"
#include "lathe/price_task.h"

namespace lathe {

struct PriceNet {
  std::vector<int64_t> hidden = {64, 32};
  std::string activation = "relu";
  double dropout = 0;  ///< behind each hidden layer
};

/// Its inputs are those of PriceExamples::inputs. Features (PriceFeatures) are scaled by mean and
/// deviation, those of each day of the window by their own, of pooled series by those of each; then
/// come Dense layers, and an output for each target, named as the target: Dense without an
/// activation, times the deviation of what it learns, or with sigmoid for direction. Raw features
/// and their targets are not scaled. Outputs begin with weights of zeros, but for raw targets: the
/// first forecast is that prices stay as they are. The task is among the model's notes.
Model price_model(const PriceTask& task, const PriceNet& net = {});
/// Whether the model was made for a task of prices.
bool forecasts_prices(const Model& model);
/// The task that a model was made for. Error for another model.
PriceTask price_task_of(const Model& model);

/// Days that a series' own scales take, at least.
inline constexpr int64_t kFewestScaleDays = 30;
/// Fixes means and deviations by examples, those that train. Of pooled series one with fewer than
/// kFewestScaleDays gets those of all together. Error for no days, and for a model of
/// another task.
void learn_price_scales(Model& model, const PriceExamples& examples,
                        std::span<const PriceDay> days);

}  // namespace lathe
