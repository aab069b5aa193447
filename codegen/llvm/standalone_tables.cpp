#include "codegen/llvm/standalone_tables.h"

#include <algorithm>
#include <cstddef>

#include "codegen/standalone/interface.h"
#include "codegen/standalone/shell.h"
#include "ir/error.h"

namespace lathe::codegen {

using llvm::Constant;
using llvm::Function;

namespace {

shell::State place_of(const runtime::StateInfo& s, int64_t at, int64_t file_at) {
  const int64_t size = dtype_size(s.type.dtype);
  shell::State place{};
  place.rows = 1;
  place.row_bytes = place.part_bytes = place.stride_bytes = s.type.elements() * size;
  if (s.type.rank() == 2 && s.layout != runtime::Layout::rows()) {
    place.rows = s.type.shape[0].size();
    place.row_bytes = s.type.shape[1].size() * size;
    place.stride_bytes = runtime::row_stride(s.type, s.layout) * size;
    place.part_bytes = std::min(place.row_bytes, place.stride_bytes);
  }
  place.at = at;
  place.file_at = file_at;
  return place;
}

// What is written below is what the shell reads.
static_assert(sizeof(shell::State) == 8 * 8 && offsetof(shell::State, stride_bytes) == 3 * 8 &&
              offsetof(shell::State, file_at) == 5 * 8 &&
              offsetof(shell::State, constant) == 7 * 8);
static_assert(sizeof(shell::Function) == 7 * 8 && offsetof(shell::Function, numbers_at) == 4 * 8 &&
              offsetof(shell::Function, skipped) == 6 * 8);
static_assert(sizeof(shell::MachineCode) == 7 * 8 &&
              offsetof(shell::MachineCode, first_values) == 3 * 8 &&
              offsetof(shell::MachineCode, scratch_bytes) == 6 * 8);
static_assert(sizeof(shell::Program) == 10 * 8 && offsetof(shell::Program, header) == 3 * 8 &&
              offsetof(shell::Program, slot_count) == 6 * 8 &&
              offsetof(shell::Program, most_before) == 9 * 8);

/// By the state's `init`, as the frontend's first_value.
void set_first(shell::State& s, const ir::State& state) {
  const std::string init = state.attrs.word("init");
  if (init == "seed") s.first = shell::Seed;
  if (init != "constant" || state.attrs.word("role") == "weight") return;
  LATHE_CHECK(s.rows == 1, "a state that begins with a number is not plain in memory");
  s.first = shell::Constant;
  s.constant = static_cast<float>(state.attrs.real("value", 0));
}

/// Bytes of each parameter that lie before what the caller gives.
std::vector<Constant*> skipped(Tables& t, const ir::Function& f) {
  std::vector<Constant*> all;
  const std::vector<int64_t> windows = windows_of(f);
  for (size_t i = 0; i < windows.size(); ++i) {
    const TensorType& type = f.op(f.params[i]).type;
    const bool resident = type.rank() > 0 && type.shape[0].is_rows();
    const int64_t row = resident ? type.row_elements() * dtype_size(type.dtype) : 0;
    all.push_back(t.number((before(f) + 1 - windows[i]) * row));
  }
  return all;
}

}  // namespace

int64_t whole_lines(int64_t bytes) {
  return (bytes + runtime::kAlignment - 1) / runtime::kAlignment * runtime::kAlignment;
}

std::string code_name(size_t number) {
  return "lathe.code." + std::to_string(number);
}

int64_t before(const ir::Function& f) {
  const std::vector<int64_t> windows = windows_of(f);
  return windows.empty() ? 0 : std::ranges::max(windows) - 1;
}

void add_code(EmittedModule& e, const ir::Module& planned, size_t number, int64_t level) {
  llvm::Module& m = *e.module;
  for (Function& f : m)
    if (!f.isDeclaration()) f.setLinkage(llvm::GlobalValue::InternalLinkage);
  Tables t(m);
  const runtime::WeightsPlan weights = weights_of(e.states);
  std::vector<Constant*> states, functions;
  int64_t states_bytes = 0, arena = 0, scratch = 0;
  for (size_t i = 0; i < e.states.size(); ++i) {
    shell::State s = place_of(e.states[i], states_bytes, weights.offsets[i]);
    set_first(s, planned.states[i]);
    states_bytes += whole_lines(runtime::physical_bytes(e.states[i].type, e.states[i].layout));
    states.push_back(t.record({t.number(s.rows), t.number(s.row_bytes), t.number(s.part_bytes),
                               t.number(s.stride_bytes), t.number(s.at), t.number(s.file_at),
                               t.number(s.first), t.real(s.constant)}));
  }
  Constant* first_values = t.nothing();
  for (size_t i = 0; i < e.functions.size(); ++i) {
    const runtime::FunctionInfo& f = e.functions[i];
    arena = std::max(arena, f.arena_bytes);
    scratch = std::max(scratch, f.scratch_bytes);
    if (f.name == kFirstValues) {
      first_values = m.getFunction(e.entries[i]);
      continue;
    }
    functions.push_back(t.record(
        {m.getFunction(e.entries[i]), t.number(static_cast<int64_t>(f.params.size())),
         t.number(static_cast<int64_t>(f.outputs.size())), t.number(takes_steps(f) ? 1 : 0),
         t.number(numbers_at(f)), t.number(before(planned.functions[i])),
         t.table(skipped(t, planned.functions[i]), "skipped")}));
  }
  auto* code = t.constant(
      t.record({t.number(level), t.table(states, "states"), t.table(functions, "functions"),
                first_values, t.number(states_bytes), t.number(arena), t.number(scratch)}),
      code_name(number));
  code->setLinkage(llvm::GlobalValue::ExternalLinkage);
}

}  // namespace lathe::codegen
