#include "tests/runtime/hand_compiled.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lathe::runtime {

std::atomic<int32_t> stop_flag{0};
std::atomic<int64_t> stop_at_step{-1};
std::atomic<int64_t> entry_calls{0};

namespace {

constexpr int64_t kArena = 256 * 64, kScratch = 192;

void meet(const Call* c, int64_t worker) {
  if (c->workers > 1) c->barrier(c->team, worker);
}

template <class T>
const T* param(const Call* c, int i) {
  return static_cast<const T*>(c->params[i]);
}
template <class T>
T* output(const Call* c, int i) {
  return static_cast<T*>(c->outputs[i]);
}

extern "C" void train_entry(const Call* c, int64_t worker) {
  entry_calls.fetch_add(1);
  const int64_t steps = step_count(c->total, c->batch);
  auto* const partial = reinterpret_cast<float*>(c->scratch[worker]);
  for (int64_t step = 0; step < steps; ++step) {
    const int64_t first = step * c->batch;
    const int64_t rows = std::min(c->batch, c->total - first);
    // Phase 1: each worker its rows; the partial sum goes through scratch to a line of the arena.
    *partial = 0;
    for (int64_t r = worker; r < rows; r += c->workers) {
      for (int64_t j = 0; j < 3; ++j) {
        const float x = param<float>(c, 0)[(first + r) * 3 + j];
        output<float>(c, 0)[(first + r) * 3 + j] = x * *param<float>(c, 2);
        *partial += x;
      }
    }
    for (int64_t r = worker; r < c->rows; r += c->workers) {
      *partial += param<float>(c, 1)[2 * r] + param<float>(c, 1)[2 * r + 1];
    }
    reinterpret_cast<float*>(c->arena + 64 * worker)[0] = *partial;
    meet(c, worker);
    // Phase 2: worker 0 gathers, the last worker updates the states.
    if (worker == 0) {
      float sum = 0;
      for (int64_t w = 0; w < c->workers; ++w) {
        sum += *reinterpret_cast<const float*>(c->arena + 64 * w);
      }
      output<float>(c, 1)[step] = sum;
      output<int32_t>(c, 2)[2 * step] = static_cast<int32_t>(first);
      output<int32_t>(c, 2)[2 * step + 1] = static_cast<int32_t>(rows);
    }
    if (worker == c->workers - 1) {
      auto* const w = static_cast<float*>(c->states[0]);
      for (int64_t panel = 0; panel < 2; ++panel) {
        for (int64_t i = 0; i < 2; ++i) {
          for (int64_t j = 0; j < (panel == 0 ? 3 : 2); ++j) w[(panel * 2 + i) * 3 + j] += 1;
        }
      }
      *static_cast<int64_t*>(c->states[1]) += 1;
    }
    if (worker == 0) {
      if (step == stop_at_step.load()) stop_flag.store(1);
      *c->steps_done = step + 1;
      *c->stop_seen = __atomic_load_n(c->stop, __ATOMIC_RELAXED);
    }
    meet(c, worker);
    if (*c->stop_seen != 0) return;
    if (c->watched && !std::isfinite(c->watched[step])) return;
  }
}

extern "C" void probe_entry(const Call* c, int64_t worker) {
  volatile float tiny = std::numeric_limits<float>::denorm_min();
  output<float>(c, 0)[worker] = tiny + tiny;
  if (worker == 0) {
    for (int64_t w = c->workers; w < 16; ++w) output<float>(c, 0)[w] = 1;
    *c->steps_done = 1;
  }
}

extern "C" void overrun_entry(const Call* c, int64_t worker) {
  if (worker != c->workers - 1) return;
  if (*param<int32_t>(c, 0) == 0) {
    c->arena[kArena] = 0;
  } else {
    c->scratch[worker][kScratch] = 0;
  }
}

}  // namespace

HandCompiled::HandCompiled() {
  const TensorType scalar{DType::F32, {}};
  functions_ = {
      {.name = "train",
       .params = {{"x", {DType::F32, {Dim::batch(), 3}}},
                  {"data", {DType::F32, {Dim::rows(), 2}}},
                  {"scale", scalar}},
       .outputs = {{"y", {DType::F32, {Dim::batch(), 3}}},
                   {"sum", scalar},
                   {"span", {DType::I32, {2}}}},
       .max_batch = kMaxBatch,
       .arena_bytes = 64,
       .scratch_bytes = kScratch},
      {.name = "probe", .params = {}, .outputs = {{"tiny", {DType::F32, {16}}}}},
      {.name = "overrun",
       .params = {{"where", {DType::I32, {}}}},
       .outputs = {},
       .arena_bytes = kArena,
       .scratch_bytes = 4},
  };
  states_ = {{"w", {DType::F32, {2, 5}}, Layout::panels(3)}, {"count", {DType::I64, {}}, {}}};
}

Entry HandCompiled::entry(int function) const {
  const Entry entries[] = {train_entry, probe_entry, overrun_entry};
  return entries[function];
}

}  // namespace lathe::runtime
