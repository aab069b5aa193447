// What is the same in every compiled model: memory, checks, weights, calls. shell.cpp is compiled twice: by the
// build's compiler, for tests, and by clang to LLVM bitcode, which liblathe_llvm.so carries and joins with a model's
// kernels and tables (codegen/llvm/shell_module.cpp). It calls nothing but memcpy and memset.
#pragma once

#include <cstdint>

#include "runtime/abi.h"

namespace lathe::shell {

/// What functions of a compiled model return. Declared for C by the header that is written with it.
enum Code : int32_t {
#define SHELL_CODE(name, number, text) name = number,
#include "codegen/standalone/codes.def"
#undef SHELL_CODE
};

extern "C" {

/// A state: how its values lie in a file of weights (contiguous, row-major) and in a model's memory.
struct State {
  int64_t rows, row_bytes;  ///< a state that is plain in memory is one row
  int64_t part_bytes;       ///< of a row, that lie together in memory: a panel's, or all
  /// In memory, from a part to that of the next row; what is beyond a part is zero.
  int64_t stride_bytes;
  int64_t
      at;  ///< in memory, from the first state's: a multiple of 64, with zeros behind the values
  int64_t file_at;  ///< in the payload of a file
  int64_t first;    ///< of First: what the state begins with
  float constant;
};

/// A state that is no random weight begins with zeros, a number (f32), or the seed (i64).
enum First : int64_t { Zeros = 0, Constant = 1, Seed = 2 };

/// A function of the model.
struct Function {
  runtime::Entry entry;
  int64_t params, outputs;  ///< how many of each
  int64_t resident;    ///< its data are looked up by row number (a step's): one call is one step
  int64_t numbers_at;  ///< which parameter the row numbers are, of one with resident data
  /// The first row's number: the rows before it that windows reach back to.
  int64_t before;
  /// Of each parameter, bytes from where it would begin with row 0 to what the caller gives: one that is looked
  /// up without a window, or a shorter one, is given from a later row on.
  const int64_t* skipped;
};

/// The machine code for one kind of CPU.
struct MachineCode {
  int64_t level;  ///< of x86-64 (1 to 4) that it needs; 0: it is not asked
  const State* states;
  const Function* functions;
  runtime::Entry
      first_values;  ///< of a seed: writes the states that begin with random numbers; or null
  int64_t states_bytes, arena_bytes, scratch_bytes;
};

/// A compiled model, all constant.
struct Program {
  const MachineCode* const* codes;  ///< of rising levels
  int64_t code_count;
  int64_t state_count;
  const uint8_t* header;  ///< that every file of this model's weights has, but for the checksum
  int64_t header_bytes, payload_bytes;
  int64_t slot_count, slot_bytes;  ///< for what a step puts out; slot_bytes a multiple of 64
  int64_t max_rows;                ///< of one step
  int64_t most_before;             ///< of all functions
};

/// A model in the caller's memory. What is behind it: pointers to its states, pointers to each worker's scratch, row
/// numbers 0, 1, 2 and so on, slots of outputs, the states, the arena, the scratches; each at a multiple of 64 bytes.
struct Model {
  uint64_t mark;  ///< kMark while the model is whole
  const Model*
      self;  ///< where it was made: it has addresses within itself, and is no model elsewhere
  const Program* program;
  const MachineCode* code;
  int64_t workers;
  int64_t has_weights, has_stepped;
  int64_t steps_done;
  int32_t stop, stop_seen, error;
  void** states;
  uint8_t** scratch;
  int32_t* numbers;
  /// One an output of a function with resident data, whose step all workers share.
  uint8_t* slots;
  uint8_t* memory;  ///< of the states
  uint8_t* arena;
};

/// One call of a function by one worker of several.
struct Part {
  int64_t worker, workers;
  void (*barrier)(void* team, int64_t worker);
  void* team;
};

/// The floating-point mode that generated code runs in; `leave` takes what `enter` gave. By the target's own
/// instructions, so not part of shell.cpp.
uint64_t lathe_shell_enter();
void lathe_shell_leave(uint64_t mode);

/// memcpy and memset, where a model is to have its own.
void* lathe_shell_memcpy(void* to, const void* from, uint64_t bytes);
void* lathe_shell_memset(void* to, int value, uint64_t bytes);

/// The highest level of x86-64 that this machine and its system have, 1 to 4; 0 of another machine.
int64_t lathe_shell_level();

/// Bytes of memory that a model takes, on any CPU. 0 where rows is not 1 to max_rows, or workers not 1 to 1024.
int64_t lathe_shell_bytes(const Program* program, int64_t rows, int64_t workers);
/// A model without weights at the front of `memory`, or null: memory is null or not at a multiple of 64 bytes,
/// `bytes` are fewer than lathe_shell_bytes says, or `workers` are out of range, or no code is for this CPU.
/// `code`: which one; -1: the last that this CPU has.
Model* lathe_shell_create(const Program* program, void* memory, int64_t bytes, int64_t workers,
                          int64_t code);
int32_t lathe_shell_load(Model* model, const Program* program, const void* weights, int64_t bytes);
/// All states as they begin with that seed.
int32_t lathe_shell_init(Model* model, const Program* program, int64_t seed);
int64_t lathe_shell_weights_bytes(const Program* program);
int32_t lathe_shell_save(const Model* model, const Program* program, void* weights, int64_t bytes);
/// All rows, in steps of at most max_rows. Of a function with resident data that is one step; its `outputs` are
/// set to the model's slots, and params[numbers_at] to the row numbers. `part` null: the calling thread is the only
/// worker.
int32_t lathe_shell_run(Model* model, const Program* program, int64_t function, const void** params,
                        void** outputs, int64_t rows, const Part* part);
/// What a function that does a step returns for that code: its first output, the loss, or NaN where it is not Ok.
float lathe_shell_result(const Model* model, const Program* program, int32_t code);
/// The code of the last lathe_shell_run on the model.
int32_t lathe_shell_error(const Model* model, const Program* program);
/// Output number `slot` of the last function with resident data that ran; null where there is none, or none ran.
const void* lathe_shell_output(const Model* model, const Program* program, int64_t slot);

}  // extern "C"

}  // namespace lathe::shell
