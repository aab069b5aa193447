// Compiled programs and what it takes to run them.
//
// An Executable is code with its tables; a StateStore holds the values of its states; WorkingMemory
// belongs to a worker team; a Session joins them and runs functions.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/type.h"
#include "runtime/abi.h"
#include "runtime/layout.h"
#include "runtime/memory.h"
#include "runtime/tensor.h"
#include "runtime/worker_choice.h"
#include "runtime/worker_team.h"

namespace lathe::runtime {

struct ParamInfo {
  std::string name;
  TensorType type;  ///< leading B: a stream of rows; leading N: a resident data set
};

struct OutputInfo {
  std::string name;
  TensorType type;  ///< leading B: a stream of rows; otherwise one slot a step
};

struct FunctionInfo {
  std::string name;
  std::vector<ParamInfo> params;
  std::vector<OutputInfo> outputs;
  int64_t max_batch = 1;      ///< largest batch the memory plan allows, at least 1
  int64_t arena_bytes = 0;    ///< for temporaries, shared by all workers
  int64_t scratch_bytes = 0;  ///< for one worker
};

struct StateInfo {
  std::string name;
  TensorType type;  ///< without symbols
  Layout layout;
};

/// Compiled code. Immutable; whoever made it derives from it to keep the code alive.
class Executable {
 public:
  virtual ~Executable() = default;
  virtual const std::vector<FunctionInfo>& functions() const = 0;
  virtual const std::vector<StateInfo>& states() const = 0;
  /// The code of `functions()[function]`.
  virtual Entry entry(int function) const = 0;

  /// The place of a name in `functions()`, or -1.
  int find_function(std::string_view name) const;
};

/// The values of states, each in its physical layout; zero to begin with. Getting and setting sees
/// the logical, row-major tensor. Not for use while a function runs on it.
class StateStore {
 public:
  explicit StateStore(std::vector<StateInfo> states);
  explicit StateStore(const Executable& executable) : StateStore(executable.states()) {}

  const std::vector<StateInfo>& states() const { return states_; }
  /// The place of a name in `states()`, or -1.
  int find(std::string_view name) const;
  /// Throws Error if there is no such state, or it has another type.
  void set(std::string_view name, const TensorView& value);
  /// Throws Error if there is no such state.
  Tensor get(std::string_view name) const;
  /// The physical buffers, in the order of `states()`.
  std::span<void* const> pointers() const { return pointers_; }
  void check_canaries() const;

 private:
  int index(std::string_view name) const;

  std::vector<StateInfo> states_;
  std::vector<AlignedBuffer> buffers_;
  std::vector<void*> pointers_;
};

/// What a session has run of a function.
struct RunCounts {
  int64_t entries = 0;  ///< calls of its code, each by all that work on it at once
  int64_t steps = 0;    ///< steps that those calls have done
  int workers = 0;      ///< how many worked on the last of those calls
};

/// What a team's workers need while a function runs: the arena and each worker's scratch. It grows to
/// what the neediest function of the sessions that share it wants; nothing in it outlives a step.
class WorkingMemory {
 public:
  explicit WorkingMemory(std::shared_ptr<WorkerTeam> team);

  const std::shared_ptr<WorkerTeam>& team() const { return team_; }
  /// Makes sure that there are so many bytes. Not while a function runs.
  void need(int64_t arena_bytes, int64_t scratch_bytes);

  uint8_t* arena() const { return arena_.data(); }
  uint8_t* const* scratch() const { return scratch_pointers_.data(); }
  /// Fills it with NaN. Only debug builds pay for it.
  void poison() const;
  void check_canaries() const;

 private:
  std::shared_ptr<WorkerTeam> team_;
  AlignedBuffer arena_;
  std::vector<AlignedBuffer> scratch_;
  std::vector<uint8_t*> scratch_pointers_;
  int64_t scratch_bytes_ = -1;
};

/// Runs an executable's functions on a team: on all of its workers, or, where steps are so short
/// that one is measured to be at most 3 % slower, on the calling thread alone (worker_choice.h). One run at a
/// time; sessions that share a team, memory or a store take turns.
class Session {
 public:
  /// The store must hold every state of the executable, with its type and layout; it may hold more.
  /// Working memory is allocated here, for the largest function.
  Session(std::shared_ptr<const Executable> executable, std::shared_ptr<StateStore> states,
          std::shared_ptr<WorkerTeam> team);
  /// The same, on memory that other sessions use too.
  Session(std::shared_ptr<const Executable> executable, std::shared_ptr<StateStore> states,
          std::shared_ptr<WorkingMemory> memory);

  /// Runs steps 0 to ceil(total / batch) - 1 of a function, in one entry of its code, and returns
  /// how many were done: fewer only if `stop` (may be null) was found other than 0 between steps, or
  /// output number `watched` (-1: none), one f32 a step, became NaN or infinite: that step is done
  /// and counted, and the last. params, outputs: one
  /// pointer each, aligned to the element size. A stream holds `total` rows; an
  /// output that is not a stream holds ceil(total / batch) slots.
  /// batch: 1 to the function's max_batch. A function without B is run with batch 1, and total is
  /// its number of steps.
  /// rows: of the resident data set, at least 1 if the function has one, not looked at otherwise.
  /// Throws Error for anything else, before a step begins. Allocates nothing.
  int64_t run(int function, std::span<const void* const> params, std::span<void* const> outputs,
              int64_t batch, int64_t total, int64_t rows = 0,
              const std::atomic<int32_t>* stop = nullptr, int watched = -1);

  /// Since the session was made.
  RunCounts counts(int function) const { return counts_.at(static_cast<size_t>(function)); }

  const Executable& executable() const { return *executable_; }
  StateStore& states() { return *states_; }
  const StateStore& states() const { return *states_; }
  const std::shared_ptr<WorkerTeam>& team() const { return memory_->team(); }

 private:
  std::shared_ptr<const Executable> executable_;
  std::shared_ptr<StateStore> states_;
  std::shared_ptr<WorkingMemory> memory_;
  std::vector<Entry> entries_;
  std::vector<RunCounts> counts_;       ///< of each function
  std::vector<WorkerChoices> choices_;  ///< of each function
  std::vector<void*> state_pointers_;   ///< in the executable's order
};

/// ceil(total / batch).
inline int64_t step_count(int64_t total, int64_t batch) {
  return total / batch + (total % batch != 0);
}

}  // namespace lathe::runtime
