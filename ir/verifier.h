// What every module must hold. The numbers are the rules that errors name.
//
// Names and types (verify)
//  1  Names are plain words ([A-Za-z_][A-Za-z0-9_.-]*): of the module, states, functions,
//     parameters, outputs, kernels, attributes, and of values that have one. Ops without a result
//     have none.
//  2  Names are unique: functions and states in the module, kernels and outputs in a function, and
//     values of a function, parameters included, among each other and the module's states.
//  3  Dimensions are positive, a symbol stands in front; 8 dimensions and 2^40 elements at most.
//     States have no symbol. N belongs to parameters only.
// Values (verify)
//  4  Ids are in range. Parameters are Param ops, the body holds no Param and no State; every op
//     stands in one place only. Operands have a result and are parameters, state reads or values
//     defined earlier in the body.
//  5  State reads, updates and assigns name a state of the module, other ops none. A state read has
//     the state's type.
//  6  Operands, attributes and the type of an op are those of its shape rule (infer_type). Only a
//     map has an expression, which is within the limits of its text form.
//  7  A parameter of N rows is the data of a gather and nothing else.
//  8  A state has one assign or update at most; a function has one minimize at most.
//  9  Outputs are parameters, state reads or values of the body.
// Kernels (verify): from the first kernel on that a function has
// 10  A kernel has ops; they are neighbours in the body; kernels are in the order of their first
//     op.
// 11  Constants, batch_size and reshapes are in no kernel, every other op is in one. No minimize or
//     update is left.
// 12  Outputs are computed by kernels, not read through a reshape, and no value is two outputs. An
//     assign stands in the kernel that computes its value, behind it.
// 13  contraction: one matmul, f32, with operands from outside. Where it has transpose_a and not
//     transpose_b also one sum of its right operand over all axes but the last. Maps on either, of
//     the same shape, f32, that do not mix the two; random_uniforms of the matmul's shape. Assigns.
// 14  rows: maps, converts, broadcasts, random_uniforms, gathers by a list, one_hots, argmaxes of
//     matrices, reductions of all axes but the first; results share their leading dimension, and a
//     row is made of its own row of what the kernel itself makes. Or (flat) elementwise ops
//     (row_form.h) whose results have one shape, of rank 0 or 1 without symbol. Assigns.
// 15  columns: one sum over the leading axes, without keepdims, of a value from outside; maps of
//     the sum's type; assigns.
// 16  transpose: one transpose of an f32 matrix, and nothing else.
// 17  loops: one op of any kind that has a result, and assigns of it.
// 18  Within a kernel every read of a state stands before the assign to it.
// 19  scatter: one scatter_add, and nothing else.
// Elementwise ops of 13 … 15 have no operand that is broadcast in the middle (RowForm::General; in 13
// by matrix_form).
//
// Schedule (verify_schedule)
// 20  Every kernel has an int attribute `phase`, from 0 on, that never falls in body order; no op
//     is left without a kernel that needs one.
// 21  What a kernel reads from a buffer was written in an earlier phase.
// 22  Every other kernel that reads a state runs in an earlier phase than the one that assigns it.
// 23  A kernel that reads and assigns a state does both aligned (access.h).
//
// Plan (verify_plan)
// 30  A function with kernels has int attributes `max_batch` from 1, `arena` and `lower_bound` from
//     0.
// 31  A value that needs a buffer and is no output has an int attribute `offset`, a multiple of 64,
//     and offset + bytes (access.h) lie within the arena.
// 32  Values that are alive in the same phase (from the one that writes it to the last that reads
//     it) share no bytes. But a kernel may write a value exactly onto an operand that it reads
//     aligned, of the same size, element type and layout, which nothing reads after the value is
//     made, in this kernel or in another one of this phase or later.
// 33  `lower_bound` is the largest sum, over the phases, of the bytes of values alive in it, those
//     written onto an operand counted once; `arena` is no smaller.
// 34  A state's attribute `layout`, where it has one, is a layout that its type can have (access.h).
#pragma once

#include <string>

#include "ir/error.h"
#include "ir/graph.h"

namespace lathe::ir {

/// What an error is about: the most exact thing that is known; the rest is kNone.
struct Subject {
  int32_t function = kNone;  ///< index
  ValueId op = kNone;
  int32_t kernel = kNone;
  StateId state = kNone;
  int32_t output = kNone;
};

/// The message names function, kernel and value, and ends in `(rule N)`.
class VerifyError : public Error {
 public:
  VerifyError(int rule, Subject subject, const std::string& message)
      : Error(message), rule(rule), subject(subject) {}
  int rule;
  Subject subject;
};

/// Rules 1 … 19. VerifyError at the first that does not hold.
void verify(const Module& m);
/// Rules 20 … 23, of a module that verify() accepts.
void verify_schedule(const Module& m);
/// Rules 30 … 34, of a module that verify_schedule() accepts.
void verify_plan(const Module& m);
/// verify(); verify_schedule() where a kernel has a phase, and verify_plan() where a function has
/// an arena.
void verify_all(const Module& m);

/// Why a type breaks rule 3 by its size, or an empty text.
std::string size_problem(const TensorType& type);

}  // namespace lathe::ir
