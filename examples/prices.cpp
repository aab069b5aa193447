// A fund's next open and rise from its daily prices, beside the forecast that nothing changes.
#include <lathe/lathe.h>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <vector>

using namespace lathe;

/// SPY's, or, where there is no file of them, a random walk, of which nothing can be known.
PriceSeries some_prices() {
  std::filesystem::path file;
  try {
    file = find_prices("SPY");
  } catch (const Error& e) {
    std::cout << e.what() << '\n';
    return synthetic_prices();
  }
  return read_prices(file).series;
}

int main() {
  const PriceSeries prices = some_prices();
  std::cout << prices.name << ": " << prices.rows() << (prices.synthetic ? " made-up" : "")
            << " days to " << prices.date.back().to_string() << '\n';
  const PriceTask task{.features = {PriceField::Open, PriceField::Close},
                       .targets = {ForecastTarget::Open, ForecastTarget::Rise},
                       .series = {prices.name}};
  const PriceExamples examples(task, {prices});
  const PriceSplit split =
      split_by_date(examples, {.train = 0.7, .validation = 0.15, .test = 0.15});

  Model model = price_model(task, {.hidden = {16}});
  learn_price_scales(model, examples, split.train);
  model.compile({.loss = "mae", .optimizer = "adam"});
  const std::vector<Array> validation = examples.targets(split.validation);
  model.fit(examples.inputs(split.train), examples.targets(split.train),
            {.epochs = 40,
             .validation_data = ValidationData{examples.inputs(split.validation), validation},
             .callbacks = {EarlyStopping({.patience = 5, .restore_best_weights = true})}});

  std::vector<int64_t> days;
  for (const PriceDay& day : split.test) days.push_back(day.day);
  const auto outputs = model.predict_all(examples.inputs(split.test));
  for (size_t target = 0; target < task.targets.size(); ++target) {
    const auto forecasts = examples.forecasts(split.test, outputs, target, 1);
    const auto scores = score_forecast(examples.prices(0), task.spec(target, 1), days, forecasts);
    std::cout << to_string(task.targets[target]) << ": MAE " << scores.errors->mae << ", naive "
              << scores.errors->mae_naive << "; " << verdict(scores).text << '\n';
  }
  const std::vector<PriceDay> last = examples.open_days();
  const auto next = model.predict_all(examples.inputs(last));
  std::cout << "next open: " << examples.forecasts(last, next, 0, 1)[0] << '\n';
}
