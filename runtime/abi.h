// What compiled code and its caller agree on. Plain C data, so that an object file can use it too.
//
// A compiled function is one SPMD program: `workers` threads call its entry with the same Call and
// their own worker number. It runs ceil(total / batch) steps. A parameter or output whose leading
// dimension is B is a stream: step s sees its rows from s * batch on. An output of any other shape
// is one slot a step, in step order. All other parameters, and states, are seen whole by every
// step.
#pragma once

#include <cstdint>

namespace lathe::runtime {

extern "C" {

/// One call of a compiled function. Buffers are 64-byte aligned unless said otherwise.
struct Call {
  const void* const* params;  ///< in the order of the function's parameters; natural alignment
  void* const* states;        ///< in the order of the executable's state table; physical layout
  void* const* outputs;       ///< in the order of the function's outputs; natural alignment
  uint8_t* arena;             ///< `Executable::arena_bytes` bytes; nothing in it outlives a step
  uint8_t* const* scratch;    ///< one block of `Executable::scratch_bytes` bytes a worker
  int64_t batch;              ///< rows of a full step, 1 to the planned maximum
  int64_t total;              ///< rows in all; the last step has what is left
  int64_t rows;               ///< N: rows of the resident data set, 0 where there is none
  int64_t workers;            ///< threads that run this call, at least 1
  void (*barrier)(void* team, int64_t worker);  ///< all workers meet; not called with 1 worker
  void* team;                                   ///< first argument of barrier
  const int32_t* stop;  ///< read between steps: other than 0 ends the call after this step
  int64_t* steps_done;  ///< written by worker 0 after each step
  int32_t* stop_seen;   ///< written by worker 0, read by all after the barrier between steps
  /// May be null: one f32 a step, such as a loss output's slots. All read a step's value after the
  /// barrier that ends it; one that is NaN or infinite ends the call after this step.
  const float* watched;
};

/// The entry of a compiled function.
using Entry = void (*)(const Call* call, int64_t worker);

}  // extern "C"

}  // namespace lathe::runtime
