#include "tools/bench/kernels/kernel_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "tools/bench/kernels/kernel_table.h"

namespace lathe::bench {
namespace {

plot::Panel panel_of(const KernelInfo& kernel) {
  plot::Panel panel;
  panel.title = std::string(kernel.text);
  panel.x.label = kernel.contraction ? "MFLOP of a run" : "MB that a run touches";
  panel.x.scale = plot::Scale::Log;
  panel.y.label = kernel.contraction ? "share of peak" : "GB/s";
  panel.y.holds = {0};
  if (kernel.contraction) panel.y.holds.push_back(1);
  return panel;
}

void add_point(plot::Panel& panel, const KernelEntry& entry, size_t library, double x, double y) {
  auto series = std::find_if(panel.series.begin(), panel.series.end(),
                             [&](const plot::Series& s) { return s.name == entry.library; });
  if (series == panel.series.end()) {
    panel.series.push_back(
        {entry.library, {}, {}, plot::curve_ink(library), plot::Mark::Dots, 2.6, 2, 1});
    series = panel.series.end() - 1;
  }
  series->x.push_back(x);
  series->y.push_back(y);
}

}  // namespace

plot::Figure kernel_figure(const std::vector<KernelRow>& rows, const KernelMachine& machine) {
  plot::Figure figure{fmt::format("Kernels on {} thread{}: peak {:.0f} GFLOP/s, memory {:.1f} GB/s",
                                  machine.threads, machine.threads == 1 ? "" : "s",
                                  machine.peak_gflops, machine.read_gbs),
                      {}};
  for (const KernelInfo& kernel : kernel_table()) {
    plot::Panel panel = panel_of(kernel);
    for (const KernelRow& row : rows) {
      if (row.work.kind != kernel.kind) continue;
      const double amount = kernel.contraction ? kernel_flops(row.work) : kernel_bytes(row.work);
      for (size_t i = 0; i < row.entries.size(); ++i) {
        const KernelEntry& entry = row.entries[i];
        if (!entry.seconds) continue;
        const double speed = kernel_speed(row.work, *entry.seconds);
        add_point(panel, entry, i, 1e-6 * amount,
                  kernel.contraction ? speed / machine.peak_gflops : speed);
      }
    }
    if (!panel.series.empty()) figure.panels.push_back(std::move(panel));
  }
  return figure;
}

}  // namespace lathe::bench
