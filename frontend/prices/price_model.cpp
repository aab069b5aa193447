// From a task of prices to a model, all of layers.
#include "lathe/price_model.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "ir/error.h"
#include "lathe/layers.h"

namespace lathe {

namespace {

constexpr const char* kNote = "prices";

/// Names of the layers whose weights learn_price_scales gives.
std::string scale_name(const PriceTask& task, size_t input) {
  return task.companions.empty() ? "scale" : "scale_" + std::to_string(input);
}
std::string target_scale_name(std::string_view target) {
  return std::string(target) + "_scale";
}
constexpr const char *kMeans = "feature_means", *kFactors = "feature_factors";

bool is_scaled(const PriceTask& task) {
  return task.form != PriceForm::Raw;
}

PriceFeatures features_layer(const PriceTask& task, const std::string& name) {
  return PriceFeatures(
      {.columns = task.columns(), .features = task.features, .form = task.form, .name = name});
}

Input window_input(const PriceTask& task) {
  return Input({task.rows(), static_cast<int64_t>(task.columns().size())});
}

EmbeddingOptions figures(const std::string& name, const char* first) {
  return {.embeddings_initializer = first, .trainable = false, .name = name};
}

/// Of pooled series, figures of the one that the example is of.
Tensor of_series(const PriceTask& task, const Tensor& which, int64_t count, const std::string& name,
                 const char* first) {
  const auto series = static_cast<int64_t>(task.series.size());
  return Flatten()(Embedding(series, count, figures(name, first))(which));
}

/// Of each day of a window each feature: what lies days back moves far more than what is of
/// yesterday, which would be lost in a scale that they share.
int64_t shown_numbers(const PriceTask& task) {
  return task.window * static_cast<int64_t>(task.features.size());
}

/// `x`: a window's features, one behind the other.
Tensor scaled(const PriceTask& task, size_t input, const Tensor& x,
              const std::optional<Tensor>& which) {
  if (!is_scaled(task)) return x;
  if (!which) return Normalization({.axis = {-1}, .name = scale_name(task, input)})(x);
  const int64_t count = shown_numbers(task);
  const std::vector<Tensor> means = {x, of_series(task, *which, count, kMeans, "zeros")};
  const Tensor centred = Subtract()(means);
  return Multiply()(std::vector<Tensor>{centred, of_series(task, *which, count, kFactors, "ones")});
}

Tensor output_of(const PriceTask& task, size_t target, const Tensor& x,
                 const std::optional<Tensor>& which) {
  const std::string name(to_string(task.targets[target]));
  if (task.targets[target] == ForecastTarget::Direction)
    return Dense(task.horizon,
                 {.activation = "sigmoid", .kernel_initializer = "zeros", .name = name})(x);
  if (!task.learns_rise(target)) return Dense(task.horizon, {.name = name})(x);
  const Tensor unit =
      Dense(task.horizon, {.kernel_initializer = "zeros", .name = name + "_in_deviations"})(x);
  if (which) {
    const Tensor deviations =
        of_series(task, *which, task.horizon, target_scale_name(name), "ones");
    return Multiply(name)(std::vector<Tensor>{unit, deviations});
  }
  return Normalization({.axis = {-1}, .invert = true, .name = name})(unit);
}

/// Sets the weights of that name, wherever they stand in the model.
class NamedWeights {
 public:
  explicit NamedWeights(Model& model)
      : model_(model), names_(model.weight_names()), values_(model.get_weights()) {}
  std::span<float> operator[](const std::string& name) {
    const auto at = std::find(names_.begin(), names_.end(), name);
    if (at == names_.end()) throw Error("the model has no weight " + name);
    return values_[static_cast<size_t>(at - names_.begin())].data<float>();
  }
  void give_back() { model_.set_weights(values_); }

