#include "tools/cli/kernels/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

namespace lathe::cli {
namespace {

using bench::KernelEntry;
using bench::KernelRow;
using Json = nlohmann::ordered_json;

/// Quoted where a field of CSV has to be.
std::string csv_field(std::string text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  for (size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2)
    text.insert(at, "\"");
  return '"' + text + '"';
}

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json entry_json(const KernelRow& row, const KernelEntry& entry,
                const bench::KernelMachine& machine) {
  Json out;
  out["library"] = entry.library;
  out["how"] = text_or_null(entry.how);
  out["seconds"] = number(entry.seconds);
  std::optional<double> gflops, share, gbs;
  if (entry.seconds) {
    gbs = 1e-9 * bench::kernel_bytes(row.work) / *entry.seconds;
    if (bench::kernel_info(row.work.kind).contraction) {
      gflops = bench::kernel_speed(row.work, *entry.seconds);
      share = *gflops / machine.peak_gflops;
    }
  }
  out["gflops"] = number(gflops);
  out["share_of_peak"] = number(share);
  out["gbs"] = number(gbs);
  out["trouble"] = text_or_null(entry.trouble);
  return out;
}

Json row_json(const KernelRow& row, const bench::KernelMachine& machine) {
  Json out;
  out["kernel"] = bench::kernel_info(row.work.kind).text;
  out["shape"] = bench::shape_text(row.work.shape);
  out["m"] = row.work.shape.m;
  out["k"] = row.work.shape.k;
  out["n"] = row.work.shape.n;
  out["flops"] = bench::kernel_flops(row.work);
  out["padded_flops"] = bench::kernel_flops(row.work, machine.lanes);
  out["bytes"] = bench::kernel_bytes(row.work);
  out["read_gbs"] = row.read_gbs;
  out["entries"] = Json::array();
  for (const KernelEntry& entry : row.entries) {
    out["entries"].push_back(entry_json(row, entry, machine));
  }
  const KernelEntry* best = row.best_peer();
  out["best_peer"] = best ? Json(best->library) : Json();
  out["beside_best"] = number(row.beside_best());
  out["error"] = text_or_null(row.error);
  return out;
}

}  // namespace

std::string row_name(const KernelRow& row) {
  return fmt::format("{} {}", bench::kernel_info(row.work.kind).text,
                     bench::shape_text(row.work.shape));
}

void KernelReport::begin(const bench::KernelMachine& machine,
                         const std::vector<bench::LoadedPeer>& peers) {
  machine_ = machine;
  if (options_.csv) {
    terminal_.write(
        "kernel,m,k,n,threads,activation,library,how,seconds,gflops,gbs,peak_gflops,read_gbs,"
        "trouble\n");
    return;
  }
  terminal_.print("{} thread{}, {}, seed {}: peak {:.1f} GFLOP/s, {:.1f} GB/s read from memory\n",
                  machine.threads, machine.threads == 1 ? "" : "s", options_.activation,
                  options_.seed, machine.peak_gflops, machine.read_gbs);
  for (const bench::LoadedPeer& peer : peers) {
    terminal_.print("{}: {}\n", peer.name, peer.peer ? peer.peer->version() : peer.trouble);
  }
}

void KernelReport::row(const KernelRow& row) {
  options_.csv ? csv_row(row) : table_row(row);
  if (!options_.json) flush_stdout();
}

void KernelReport::table_row(const KernelRow& row) {
  const bench::KernelInfo& kernel = bench::kernel_info(row.work.kind);
  if (kernel_ != &kernel) {
    kernel_ = &kernel;
    terminal_.print("\n{}: {}; {}\n{:<16}", terminal_.bold(kernel.text), kernel.meaning,
                    kernel.contraction ? "GFLOP/s" : "GB/s", "M x K x N");
    for (const KernelEntry& entry : row.entries) terminal_.print(" {:>11}", entry.library);
    terminal_.print(" {:>10} {:>8} {:>9} {:>10}\n", "by best",
                    kernel.contraction ? "of peak" : "of read", "touched", "read GB/s");
  }
  terminal_.print("{:<16}", bench::shape_text(row.work.shape));
  if (!row.error.empty()) {
    terminal_.print(" error: {}\n", row.error);
    return;
  }
  for (const KernelEntry& entry : row.entries) {
    terminal_.print(
        " {:>11}",
        entry.seconds ? fmt::format("{:.1f}", bench::kernel_speed(row.work, *entry.seconds)) : "-");
  }
  const auto ratio = row.beside_best();
  terminal_.print(" {:>10}", ratio ? fmt::format("{:.2f}", *ratio) : "-");
  const double limit = kernel.contraction ? machine_.peak_gflops : row.read_gbs;
  terminal_.print(" {:>6.1f} %", 100 * bench::kernel_speed(row.work, *row.lathe().seconds) / limit);
  terminal_.print(" {:>9} {:>10.1f}\n", byte_count(bench::kernel_bytes(row.work)), row.read_gbs);
}

void KernelReport::csv_row(const KernelRow& row) {
  const bench::KernelInfo& kernel = bench::kernel_info(row.work.kind);
  for (const KernelEntry& entry : row.entries) {
    std::string seconds, gflops, gbs;
    if (entry.seconds) {
      seconds = fmt::format("{}", *entry.seconds);
      gbs = fmt::format("{}", 1e-9 * bench::kernel_bytes(row.work) / *entry.seconds);
      if (kernel.contraction) {
        gflops = fmt::format("{}", bench::kernel_speed(row.work, *entry.seconds));
      }
    }
    const bench::KernelShape& s = row.work.shape;
    terminal_.print("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", kernel.text, s.m, s.k, s.n,
                    row.work.threads, options_.activation, entry.library, csv_field(entry.how),
                    seconds, gflops, gbs, machine_.peak_gflops, row.read_gbs,
                    csv_field(row.error.empty() ? entry.trouble : row.error));
  }
}

void KernelReport::end(const bench::KernelMachine& machine, const bench::KernelSummary& summary) {
  if (options_.csv) return;
  terminal_.write("\n");
  if (summary.mean) {
    terminal_.print(
        "Lathe beside the best of the others: {:.2f} times as fast (geometric mean), "
        "at worst {:.2f} ({})\n",
        *summary.mean, *summary.worst->beside_best(), row_name(*summary.worst));
  }
  if (summary.large_mean) {
    terminal_.print("contractions whose M, K and N are 96 or more: {:.2f} times as fast\n",
                    *summary.large_mean);
  }
  if (summary.padded_share) {
    terminal_.print(
        "of the peak ({:.1f} GFLOP/s), whole vectors counted, these reach "
        "{:.1f} % (geometric mean), at least {:.1f} % ({})\n",
        machine.peak_gflops, 100 * *summary.padded_share, 100 * *summary.least_padded_share,
        row_name(*summary.least_padded));
  }
}

nlohmann::ordered_json kernels_json(const KernelOptions& options,
                                    const bench::KernelMachine& machine,
                                    const std::vector<bench::LoadedPeer>& peers,
                                    const std::vector<KernelRow>& rows,
                                    const bench::KernelSummary& summary) {
  Json out;
  out["threads"] = machine.threads;
  out["activation"] = options.activation;
  out["seed"] = options.seed;
  out["rounds"] = options.rounds;
  out["peak_gflops"] = machine.peak_gflops;
  out["memory_gbs"] = machine.read_gbs;
  out["vector_lanes"] = machine.lanes;
  out["peers"] = Json::array();
  for (const bench::LoadedPeer& peer : peers) {
    out["peers"].push_back({{"library", peer.name},
                            {"version", peer.peer ? Json(peer.peer->version()) : Json()},
                            {"trouble", text_or_null(peer.trouble)}});
  }
  out["rows"] = Json::array();
  for (const KernelRow& row : rows) out["rows"].push_back(row_json(row, machine));
  out["mean_beside_best"] = number(summary.mean);
  out["large_mean_beside_best"] = number(summary.large_mean);
  out["worst_beside_best"] = summary.worst ? number(summary.worst->beside_best()) : Json();
  out["worst"] = summary.worst ? Json(row_name(*summary.worst)) : Json();
  out["padded_share_of_peak"] = number(summary.padded_share);
  out["least_padded_share_of_peak"] = number(summary.least_padded_share);
  out["least_padded"] = summary.least_padded ? Json(row_name(*summary.least_padded)) : Json();
  out["errors"] = summary.errors;
  return out;
}

}  // namespace lathe::cli
