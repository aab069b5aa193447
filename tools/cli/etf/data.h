// The prices that `lathe train etf` and `lathe predict` work on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lathe/prices.h"
#include "tools/cli/etf/options.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {

/// Of one series.
struct EtfSeries {
  ReadPrices prices;
  std::string source;  ///< the file, or how it was made
};

struct EtfData {
  std::vector<EtfSeries> series;
  std::vector<EtfSeries> companions;  ///< of --inputs, behind the first
  bool synthetic() const { return series[0].prices.series.synthetic; }
  /// `SPY`, or `SPY, QQQ`, or `31 series`, or `synthetic`.
  std::string name() const;
};

/// What to say where prices move as at a split; empty where they do not.
std::string split_warning(const ReadPrices& prices);

/// Prices of files, of all files of folders, and of tickers, each file once. Error where there is none
/// of these.
std::vector<EtfSeries> read_etfs(const std::vector<std::string>& names,
                                 const std::optional<std::string>& data,
                                 const PriceReadOptions& options);
/// All that the options name; tells what is in them, and what was dropped or repaired.
EtfData load_etf_data(const EtfOptions& options, Terminal& terminal);

}  // namespace lathe::cli
