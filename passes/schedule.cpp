#include "passes/schedule.h"

#include <algorithm>
#include <limits>
#include <map>

#include "ir/access.h"
#include "ir/error.h"
#include "passes/fuse.h"

namespace lathe::passes {

using namespace ir;

namespace {

/// The earliest phase of every kernel that waits for others, and the latest of those that wait for
/// none: a gathered batch or a mask is made right before it is read, so that it is alive for a short
/// time and still in cache. A kernel's predecessors are the producers of its buffers
/// and, where it assigns a state, the other readers of it.
std::vector<int64_t> phases(const Module& m, const Function& f) {
  const int n = static_cast<int>(f.kernels.size());
  std::map<int32_t, int> producer;              // buffer to kernel
  std::map<int32_t, std::vector<int>> readers;  // state to kernels
  const std::vector<std::vector<Access>> touched = accesses(m, f);
  for (int k = 0; k < n; ++k) {
    for (const Access& a : touched[k]) {
      if (a.write && !a.is_state) producer[a.id] = k;
      if (!a.write && a.is_state) readers[a.id].push_back(k);
    }
  }
  std::vector<std::vector<int>> next(n);
  std::vector<int> waiting(n, 0);
  const auto edge = [&](int from, int to) {
    if (from == to) return;
    next[from].push_back(to);
    ++waiting[to];
  };
  for (int k = 0; k < n; ++k) {
    for (const Access& a : touched[k]) {
      if (!a.is_state && !a.write)
        if (auto it = producer.find(a.id); it != producer.end()) edge(it->second, k);
      if (a.is_state && a.write)
        for (int reader : readers[a.id]) edge(reader, k);
    }
  }
  std::vector<int64_t> phase(n, 0);
  std::vector<int> ready;
  for (int k = 0; k < n; ++k)
    if (waiting[k] == 0) ready.push_back(k);
  const size_t first = ready.size();
  size_t done = 0;
  while (done < ready.size()) {
    const int k = ready[done++];
    for (int to : next[k]) {
      phase[to] = std::max(phase[to], phase[k] + 1);
      if (--waiting[to] == 0) ready.push_back(to);
    }
  }
  LATHE_CHECK(static_cast<int>(done) == n, "the kernels of '" + f.name + "' wait for each other");
  for (size_t i = 0; i < first; ++i) {
    const int k = ready[i];
    int64_t earliest = std::numeric_limits<int64_t>::max();
    for (int to : next[k]) earliest = std::min(earliest, phase[to]);
    if (!next[k].empty()) phase[k] = earliest - 1;
  }
  return phase;
}

}  // namespace

bool schedule(Module& m, const PassOptions&, Remarks&) {
  bool changed = false;
  for (Function& f : m.functions) {
    require_kernels(f, "schedule");
    if (f.kernels.empty()) continue;
    const std::vector<int64_t> phase = phases(m, f);
    for (size_t k = 0; k < f.kernels.size(); ++k) {
      const Attr value(phase[k]);
      const Attr* old = f.kernels[k].attrs.find("phase");
      changed = changed || !old || *old != value;
      f.kernels[k].attrs.set("phase", value);
    }
    const std::vector<std::vector<ValueId>> of = kernel_ops(f);
    std::vector<size_t> order(f.kernels.size());
    for (size_t k = 0; k < order.size(); ++k) order[k] = k;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return phase[a] < phase[b]; });
    // Free ops stand in no kernel: each goes in front of its first reader.
    std::vector<ValueId> body;
    std::vector<bool> placed(f.ops.size(), false);
    const auto place = [&](auto&& self, ValueId id) -> void {
      if (placed[id] || f.op(id).kind == OpKind::Param || f.op(id).kind == OpKind::State) return;
      for (ValueId v : f.op(id).operands)
        if (f.op(v).kernel == kNone) self(self, v);
      placed[id] = true;
      body.push_back(id);
    };
    for (size_t k : order) {
      for (ValueId id : of[k])
        for (ValueId v : f.op(id).operands)
          if (f.op(v).kernel == kNone) place(place, v);
      for (ValueId id : of[k]) place(place, id);
    }
    const std::vector<ValueId> before = f.body;
    f.body = std::move(body);
    changed = changed || before != f.body;
    compact(f);
  }
  return changed;
}

}  // namespace lathe::passes
