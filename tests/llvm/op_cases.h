// For every op of ops.def: functions that use it in every way the JIT treats differently.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ir/builder.h"

namespace lathe::test {

/// How close the JIT must come to the interpreter.
struct Bound {
  int64_t ulps = 0;
  double absolute = 0;
  /// The result is a sum of products of the inputs: the error is measured against the same sum over
  /// the inputs' magnitudes, and may be 1e-5 of it.
  bool sums = false;
  bool extremes = true;  ///< also with infinities, NaN, huge, tiny and denormal numbers
};

struct OpCase {
  std::string function;
  Bound bound;
};

/// One module with a function for each case, so that LLVM is started once. Results are outputs and
/// states. Parameters named `index…` are row numbers, 0 to 4.
struct OpCases {
  ir::Module module;
  std::vector<OpCase> cases;

  /// Adds a function that `build` fills; its result, if there is one, is the output `y`.
  void add(const std::string& name, Bound bound,
           const std::function<ir::ValueId(ir::Builder&)>& build);
  ir::StateId state(const TensorType& type);  ///< a state of its own
};

/// The cases of a kind, which may be Param and State too. A new op without a case does not compile.
OpCases cases_of(ir::OpKind kind);

// Parts of it, and what they share.
void map_cases(OpCases& c);
void convert_cases(OpCases& c);

inline const Dim B = Dim::batch(), N = Dim::rows();

inline TensorType f32(Shape shape) {
  return {DType::F32, std::move(shape)};
}

/// Shapes that take different ways through a rows kernel: one number, flat, one number a row, rows
/// shorter and longer than a vector, whole vectors, many.
inline const std::vector<Shape> kShapes = {
    {},      {1},      {5},    {16},   {50},    {B},     {B, 1},    {B, 5},     {B, 16},
    {B, 37}, {B, 100}, {3, 1}, {3, 5}, {40, 8}, {1, 37}, {B, 3, 5}, {4, 1, 20}, {2, 3, 4, 5}};

}  // namespace lathe::test
