// What `lathe bench kernels` prints.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/bench/kernels/kernel_bench.h"
#include "tools/bench/kernels/kernel_table.h"
#include "tools/cli/kernels/options.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {

/// `forward 100x784x500`
std::string row_name(const bench::KernelRow& row);

/// A table for people, row by row as they are measured; with --csv lines of CSV instead.
class KernelReport {
 public:
  KernelReport(Terminal& terminal, const KernelOptions& options)
      : terminal_(terminal), options_(options) {}

  void begin(const bench::KernelMachine& machine, const std::vector<bench::LoadedPeer>& peers);
  void row(const bench::KernelRow& row);
  void end(const bench::KernelMachine& machine, const bench::KernelSummary& summary);

 private:
  void table_row(const bench::KernelRow& row);
  void csv_row(const bench::KernelRow& row);

  Terminal& terminal_;
  const KernelOptions& options_;
  bench::KernelMachine machine_;
  const bench::KernelInfo* kernel_ = nullptr;  ///< whose rows are being printed
};

nlohmann::ordered_json kernels_json(const KernelOptions& options,
                                    const bench::KernelMachine& machine,
                                    const std::vector<bench::LoadedPeer>& peers,
                                    const std::vector<bench::KernelRow>& rows,
                                    const bench::KernelSummary& summary);

}  // namespace lathe::cli
