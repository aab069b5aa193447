// What runs a module's functions and holds its states: compiled code, or the interpreter.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "lathe/array.h"
#include "lathe/model.h"
#include "runtime/executable.h"
#include "runtime/worker_team.h"

namespace lathe::detail {

class Engine {
 public:
  virtual ~Engine() = default;

  /// As runtime::Session::run, with the function's name; `watched` is an output's number or -1.
  virtual int64_t run(std::string_view function, std::span<const void* const> params,
                      std::span<void* const> outputs, int64_t batch, int64_t total, int64_t rows,
                      const std::atomic<int32_t>* stop, int watched = -1) = 0;
  /// What was run of that function since the engine was made.
  virtual runtime::RunCounts counts(std::string_view function) const = 0;

  /// The states of the module when its updates have been expanded: weights, slots, counters, with
  /// the attributes that say how they begin. None of them is set by make_engine.
  const std::vector<ir::State>& states() const { return states_; }
  bool has_state(std::string_view name) const;
  virtual Array get(std::string_view state) const = 0;
  virtual void set(std::string_view state, const ArrayView& value) = 0;

 protected:
  std::vector<ir::State> states_;
};

/// What Auto means here.
Backend resolve_backend(Backend backend);

/// Runs `module`, of stage `built`, without its function init. `team` is for compiled code.
std::unique_ptr<Engine> make_engine(const ir::Module& module, const RunOptions& options,
                                    int64_t max_batch,
                                    const std::shared_ptr<runtime::WorkerTeam>& team);

std::unique_ptr<Engine> make_interpreter_engine(const ir::Module& module);
#ifdef LATHE_LLVM
std::unique_ptr<Engine> make_llvm_engine(const ir::Module& module, const RunOptions& options,
                                         int64_t max_batch,
                                         const std::shared_ptr<runtime::WorkerTeam>& team);
#endif

/// The weights that init makes from `seed`, in its order, finished as their initialisers say. They
/// come from the interpreter, so they are the same for every backend.
std::vector<Array> initial_weights(const ir::Module& module, uint64_t seed);

}  // namespace lathe::detail
