#include "tools/cli/etf/options.h"

#include <algorithm>
#include <cmath>

#include "frontend/base/table.h"
#include "frontend/train/losses.h"
#include "ir/text_number.h"

namespace lathe::cli {
namespace {

constexpr EtfPreset kPresets[] = {
#define ETF_PRESET(...) {__VA_ARGS__},
#include "tools/cli/etf/presets.def"
#undef ETF_PRESET
};

std::string preset_texts() {
  std::string texts;
  for (const EtfPreset& preset : kPresets)
    texts += fmt::format("  {:<14}{}\n", preset.name, preset.text);
  return texts;
}

constexpr PriceField kOhlc[] = {PriceField::Open, PriceField::High, PriceField::Low,
                                PriceField::Close};

std::vector<PriceField> features_of(const std::string& text, bool has_adj, bool has_volume) {
  std::vector<PriceField> fields;
  for (const std::string& word : split_words(text)) {
    if (word != "all" && word != "ohlc") {
      fields.push_back(price_field(word));
      continue;
    }
    fields.insert(fields.end(), std::begin(kOhlc), std::end(kOhlc));
    if (word == "all" && has_adj) fields.push_back(PriceField::AdjClose);
    if (word == "all" && has_volume) fields.push_back(PriceField::Volume);
  }
  return fields;
}

std::vector<ForecastTarget> targets_of(const std::string& text) {
  std::vector<ForecastTarget> targets;
  for (const std::string& word : split_words(text)) targets.push_back(forecast_target(word));
  return targets;
}

}  // namespace

std::span<const EtfPreset> etf_presets() {
  return kPresets;
}

EtfOptions::EtfOptions() {
  NetOptions::task = "etf";
  out = "run/etf";
  hidden = "64,32";
  activation = "relu";
  optimizer = "adam";
  lr = 0.001;
  batch = 32;
  epochs = 60;
}

void EtfOptions::declare(Args& args) {
  args.texts("--csv", csv, "FILE",
             "prices: a CSV file, a folder of them or a ticker such as SPY, once for each "
             "(default: SPY; where there is none, synthetic ones)");
  args.text("--data", data, "DIR", "has etf/SPY.csv and so on (default: as for mnist)");
  args.text("--inputs", inputs, "A,B",
            "tickers or files whose days are joined by date: the first one is forecast, from the "
            "windows of all");
  args.flag("--apart", apart, "a model for each of several ETFs, instead of one for all");
  args.flag("--strict", strict, "refuse files with rows that would be dropped or repaired");
  args.flag("--problems", problems, "list what was dropped, repaired or noted, row by row");
  args.text("--fill-adj", fill_adj, "close", "of files without an adjusted close: the close");
  args.text("--from", from, "DATE", "the first day to read, as 2009-03-10");
  args.text("--to", to, "DATE", "the last one");
  args.flag("--synthetic", synthetic, "prices made by rule, a random walk, seeded by --seed");
  args.whole("--days", synthetic_days, 60, 50'000, "of synthetic prices (default: 2520)");
  args.real("--signal", synthetic_signal, -0.95, 0.95,
            "of synthetic prices: what part of the next rise the last one tells (default: 0)");
  args.choice("--preset", preset, first_names(kPresets), "see below (default: all-open)");
  args.whole("--window", window, 1, 10'000, "days that a forecast is made from (default: 20)");
  args.text("--features", features, "LIST", "open, ohlc, all, or some: ohlc,volume");
  args.choice("--prices", prices, first_names(price_forms()),
              "how prices are shown: relative to the last close, or as they are");
  args.text("--target", target, "LIST",
            fmt::format("one or several of {}", fmt::join(first_names(forecast_targets()), "|")));
  args.choice("--rise-over", rise_over, first_names(rise_bases()), "what a rise is over");
  args.whole("--horizon", horizon, 1, kLongestHorizon,
             "days ahead, each of them is forecast (default: 1)");
  declare_net(args);
  args.real("--dropout", dropout, 0, 0.95, "behind each hidden layer (default: 0.2)");
  args.text("--loss", loss, "NAME",
            "lathe list losses (default: mae; of direction it is binary_crossentropy)");
  args.text("--split", split, "A/B/C",
            "percent of the examples, by date, to train, validate and test (default: 70/15/15); "
            "85/15/0 to forecast with: nothing is scored");
  args.whole("--patience", patience, 0, 1'000'000,
             "epochs without a better validation before the best weights are taken; 0: all "
             "epochs are done (default: 8)");
  args.whole("--seeds", seeds, 1, 1000, "trainings, with seeds from --seed on (default: 1)");
  args.whole("--walk-forward", walk_forward, 0, 100'000,
             "train anew every so many days of the test part, on all that is known by then "
             "(default: 0, once)");
  args.whole("--train-days", train_days, 0, 1'000'000,
             "of a walk forward, days before it to learn from (default: 0, all)");
  declare_training(args, "learning curves");
  args.flag("--report", report, "write DIR/report.html: one page with all plots");
  args.example(
      "lathe train etf --csv SPY --preset lecture-rise --seeds 5 --report\n"
      "lathe train etf --csv shared/data/etf --apart\n"
      "lathe train etf --inputs SPY,QQQ --target rise,direction --horizon 5\n"
      "lathe train etf --csv SPY --split 50/15/35 --walk-forward 20 --epochs 20\n"
      "Presets:\n" +
      preset_texts());
}

void EtfOptions::check(const Args& args) {
  NetOptions::check(args);
  const EtfPreset& chosen = known_row(etf_presets(), preset, "preset");
  if (!args.given("--features")) features = chosen.features;
  if (!args.given("--prices")) prices = chosen.prices;
  if (!args.given("--target")) target = chosen.target;
  if (!args.given("--rise-over")) rise_over = chosen.rise_over;
  args.exclude("--synthetic", {"--csv", "--inputs", "--from", "--to"}, "it makes the prices");
  args.exclude("--inputs", {"--csv"}, "it names the prices");
  args.exclude("--inputs", {"--apart"}, "all of them are inputs of one model");
  if (!synthetic)
    for (const char* option : {"--days", "--signal"})
      if (args.given(option)) throw UsageError(fmt::format("{} without --synthetic", option));
  if (walk_forward > 0 && seeds > 1)
    throw UsageError("--walk-forward with --seeds: a walk forward is done with one seed");
  if (walk_forward > 0) args.exclude("--walk-forward", {"--patience"}, "it has no validation part");
  if (train_days > 0 && walk_forward == 0) throw UsageError("--train-days without --walk-forward");
  if (fill_adj && *fill_adj != "close")
    throw UsageError(fmt::format("--fill-adj is '{}', expected close", *fill_adj));
  check_value("--loss", [&] { detail::check_trainable(Loss(loss)); });
  check_value("--features", [&] { features_of(features, true, true); });
  check_value("--target", [&] { targets_of(target); });
  check_value("--split", [&] {
    const SplitOptions parts = fractions();
    if (parts.train <= 0) throw Error(fmt::format("'{}' leaves nothing to train on", split));
    split_rows(1000, parts);
  });
  const std::vector<ForecastTarget> targets = targets_of(target);
  if (args.given("--rise-over") &&
      std::find(targets.begin(), targets.end(), ForecastTarget::Rise) == targets.end())
    throw UsageError(fmt::format("--rise-over without the target rise, of {}", target));
  const SplitOptions parts = fractions();
  if (parts.validation == 0 && args.given("--patience"))
    throw UsageError(fmt::format("--patience with --split {}: there is no validation part", split));
  if (parts.test == 0 && walk_forward > 0)
    throw UsageError(fmt::format("--walk-forward with --split {}: there is no test part", split));
  read_options();
}

PriceTask EtfOptions::task(bool has_adj, bool has_volume) const {
  PriceTask task;
  task.window = window;
  task.features = features_of(features, has_adj, has_volume);
  task.form = price_form(prices);
  task.targets = targets_of(target);
  task.rise_over = rise_base(rise_over);
  task.horizon = horizon;
  return task;
}

PriceReadOptions EtfOptions::read_options() const {
  PriceReadOptions read;
  read.strict = strict;
  read.fill_adj_from_close = fill_adj.has_value();
  if (from) check_value("--from", [&] { read.from = Date::parse(*from); });
  if (to) check_value("--to", [&] { read.to = Date::parse(*to); });
  return read;
}

SplitOptions EtfOptions::fractions() const {
  std::vector<double> parts;
  for (const std::string& part : split_list(split, '/')) {
    const auto percent = ir::text_to_number(part);
    if (!percent) throw Error(fmt::format("'{}' is not percents such as 70/15/15", split));
    parts.push_back(*percent / 100);
  }
  if (parts.size() != 3)
    throw Error(fmt::format("'{}' is not three percents such as 70/15/15", split));
  const double all = parts[0] + parts[1] + parts[2];
  if (std::fabs(all - 1) > 1e-6)
    throw Error(fmt::format("'{}' adds up to {:g} percent, expected 100", split, 100 * all));
  return {.train = parts[0],
          .validation = parts[1],
          .test = parts[2],
          .order = SplitOrder::Chronological};
}

std::string EtfOptions::walk_text() const {
  return fmt::format(
      "trained anew every {} days of the test part, on {}", walk_forward,
      train_days > 0 ? fmt::format("the {} days before", train_days) : "all that is known by then");
}

}  // namespace lathe::cli
