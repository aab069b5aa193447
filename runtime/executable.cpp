#include "runtime/executable.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "ir/error.h"
#include "runtime/fp_mode.h"

namespace lathe::runtime {

namespace {

template <class Infos>
int find_name(const Infos& infos, std::string_view name) {
  const auto it = std::ranges::find_if(infos, [&](const auto& i) { return i.name == name; });
  return it == infos.end() ? -1 : static_cast<int>(it - infos.begin());
}

[[noreturn]] void refuse(const FunctionInfo& f, const std::string& why) {
  throw Error("cannot run function '" + f.name + "': " + why);
}

// What `kind` number i of f must be: there, and aligned to its elements.
template <class Info, class Pointer>
void check_pointers(const FunctionInfo& f, const char* kind, const std::vector<Info>& infos,
                    std::span<Pointer> pointers) {
  if (pointers.size() != infos.size()) {
    refuse(f, std::to_string(pointers.size()) + " " + kind + "s given, expected " +
                  std::to_string(infos.size()));
  }
  for (size_t i = 0; i < infos.size(); ++i) {
    if (pointers[i] == nullptr) refuse(f, std::string(kind) + " '" + infos[i].name + "' is null");
    const auto address = reinterpret_cast<uintptr_t>(pointers[i]);
    if (address % static_cast<uintptr_t>(dtype_size(infos[i].type.dtype)) != 0) {
      refuse(f, std::string(kind) + " '" + infos[i].name + "' of type " +
                    infos[i].type.to_string() + " is not aligned to its elements");
    }
  }
}

/// The slots of output number `watched`; null for -1.
const float* watched_slots(const FunctionInfo& f, std::span<void* const> outputs, int watched) {
  if (watched == -1) return nullptr;
  if (watched < 0 || watched >= static_cast<int>(f.outputs.size()))
    refuse(f, "there is no output " + std::to_string(watched) + " to watch");
  const OutputInfo& o = f.outputs[watched];
  if (o.type != TensorType{DType::F32, {}})
    refuse(f, "output '" + o.name + "' of type " + o.type.to_string() +
                  " can't be watched, expected f32[]");
  return static_cast<const float*>(outputs[watched]);
}

// Values left over from before read as NaN. Only debug builds pay for it.
void poison([[maybe_unused]] const AlignedBuffer& buffer) {
#if defined(LATHE_DEBUG)
  if (!buffer.empty()) std::memset(buffer.data(), 0xFF, buffer.size());
#endif
}

constexpr int32_t kNeverStop = 0;

// Compiled code reads the flag as a plain word.
static_assert(sizeof(std::atomic<int32_t>) == sizeof(int32_t) &&
              std::atomic<int32_t>::is_always_lock_free);

}  // namespace

int Executable::find_function(std::string_view name) const {
  return find_name(functions(), name);
}

StateStore::StateStore(std::vector<StateInfo> states) : states_(std::move(states)) {
  for (const StateInfo& s : states_) {
    buffers_.emplace_back(physical_bytes(s.type, s.layout), Fill::Zero, "state '" + s.name + "'");
    pointers_.push_back(buffers_.back().data());
  }
}

int StateStore::find(std::string_view name) const {
  return find_name(states_, name);
}

int StateStore::index(std::string_view name) const {
  const int i = find(name);
  if (i < 0) throw Error("there is no state '" + std::string(name) + "'");
  return i;
}

void StateStore::set(std::string_view name, const TensorView& value) {
  const int i = index(name);
  const StateInfo& s = states_[i];
  if (value.type() != s.type) {
    throw Error("state '" + s.name + "' is " + s.type.to_string() + ", it cannot be set to a " +
                value.type().to_string());
  }
  pack(s.type, s.layout, value.data, pointers_[i]);
}

Tensor StateStore::get(std::string_view name) const {
  const int i = index(name);
  const StateInfo& s = states_[i];
  Tensor value(s.type);
  unpack(s.type, s.layout, pointers_[i], value.raw());
  return value;
}

void StateStore::check_canaries() const {
  for (const AlignedBuffer& b : buffers_) b.check_canaries();
}

WorkingMemory::WorkingMemory(std::shared_ptr<WorkerTeam> team) : team_(std::move(team)) {
  LATHE_CHECK(team_, "working memory without a team");
}

void WorkingMemory::need(int64_t arena_bytes, int64_t scratch_bytes) {
  // What there is stays until there is more: other sessions go on with it if this fails.
  if (arena_.data() == nullptr || arena_bytes > arena_.size())
    arena_ = AlignedBuffer(arena_bytes, Fill::None, "the arena");
  if (scratch_bytes <= scratch_bytes_) return;
  std::vector<AlignedBuffer> scratch;
  std::vector<uint8_t*> pointers;
  for (int w = 0; w < team_->workers(); ++w) {
    scratch.emplace_back(scratch_bytes, Fill::None, "the scratch of worker " + std::to_string(w));
    pointers.push_back(scratch.back().data());
  }
  scratch_ = std::move(scratch);
  scratch_pointers_ = std::move(pointers);
  scratch_bytes_ = scratch_bytes;
  // First touched by the worker that will use it, so that its pages lie near that worker's core.
  team_->run([&](int64_t w) { std::memset(scratch_pointers_[w], 0, scratch_bytes); });
}

void WorkingMemory::poison() const {
  lathe::runtime::poison(arena_);
  for (const AlignedBuffer& s : scratch_) lathe::runtime::poison(s);
}

void WorkingMemory::check_canaries() const {
  arena_.check_canaries();
  for (const AlignedBuffer& s : scratch_) s.check_canaries();
}

Session::Session(std::shared_ptr<const Executable> executable, std::shared_ptr<StateStore> states,
                 std::shared_ptr<WorkerTeam> team)
    : Session(std::move(executable), std::move(states),
              std::make_shared<WorkingMemory>(std::move(team))) {}

Session::Session(std::shared_ptr<const Executable> executable, std::shared_ptr<StateStore> states,
                 std::shared_ptr<WorkingMemory> memory)
    : executable_(std::move(executable)), states_(std::move(states)), memory_(std::move(memory)) {
  LATHE_CHECK(executable_ && states_ && memory_, "a session lacks one of its parts");
  for (const StateInfo& want : executable_->states()) {
    const int i = states_->find(want.name);
    if (i < 0) throw Error("the executable needs state '" + want.name + "', which is not there");
    const StateInfo& have = states_->states()[i];
    if (have.type != want.type || have.layout != want.layout) {
      throw Error("state '" + want.name + "' is " + have.type.to_string() + " in layout " +
                  to_string(have.layout) + ", the executable needs " + want.type.to_string() +
                  " in layout " + to_string(want.layout));
    }
    state_pointers_.push_back(states_->pointers()[i]);
  }
  int64_t arena_bytes = 0, scratch_bytes = 0;
  const auto& functions = executable_->functions();
  for (size_t i = 0; i < functions.size(); ++i) {
    arena_bytes = std::max(arena_bytes, functions[i].arena_bytes);
    scratch_bytes = std::max(scratch_bytes, functions[i].scratch_bytes);
    entries_.push_back(executable_->entry(static_cast<int>(i)));
    LATHE_CHECK(entries_.back() != nullptr, "function '" + functions[i].name + "' has no code");
  }
  counts_.resize(functions.size());
  choices_.resize(functions.size());
  memory_->need(arena_bytes, scratch_bytes);
}

int64_t Session::run(int function, std::span<const void* const> params,
                     std::span<void* const> outputs, int64_t batch, int64_t total, int64_t rows,
                     const std::atomic<int32_t>* stop, int watched) {
  const auto& functions = executable_->functions();
  if (function < 0 || function >= static_cast<int>(functions.size())) {
    throw Error("there is no function " + std::to_string(function) + ", expected 0 to " +
                std::to_string(static_cast<int64_t>(functions.size()) - 1));
  }
  const FunctionInfo& f = functions[function];
  check_pointers(f, "parameter", f.params, params);
  check_pointers(f, "output", f.outputs, outputs);
  if (batch < 1 || batch > f.max_batch) {
    refuse(f, "batch " + std::to_string(batch) + " is not in 1 to " + std::to_string(f.max_batch));
  }
  if (total < 0) refuse(f, std::to_string(total) + " rows in all");
  const bool resident = std::ranges::any_of(f.params, [](const ParamInfo& p) {
    return p.type.has_symbol() && p.type.shape[0].is_rows();
  });
  if (resident && rows < 1) refuse(f, "a resident data set of " + std::to_string(rows) + " rows");
  const float* const slots = watched_slots(f, outputs, watched);
  if (total == 0) return 0;

  memory_->poison();
  WorkerChoice* const choice =
      team()->workers() > 1 ? &choices_[function].of(batch, step_count(total, batch)) : nullptr;
  const int workers = choice && choice->alone() ? 1 : team()->workers();
  int64_t steps_done = 0;
  int32_t stop_seen = 0;
  const Call call{
      .params = params.data(),
      .states = state_pointers_.data(),
      .outputs = outputs.data(),
      .arena = memory_->arena(),
      .scratch = memory_->scratch(),
      .batch = batch,
      .total = total,
      .rows = resident ? rows : 0,
      .workers = workers,
      .barrier = &WorkerTeam::barrier,
      .team = team().get(),
      .stop = stop ? reinterpret_cast<const int32_t*>(stop) : &kNeverStop,
      .steps_done = &steps_done,
      .stop_seen = &stop_seen,
      .watched = slots,
  };
  RunCounts& counts = counts_[function];
  ++counts.entries;
  counts.workers = workers;
  const auto program = [&call, entry = entries_[function]](int64_t worker) {
    const FpMode mode;
    entry(&call, worker);
  };
  // Where there is nothing to choose the clock is not asked: that takes as long as a small kernel.
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = choice ? Clock::now() : Clock::time_point();
  if (workers == 1)
    team()->run_alone(program);
  else
    team()->run(program);
  counts.steps += steps_done;
  if (choice && steps_done > 0)
    choice->took(steps_done, std::chrono::duration<double>(Clock::now() - begin).count());
  memory_->check_canaries();
  states_->check_canaries();
  return steps_done;
}

}  // namespace lathe::runtime
