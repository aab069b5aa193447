#include "tools/cli/etf/data.h"

#include <cstdlib>
#include <filesystem>
#include <map>

#include "frontend/base/grouped.h"
#include "lathe/synthetic.h"

namespace lathe::cli {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

EtfSeries read_file(const fs::path& path, const PriceReadOptions& options) {
  return {read_prices(path, options), path.string()};
}

EtfSeries make_synthetic(const EtfOptions& options) {
  SyntheticPriceOptions how;
  how.seed = static_cast<uint64_t>(options.seed);
  how.days = options.synthetic_days;
  how.planted_signal = options.synthetic_signal;
  EtfSeries one;
  one.prices.series = synthetic_prices(how);
  one.source = "synthetic";
  return one;
}

/// SPY from the search path, where nobody named a folder and it has none: nothing.
std::optional<EtfSeries> find_default(const EtfOptions& options) {
  const char* named = std::getenv("LATHE_DATA");
  if (options.data || (named && *named))
    return read_file(find_prices("SPY", options.data), options.read_options());
  std::optional<fs::path> found;
  try {
    found = find_prices("SPY");
  } catch (const Error&) {  // there is none anywhere
    return std::nullopt;
  }
  return read_file(*found, options.read_options());
}

void print_series(const EtfSeries& one, bool list, Terminal& terminal) {
  const PriceSeries& s = one.prices.series;
  terminal.print("data       {}: {} days, {} to {} ({})\n", s.name, grouped(s.rows()),
                 s.date.front().to_string(), s.date.back().to_string(), one.source);
  if (s.synthetic) {
    terminal.print("           SYNTHETIC prices, made by rule: no market's\n");
    return;
  }
  if (!one.prices.problems.empty()) terminal.print("           {}\n", problem_summary(one.prices));
  if (const std::string warning = split_warning(one.prices); !warning.empty())
    terminal.print("warning: {}\n", warning);
  if (list)
    for (const std::string& line : problem_lines(one.prices))
      terminal.print("           {}\n", line);
}

/// What `all` means where some have less.
void print_missing(const EtfData& data, const EtfOptions& options, Terminal& terminal) {
  if (options.features != "all") return;
  for (const PriceField field : {PriceField::AdjClose, PriceField::Volume}) {
    std::vector<std::string> without;
    for (const auto* part : {&data.series, &data.companions})
      for (const EtfSeries& one : *part)
        if (!one.prices.series.has(field)) without.push_back(one.prices.series.name);
    if (without.empty()) continue;
    terminal.print("features   no {} in {}: all means the others{}\n",
                   field == PriceField::AdjClose ? "adjusted close" : "volume",
                   without.size() > 3 ? fmt::format("{} files", without.size())
                                      : fmt::format("{}", fmt::join(without, ", ")),
                   field == PriceField::AdjClose ? " (--fill-adj close makes one)" : "");
  }
}

/// Names tell series apart: in tables, folders and pooled models.
void check_names(const EtfData& data) {
  std::map<std::string, std::string> sources;
  for (const auto* part : {&data.series, &data.companions})
    for (const EtfSeries& one : *part) {
      const auto [at, is_new] = sources.emplace(one.prices.series.name, one.source);
      if (!is_new)
        throw Error(
            fmt::format("there are two files of {}: {} and {}", at->first, at->second, one.source));
    }
}

}  // namespace

std::string split_warning(const ReadPrices& prices) {
  std::string lines;
  for (const PriceProblem& p : prices.problems)
    if (p.kind == PriceProblemKind::PossibleSplit)
      lines += fmt::format("{}{}", lines.empty() ? "" : ", ", p.line);
  if (lines.empty()) return "";
  return fmt::format(
      "{} moves as at a split that its prices are not adjusted for (line {}): what is learned and "
      "scored there is wrong then",
      prices.series.name, lines);
}

std::string EtfData::name() const {
  if (synthetic()) return "synthetic";
  if (series.size() > 3) return fmt::format("{} series", series.size());
  std::vector<std::string> names;
  for (const auto* part : {&series, &companions})
    for (const EtfSeries& one : *part) names.push_back(one.prices.series.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<EtfSeries> read_etfs(const std::vector<std::string>& names,
                                 const std::optional<std::string>& data,
                                 const PriceReadOptions& options) {
  std::vector<fs::path> paths;
  for (const std::string& name : names) {
    if (name == "-") throw Error("prices are read from files, not from standard input (-)");
    const bool there = is_there(name);
    if (!there && (name.find('/') != std::string::npos || name.ends_with(".csv")))
      throw Error(fmt::format("{}: there is no such file", name));
    paths.push_back(there ? fs::path(name) : find_prices(name, data));
  }
  std::vector<EtfSeries> all;
  for (const fs::path& file : files_of_prices(paths)) all.push_back(read_file(file, options));
  return all;
}

EtfData load_etf_data(const EtfOptions& options, Terminal& terminal) {
  if (options.data) require_folder("--data", *options.data);
  EtfData all;
  const PriceReadOptions read = options.read_options();
  if (options.synthetic) {
    all.series.push_back(make_synthetic(options));
  } else if (!options.inputs.empty()) {
    for (EtfSeries& one : read_etfs(split_words(options.inputs), options.data, read))
      (all.series.empty() ? all.series : all.companions).push_back(std::move(one));
  } else if (!options.csv.empty()) {
    all.series = read_etfs(options.csv, options.data, read);
  } else if (auto spy = find_default(options)) {
    all.series.push_back(std::move(*spy));
  } else {
    terminal.print("no real prices found (--csv FILE names some)\n");
    all.series.push_back(make_synthetic(options));
  }
  check_names(all);
  for (const auto* part : {&all.series, &all.companions})
    for (const EtfSeries& one : *part) print_series(one, options.problems, terminal);
  print_missing(all, options, terminal);
  return all;
}

}  // namespace lathe::cli
