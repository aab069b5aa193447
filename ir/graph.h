// The IR: modules, states, functions and ops. What a program means is written here, once.
//
// A *module* has states and functions over them. A *state* is a named tensor that lives between
// calls: a weight, an optimiser slot, a counter. A *function* is a list of ops in execution order;
// each op has at most one result, so an op and its value share one id. Operands are values defined
// earlier in the list, parameters, or state reads.
//
// Semantics
// - Every read of a state sees its value at entry. `assign(%state, %value)` is committed at the end
//   of the function; one assign a state at most.
// - `map` applies one scalar expression to each element; operands broadcast by NumPy's rule.
//   Integers are computed in their own type at every step. Of a float the result is rounded to its
//   type; what an expression computes on the way may be wider (the interpreter takes f64 and rounds
//   once, compiled code takes the type itself), and constants are folded in f64. So an expression is
//   to be written such that nothing on the way overflows where its result does not, as the rows of
//   elementwise.def are; of any other, executors and passes may disagree at the extremes.
//   Passes may use the rules of scalar_simplify.cpp, which hold for all numbers, NaN and infinities
//   included, but for the sign of zero, and nothing else that changes a value;
//   but `logits` may take a clip to within f32's epsilon (1.2e-7) of 0 or 1 off the probability in a
//   logarithm that it rewrites.
// - Contractions are one fused-multiply-add chain over ascending k for each output.
// - A *kernel* is a run of neighbouring ops that is executed as one: a value that is used outside
//   its kernel, or returned, or assigned, has a buffer, any other lives in registers. Kernels, layouts,
//   phases and buffer offsets change no value: they are attributes that only executors look at.
//   Attributes that stages add: on kernels `phase`; on ops `layout`, `offset`; on states `layout`;
//   on functions `max_batch`, `arena`, `lower_bound`.
// - Ids, not pointers, join IR objects; nothing depends on an address.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attributes.h"
#include "ir/scalar_expr.h"
#include "ir/type.h"

namespace lathe::ir {

enum class OpKind : uint8_t {
  Param,  ///< a function's parameter
  State,  ///< the value of a state at entry
#define OP(name, text, least, most, gradient, result, attributes) name,
#include "ir/ops.def"
#undef OP
};

using ValueId = int32_t;
using StateId = int32_t;
inline constexpr int32_t kNone = -1;

/// An op and the value it defines.
struct Op {
  OpKind kind = OpKind::Param;
  std::vector<ValueId> operands;
  TensorType type;  ///< of the result; unused where there is none
  Attrs attrs;
  ScalarExpr fn;           ///< Map: over its operands a0, a1, …
  std::string name;        ///< printed as %name; empty: numbered by the printer. Required for Param
  StateId state = kNone;   ///< State, Update, Assign
  int32_t kernel = kNone;  ///< index in Function::kernels
};

enum class KernelKind : uint8_t {
#define KERNEL_KIND(name, text) name,
#include "ir/kernel_kinds.def"
#undef KERNEL_KIND
};
std::string_view kernel_kind_name(KernelKind kind);

struct Kernel {
  std::string name;  ///< unique in the function, printed as @name
  KernelKind kind = KernelKind::Rows;
  Attrs attrs;
};

struct Output {
  std::string name;
  ValueId value = kNone;
};

struct Function {
  std::string name;
  std::vector<Op> ops;  ///< indexed by ValueId; may hold ops that are in no list
  std::vector<ValueId> params;
  std::vector<ValueId> body;  ///< in execution order; ops of one kernel are neighbours
  std::vector<Output> outputs;
  std::vector<Kernel> kernels;  ///< in the order of their first op
  Attrs attrs;

  Op& op(ValueId id) { return ops.at(id); }
  const Op& op(ValueId id) const { return ops.at(id); }
  /// The value that reads `state`, made on first use.
  ValueId read(StateId state, const TensorType& type);
  ValueId find_read(StateId state) const;  ///< or kNone
};

struct State {
  std::string name;
  TensorType type;
  Attrs attrs;  ///< init, role (weight, slot, counter, rate), trainable, layer, layout
};

struct Module {
  std::string name = "module";
  std::vector<State> states;
  std::vector<Function> functions;
  Attrs attrs;

  StateId find_state(std::string_view name) const;  ///< or kNone
  Function* find_function(std::string_view name);
  const Function* find_function(std::string_view name) const;
  /// The function of that name: Error that lists the names otherwise.
  const Function& function(std::string_view name) const;
};

/// Users of every value: indices into `ops`, in body order, an op once for each operand slot.
std::vector<std::vector<ValueId>> users(const Function& f);

/// Renumbers the ops so that they lie in the order params, state reads, body, and drops the rest,
/// kernels without ops included. Changes no meaning.
void compact(Function& f);

}  // namespace lathe::ir