 private:
  Model& model_;
  std::vector<std::string> names_;
  std::vector<Array> values_;
};

/// Mean and deviation of columns of numbers, of each group of rows.
struct Figures {
  std::vector<double> sum, square;
  int64_t count = 0;
  explicit Figures(size_t columns) : sum(columns), square(columns) {}
  void add(const float* row) {
    for (size_t i = 0; i < sum.size(); ++i) {
      sum[i] += row[i];
      square[i] += double{row[i]} * row[i];
    }
    ++count;
  }
  void add(const Figures& other) {
    for (size_t i = 0; i < sum.size(); ++i) {
      sum[i] += other.sum[i];
      square[i] += other.square[i];
    }
    count += other.count;
  }
  double mean(size_t i) const { return sum[i] / static_cast<double>(count); }
  /// Around the mean.
  double variance(size_t i) const { return std::max(0.0, mean_square(i) - mean(i) * mean(i)); }
  double mean_square(size_t i) const { return square[i] / static_cast<double>(count); }
};

/// A series of too few days gets the figures of all together.
void fill_few(std::vector<Figures>& all) {
  Figures together(all[0].sum.size());
  for (const Figures& one : all) together.add(one);
  for (Figures& one : all)
    if (one.count < kFewestScaleDays) one = together;
}

/// A deviation that can be divided by: 1 of what never changes.
double deviation(double variance) {
  return variance > 1e-14 ? std::sqrt(variance) : 1;
}

}  // namespace

Model price_model(const PriceTask& task, const PriceNet& net) {
  task.check();
  if (!(net.dropout >= 0 && net.dropout < 1))
    throw Error("dropout must be 0 or more and below 1, not " + std::to_string(net.dropout));
  std::vector<Tensor> inputs, parts;
  for (size_t i = 0; i <= task.companions.size(); ++i) inputs.emplace_back(window_input(task));
  std::optional<Tensor> which;
  if (task.pooled()) {
    inputs.emplace_back(Input({1, 1}));
    which = Flatten("series")(inputs.back());
  }
  for (size_t i = 0; i <= task.companions.size(); ++i) {
    const std::string name = task.companions.empty() ? "features" : "features_" + std::to_string(i);
    const Tensor shown = Flatten()(features_layer(task, name)(inputs[i]));
    parts.push_back(scaled(task, i, shown, which));
  }
  Tensor x = parts.size() == 1 ? parts[0] : concatenate(parts);
  for (int64_t units : net.hidden) {
    x = Dense(units, net.activation)(x);
    if (net.dropout > 0) x = Dropout(net.dropout)(x);
  }
  std::vector<Tensor> outputs;
  for (size_t target = 0; target < task.targets.size(); ++target)
    outputs.push_back(output_of(task, target, x, which));
  Model model(inputs, outputs, "prices");
  model.notes()[kNote] = task.to_json();
  return model;
}

bool forecasts_prices(const Model& model) {
  return model.notes().contains(kNote);
}

PriceTask price_task_of(const Model& model) {
  if (!forecasts_prices(model)) throw Error("the model forecasts no prices");
  PriceTask task = PriceTask::from_json(model.notes().at(kNote), "the model's note on prices");
  std::vector<std::vector<int64_t>> inputs(
      1 + task.companions.size(), {task.rows(), static_cast<int64_t>(task.columns().size())});
  if (task.pooled()) inputs.push_back({1, 1});
  const std::vector<std::vector<int64_t>> outputs(task.targets.size(), {task.horizon});
  if (model.input_shapes() != inputs || model.output_shapes() != outputs)
    throw Error("the model's note on prices is of another model");
  return task;
}

void learn_price_scales(Model& model, const PriceExamples& examples,
                        std::span<const PriceDay> days) {
  const PriceTask& task = examples.task();
  if (price_task_of(model).to_json() != task.to_json())
    throw Error("the model was made for another task of prices than the examples");
  if (days.empty()) throw Error("there are no days to learn scales from");
  if (!is_scaled(task)) return;
  NamedWeights weights(model);
  const size_t series = task.series.size(), numbers = static_cast<size_t>(shown_numbers(task));
  for (size_t input = 0; input <= task.companions.size(); ++input) {
    std::vector<Figures> all(series, Figures(numbers));
    const Array shown = examples.features(days, input);
    const float* row = shown.data<float>().data();
    for (const PriceDay& day : days) {
      all[static_cast<size_t>(day.series)].add(row);
      row += numbers;
    }
    fill_few(all);
    for (size_t s = 0; s < series; ++s)
      for (size_t i = 0; i < numbers; ++i) {
        if (task.pooled()) {
          weights[std::string(kMeans) + "_embeddings"][s * numbers + i] =
              static_cast<float>(all[s].mean(i));
          weights[std::string(kFactors) + "_embeddings"][s * numbers + i] =
              static_cast<float>(1 / deviation(all[s].variance(i)));
        } else {
          const std::string name = scale_name(task, input);
          weights[name + "_mean"][i] = static_cast<float>(all[s].mean(i));
          weights[name + "_variance"][i] =
              static_cast<float>(std::pow(deviation(all[s].variance(i)), 2));
          weights[name + "_count"][0] = static_cast<float>(all[s].count);
        }
      }
  }
  const std::vector<Array> targets = examples.targets(days);
  for (size_t target = 0; target < targets.size(); ++target) {
    if (!task.learns_rise(target)) continue;
    const auto horizon = static_cast<size_t>(task.horizon);
    std::vector<Figures> all(series, Figures(horizon));
    const float* row = targets[target].data<float>().data();
    for (const PriceDay& day : days) {
      all[static_cast<size_t>(day.series)].add(row);
      row += horizon;
    }
    fill_few(all);
    const std::string name(to_string(task.targets[target]));
    for (size_t s = 0; s < series; ++s)
      for (size_t i = 0; i < horizon; ++i) {
        // Around 0, the naive forecast, so that this is the output of zeros.
        const double unit = deviation(all[s].mean_square(i));
        if (task.pooled()) {
          weights[target_scale_name(name) + "_embeddings"][s * horizon + i] =
              static_cast<float>(unit);
        } else {
          weights[name + "_variance"][i] = static_cast<float>(unit * unit);
          weights[name + "_count"][0] = static_cast<float>(all[s].count);
        }
      }
  }
  weights.give_back();
}

}  // namespace lathe
