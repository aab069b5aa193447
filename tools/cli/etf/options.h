// What `lathe train etf` takes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lathe/price_task.h"
#include "lathe/prices.h"
#include "lathe/split.h"
#include "tools/cli/args.h"
#include "tools/cli/net_options.h"

namespace lathe::cli {

/// What --preset chooses, each in the words of the option.
struct EtfPreset {
  const char *name, *features, *prices, *target, *rise_over, *text;
};
/// Those of presets.def.
std::span<const EtfPreset> etf_presets();

struct EtfOptions : NetOptions {
  // prices
  std::vector<std::string> csv;
  std::string inputs;
  std::optional<std::string> data, fill_adj, from, to;
  bool strict = false, problems = false, apart = false, synthetic = false;
  int64_t synthetic_days = 2520;
  double synthetic_signal = 0;
  // the task
  std::string preset = "all-open", features, prices, target, rise_over;
  int64_t window = 20, horizon = 1;
  // training
  std::string loss = "mae", split = "70/15/15";
  double dropout = 0.2;
  int64_t patience = 8, seeds = 1, walk_forward = 0, train_days = 0;
  bool report = false;

  EtfOptions();
  void declare(Args& args);
  /// UsageError for what does not fit. What was not given is the preset's.
  void check(const Args& args);

  /// Without the names of series. `has_adj`: all of them have an adjusted close, and so the features
  /// `all` too.
  PriceTask task(bool has_adj, bool has_volume) const;
  PriceReadOptions read_options() const;
  SplitOptions fractions() const;
  /// Of --walk-forward: when and on what it trains.
  std::string walk_text() const;
};

}  // namespace lathe::cli
