#include "codegen/standalone/shell.h"

#include "runtime/weights_format.h"
#include "runtime/xxh64.h"

namespace lathe::shell {

namespace {

constexpr uint64_t kMark = 0x4c415448454d4f44;  // LATHEMOD
constexpr int64_t kLine = 64, kMostWorkers = 1024;

int64_t rounded(int64_t bytes) {
  return (bytes + kLine - 1) / kLine * kLine;
}

#if defined(__x86_64__)
struct CpuId {
  uint32_t a, b, c, d;
};
CpuId cpuid(uint32_t leaf, uint32_t part) {
  CpuId id;
  asm volatile("cpuid" : "=a"(id.a), "=b"(id.b), "=c"(id.c), "=d"(id.d) : "a"(leaf), "c"(part));
  return id;
}
/// Which registers the system saves: XCR0. Only where CPUID says that it can be read.
uint64_t system_state() {
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}
#endif

/// Where everything lies in a model's memory, from its front.
struct Places {
  int64_t states, scratch_table, numbers, slots, memory, arena, scratch, all;
};

Places places(const Program& p, const MachineCode& code, int64_t workers) {
  Places at;
  at.states = rounded(sizeof(Model));
  at.scratch_table = at.states + rounded(p.state_count * 8);
  at.numbers = at.scratch_table + rounded(workers * 8);
  at.slots = at.numbers + rounded((p.max_rows + p.most_before) * 4);
  at.memory = at.slots + p.slot_count * p.slot_bytes;
  at.arena = at.memory + code.states_bytes;
  at.scratch =
      at.arena + rounded(code.arena_bytes) + kLine;  // vector code reads a line beyond its end
  at.all = at.scratch + workers * (rounded(code.scratch_bytes) + kLine);
  return at;
}

bool are_workers(int64_t workers) {
  return workers >= 1 && workers <= kMostWorkers;
}

/// The code of that number, or the last one that runs here; null where there is none, or it does not.
const MachineCode* choose(const Program& program, int64_t number) {
  if (number < -1 || number >= program.code_count) return nullptr;
  // Asking a virtual machine's CPU takes long: only where something depends on it.
  int64_t here = -1;
  for (int64_t i = number < 0 ? program.code_count - 1 : number; i >= 0; --i) {
    const MachineCode* const code = program.codes[i];
    if (code->level > 0 && here < 0) here = lathe_shell_level();
    if (code->level == 0 || code->level <= here) return code;
    if (number >= 0) break;
  }
  return nullptr;
}

bool is_model(const Model* model, const Program* program) {
  return model && reinterpret_cast<uintptr_t>(model) % kLine == 0 && model->mark == kMark &&
         model->self == model && model->program == program;
}

bool equal(const uint8_t* a, const uint8_t* b, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    if (a[i] != b[i]) return false;
  return true;
}

/// Calls copy(place in the file, place in memory, bytes) for each part of a state that is contiguous in both.
template <class Copy>
void for_each_part(const State& s, Copy copy) {
  int64_t panel = s.at;
  for (int64_t first = 0; first < s.row_bytes; first += s.part_bytes) {
    const int64_t left = s.row_bytes - first;
    const int64_t count = left < s.part_bytes ? left : s.part_bytes;
    for (int64_t i = 0; i < s.rows; ++i)
      copy(s.file_at + i * s.row_bytes + first, panel + i * s.stride_bytes, count);
    panel += s.rows * s.stride_bytes;
  }
}

/// Enters the code of a function.
void enter(Model& model, runtime::Entry entry, const void* const* params, void* const* outputs,
           int64_t batch, int64_t total, int64_t resident_rows, const Part* part) {
  runtime::Call call;
  call.params = params;
  call.states = model.states;
  call.outputs = outputs;
  call.arena = model.arena;
  call.scratch = model.scratch;
  call.batch = batch;
  call.total = total;
  call.rows = resident_rows;
  call.workers = part ? part->workers : 1;
  call.barrier = part ? part->barrier : nullptr;
  call.team = part ? part->team : nullptr;
  call.stop = &model.stop;
  call.steps_done = &model.steps_done;
  call.stop_seen = &model.stop_seen;
  call.watched = nullptr;
  const uint64_t mode = lathe_shell_enter();
  entry(&call, part ? part->worker : 0);
  lathe_shell_leave(mode);
}

int32_t run(Model& model, const Program& program, const Function& function, const void** params,
            void** outputs, int64_t rows, const Part* part) {
  if (!model.has_weights) return NoWeights;
  if (rows < 1 || (function.resident && rows > program.max_rows)) return BadRows;
  if (part && (part->workers < 1 || part->workers > model.workers || part->worker < 0 ||
               part->worker >= part->workers || (part->workers > 1 && !part->barrier)))
    return BadWorker;
  if (function.resident) {
    params[function.numbers_at] = model.numbers + function.before;
    for (int64_t i = 0; i < function.outputs; ++i)
      outputs[i] = model.slots + i * program.slot_bytes;
  }
  for (int64_t i = 0; i < function.params; ++i) {
    if (!params[i]) return NullPointer;
    params[i] = reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(params[i]) -
                                              static_cast<uintptr_t>(function.skipped[i]));
  }
  for (int64_t i = 0; i < function.outputs; ++i)
    if (!outputs[i]) return NullPointer;
  if (function.resident)
    __atomic_store_n(&model.has_stepped, 1, __ATOMIC_RELAXED);  // by each worker
  enter(model, function.entry, params, outputs, rows < program.max_rows ? rows : program.max_rows,
        rows, function.resident ? rows + function.before : 0, part);
  return Ok;
}

}  // namespace

