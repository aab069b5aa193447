#include "tools/bench/kernels/kernel_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "ir/error.h"
#include "tools/bench/kernels/kernel_arrays.h"
#include "tools/bench/kernels/kernel_table.h"
#include "tools/bench/kernels/lathe_kernel.h"

namespace lathe::bench {
namespace {

constexpr int64_t kLargeSide = 96;

/// Everyone's ways in one list, each with the entry that it belongs to.
struct Contenders {
  std::vector<KernelCall> calls;
  std::vector<size_t> entry;
};

void add_calls(KernelRow& row, Contenders& contenders, std::vector<KernelCall> calls) {
  for (KernelCall& call : calls) {
    contenders.calls.push_back(std::move(call));
    contenders.entry.push_back(row.entries.size() - 1);
  }
}

/// With several threads, the library alone on one as well: what is small may be faster there.
void add_peer(KernelRow& row, Contenders& contenders, const LoadedPeer& peer,
              const Operands& operands) {
  row.entries.push_back({peer.name, "", std::nullopt, peer.trouble});
  if (!peer.peer) return;
  try {
    std::vector<KernelCall> calls = peer.peer->calls(row.work, operands);
    if (calls.empty()) row.entries.back().trouble = "has no such kernel";
    add_calls(row, contenders, std::move(calls));
    if (row.work.threads == 1) return;
    KernelWork alone = row.work;
    alone.threads = 1;
    calls = peer.peer->calls(alone, operands);
    for (KernelCall& call : calls) call.how += call.how.empty() ? "one thread" : ", one thread";
    add_calls(row, contenders, std::move(calls));
  } catch (const std::exception& e) {
    row.entries.back().trouble = e.what();
  }
}

/// Runs each once, and says who was wrong.
std::string check(const KernelRow& row, const Contenders& contenders, const Operands& operands) {
  const KernelReference reference(row.work, operands);
  for (size_t i = 0; i < contenders.calls.size(); ++i) {
    const KernelCall& call = contenders.calls[i];
    call.run(1);
    const std::string words = reference.disagreement(call.results());
    if (words.empty()) continue;
    const std::string& library = row.entries[contenders.entry[i]].library;
    return fmt::format("{}{}: {}", library, call.how.empty() ? "" : " (" + call.how + ")", words);
  }
  return "";
}

double geometric_mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += std::log(v);
  return std::exp(sum / static_cast<double>(values.size()));
}

}  // namespace

const KernelEntry* KernelRow::best_peer() const {
  const KernelEntry* best = nullptr;
  for (size_t i = 1; i < entries.size(); ++i) {
    if (!entries[i].seconds) continue;
    if (!best || *entries[i].seconds < *best->seconds) best = &entries[i];
  }
  return best;
}

std::optional<double> KernelRow::beside_best() const {
  const KernelEntry* best = best_peer();
  if (!best || !lathe().seconds) return std::nullopt;
  return *best->seconds / *lathe().seconds;
}

KernelRow measure_kernel(const KernelWork& work, const std::vector<LoadedPeer>& peers,
                         const RoundOptions& rounds) {
  KernelRow row{work, {{"Lathe", "", std::nullopt, ""}}, 0, ""};
  const KernelArrays arrays(work);
  Contenders contenders;
  try {
    add_calls(row, contenders, {lathe_call(work, arrays.operands())});
  } catch (const Error& e) {
    row.error = row.entries[0].trouble = e.what();
    return row;
  }
  for (const LoadedPeer& peer : peers) add_peer(row, contenders, peer, arrays.operands());
  row.error = check(row, contenders, arrays.operands());
  if (!row.error.empty()) return row;
  const std::vector<double> seconds = time_in_rounds(contenders.calls, rounds);
  for (size_t i = 0; i < seconds.size(); ++i) {
    KernelEntry& entry = row.entries[contenders.entry[i]];
    if (entry.seconds && *entry.seconds <= seconds[i]) continue;
    entry.seconds = seconds[i];
    entry.how = contenders.calls[i].how;
  }
  return row;
}

KernelSummary summarize(const std::vector<KernelRow>& rows, const KernelMachine& machine) {
  KernelSummary summary;
  std::vector<double> ratios, large_ratios, shares;
  for (const KernelRow& row : rows) {
    if (!row.error.empty()) ++summary.errors;
    const KernelShape& s = row.work.shape;
    const double flops = kernel_flops(row.work, machine.lanes);
    const bool large = flops > 0 && std::min({s.m, s.k, s.n}) >= kLargeSide;
    if (const auto ratio = row.beside_best()) {
      if (large) large_ratios.push_back(*ratio);
      ratios.push_back(*ratio);
      if (!summary.worst || *ratio < *summary.worst->beside_best()) summary.worst = &row;
    }
    if (!large || !row.lathe().seconds) continue;
    shares.push_back(1e-9 * flops / *row.lathe().seconds / machine.peak_gflops);
    if (!summary.least_padded_share || shares.back() < *summary.least_padded_share) {
      summary.least_padded_share = shares.back();
      summary.least_padded = &row;
    }
  }
  if (!ratios.empty()) summary.mean = geometric_mean(ratios);
  if (!large_ratios.empty()) summary.large_mean = geometric_mean(large_ratios);
  if (!shares.empty()) summary.padded_share = geometric_mean(shares);
  return summary;
}

double kernel_speed(const KernelWork& work, double seconds) {
  const double amount =
      kernel_info(work.kind).contraction ? kernel_flops(work) : kernel_bytes(work);
  return 1e-9 * amount / seconds;
}

}  // namespace lathe::bench