extern "C" {

void* lathe_shell_memcpy(void* to, const void* from, uint64_t bytes) {
  auto* at = static_cast<uint8_t*>(to);
  const auto* source = static_cast<const uint8_t*>(from);
  using Word [[gnu::aligned(1), gnu::may_alias]] = uint64_t;
  for (; bytes >= 8; bytes -= 8, at += 8, source += 8)
    *reinterpret_cast<Word*>(at) = *reinterpret_cast<const Word*>(source);
  for (; bytes > 0; --bytes) *at++ = *source++;
  return to;
}

void* lathe_shell_memset(void* to, int value, uint64_t bytes) {
  auto* at = static_cast<uint8_t*>(to);
  using Word [[gnu::aligned(1), gnu::may_alias]] = uint64_t;
  const uint64_t word = 0x0101010101010101 * static_cast<uint8_t>(value);
  for (; bytes >= 8; bytes -= 8, at += 8) *reinterpret_cast<Word*>(at) = word;
  for (; bytes > 0; --bytes) *at++ = static_cast<uint8_t>(value);
  return to;
}

// Not inlined: other machines get another one (codegen/llvm/shell_module.cpp).
[[gnu::noinline]] int64_t lathe_shell_level() {
#if defined(__x86_64__)
  // The levels of the System V ABI for x86-64, table 3.1; masks of CPUID's registers.
  const CpuId basic = cpuid(1, 0), extended = cpuid(0x80000001, 0);
  constexpr uint32_t kV2 = 1u << 0 | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 23;
  constexpr uint32_t kV3 = 1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 | 1u << 29;
  constexpr uint32_t kV3More = 1u << 3 | 1u << 5 | 1u << 8;
  constexpr uint32_t kV4 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;
  constexpr uint64_t kAvxState = 0x6, kAvx512State = 0xE6;
  if ((basic.c & kV2) != kV2 || !(extended.c & 1)) return 1;
  if ((basic.c & kV3) != kV3 || !(extended.c & 1u << 5) || cpuid(0, 0).a < 7) return 2;
  const uint32_t more = cpuid(7, 0).b;
  const uint64_t saved = system_state();
  if ((more & kV3More) != kV3More || (saved & kAvxState) != kAvxState) return 2;
  return (more & kV4) == kV4 && (saved & kAvx512State) == kAvx512State ? 4 : 3;
#else
  return 0;
#endif
}

int64_t lathe_shell_bytes(const Program* program, int64_t rows, int64_t workers) {
  if (rows < 1 || rows > program->max_rows || !are_workers(workers)) return 0;
  int64_t most = 0;
  for (int64_t i = 0; i < program->code_count; ++i) {
    const int64_t all = places(*program, *program->codes[i], workers).all;
    most = all > most ? all : most;
  }
  return most;
}

Model* lathe_shell_create(const Program* program, void* memory, int64_t bytes, int64_t workers,
                          int64_t code) {
  if (!memory || reinterpret_cast<uintptr_t>(memory) % kLine != 0 || !are_workers(workers))
    return nullptr;
  const MachineCode* const chosen = choose(*program, code);
  if (!chosen || bytes < lathe_shell_bytes(program, 1, workers)) return nullptr;
  const Places at = places(*program, *chosen, workers);
  auto* const front = static_cast<uint8_t*>(memory);
  // What a step leaves behind it needs no value: its pages are touched when it needs them.
  __builtin_memset(front, 0, static_cast<uint64_t>(at.arena));
  auto* const model = reinterpret_cast<Model*>(front);
  model->self = model;
  model->program = program;
  model->code = chosen;
  model->workers = workers;
  model->states = reinterpret_cast<void**>(front + at.states);
  model->scratch = reinterpret_cast<uint8_t**>(front + at.scratch_table);
  model->numbers = reinterpret_cast<int32_t*>(front + at.numbers);
  model->slots = front + at.slots;
  model->memory = front + at.memory;
  model->arena = front + at.arena;
  for (int64_t i = 0; i < program->state_count; ++i)
    model->states[i] = model->memory + chosen->states[i].at;
  for (int64_t i = 0; i < workers; ++i)
    model->scratch[i] = front + at.scratch + i * (rounded(chosen->scratch_bytes) + kLine);
  for (int64_t i = 0; i < program->max_rows + program->most_before; ++i)
    model->numbers[i] = static_cast<int32_t>(i);
  model->mark = kMark;
  return model;
}

int64_t lathe_shell_weights_bytes(const Program* program) {
  return program->header_bytes + program->payload_bytes;
}

int32_t lathe_shell_load(Model* model, const Program* program, const void* weights, int64_t bytes) {
  if (!is_model(model, program)) return NoModel;
  if (!weights) return NullPointer;
  const auto* const file = static_cast<const uint8_t*>(weights);
  if (bytes < runtime::kWeightsVersionEnd ||
      !equal(file, program->header, runtime::kWeightsVersionEnd))
    return NotWeights;
  // All that there is of the header, but for the checksum.
  constexpr int64_t kSum = runtime::kWeightsChecksumAt, kBehind = kSum + 8;
  const int64_t there = bytes < program->header_bytes ? bytes : program->header_bytes;
  if (!equal(file, program->header, there < kSum ? there : kSum) ||
      (there > kBehind && !equal(file + kBehind, program->header + kBehind, there - kBehind)))
    return OtherModel;
  if (bytes < lathe_shell_weights_bytes(program)) return ShortBuffer;
  uint64_t sum;
  __builtin_memcpy(&sum, file + kSum, sizeof sum);
  const uint8_t* const payload = file + program->header_bytes;
  if (runtime::xxh64(payload, static_cast<uint64_t>(program->payload_bytes)) != sum)
    return BadChecksum;
  // Padding is zero since create, and stays so.
  for (int64_t i = 0; i < program->state_count; ++i)
    for_each_part(model->code->states[i], [&](int64_t from, int64_t to, int64_t count) {
      __builtin_memcpy(model->memory + to, payload + from, static_cast<uint64_t>(count));
    });
  model->has_weights = 1;
  return Ok;
}

int32_t lathe_shell_init(Model* model, const Program* program, int64_t seed) {
  if (!is_model(model, program)) return NoModel;
  const MachineCode& code = *model->code;
  __builtin_memset(model->memory, 0, static_cast<uint64_t>(code.states_bytes));
  for (int64_t i = 0; i < program->state_count; ++i) {
    const State& s = code.states[i];
    if (s.first == Constant) {
      auto* const values = reinterpret_cast<float*>(model->memory + s.at);
      for (int64_t k = 0; k < s.row_bytes / 4; ++k) values[k] = s.constant;
    } else if (s.first == Seed) {
      *reinterpret_cast<int64_t*>(model->memory + s.at) = seed;
    }
  }
  const void* const params[] = {&seed};
  if (code.first_values) enter(*model, code.first_values, params, nullptr, 1, 1, 0, nullptr);
  model->has_weights = 1;
  return Ok;
}

int32_t lathe_shell_save(const Model* model, const Program* program, void* weights, int64_t bytes) {
  if (!is_model(model, program)) return NoModel;
  if (!weights) return NullPointer;
  if (!model->has_weights) return NoWeights;
  if (bytes < lathe_shell_weights_bytes(program)) return ShortBuffer;
  auto* const file = static_cast<uint8_t*>(weights);
  uint8_t* const payload = file + program->header_bytes;
  __builtin_memcpy(file, program->header, static_cast<uint64_t>(program->header_bytes));
  __builtin_memset(payload, 0, static_cast<uint64_t>(program->payload_bytes));
  for (int64_t i = 0; i < program->state_count; ++i)
    for_each_part(model->code->states[i], [&](int64_t to, int64_t from, int64_t count) {
      __builtin_memcpy(payload + to, model->memory + from, static_cast<uint64_t>(count));
    });
  const uint64_t sum = runtime::xxh64(payload, static_cast<uint64_t>(program->payload_bytes));
  __builtin_memcpy(file + runtime::kWeightsChecksumAt, &sum, sizeof sum);
  return Ok;
}

int32_t lathe_shell_run(Model* model, const Program* program, int64_t function, const void** params,
                        void** outputs, int64_t rows, const Part* part) {
  if (!is_model(model, program)) return NoModel;
  const int32_t code =
      run(*model, *program, model->code->functions[function], params, outputs, rows, part);
  // Each worker of a call writes the same.
  __atomic_store_n(&model->error, code, __ATOMIC_RELAXED);
  return code;
}

float lathe_shell_result(const Model* model, const Program* program, int32_t code) {
  const void* const loss = code == Ok ? lathe_shell_output(model, program, 0) : nullptr;
  return loss ? *static_cast<const float*>(loss) : __builtin_nanf("");
}

int32_t lathe_shell_error(const Model* model, const Program* program) {
  return is_model(model, program) ? __atomic_load_n(&model->error, __ATOMIC_RELAXED) : NoModel;
}

const void* lathe_shell_output(const Model* model, const Program* program, int64_t slot) {
  if (!is_model(model, program) || slot < 0 || slot >= program->slot_count ||
      !__atomic_load_n(&model->has_stepped, __ATOMIC_RELAXED))
    return nullptr;
  return model->slots + slot * program->slot_bytes;
}

}  // extern "C"

}  // namespace lathe::shell
