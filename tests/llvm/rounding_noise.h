// What rounding may do to a result, by experiment (Monte Carlo arithmetic): every op that rounds is
// given a random error of the size that compiled code may make there. How far a result then moves
// says how near to the interpreter compiled code must come, element by element: a cancellation, a
// long sum or a comparison near a tie moves it far, a copy not at all.
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "codegen/interp/value.h"
#include "ir/graph.h"

namespace lathe::testing {

/// To be the interpreter's `after_op`. In ulps u of the result's type:
/// - map: 2 u of the value of each operation of the expression that rounds, u / 2 of its constants;
/// - matmul and sums: u √n of the sum of n magnitudes;
/// - softmax and log_softmax: what the exp, sum and log in them make of that.
/// Ops that only choose or move elements make none.
class RoundingNoise {
 public:
  explicit RoundingNoise(uint64_t seed) : random_(seed) {}
  void operator()(const ir::Op& op, std::span<const interp::Value* const> operands,
                  interp::Value& r);

 private:
  double draw();  ///< in [-1, 1)
  double evaluate(const ir::ScalarExpr& e, std::span<const double> args, double ulp);
  void map(const ir::Op& op, std::span<const interp::Value* const> operands, interp::Value& r);
  void matmul(const ir::Op& op, std::span<const interp::Value* const> operands, interp::Value& r);
  void scatter(const ir::Op& op, std::span<const interp::Value* const> operands, interp::Value& r);
  void sum(const ir::Op& op, const interp::Value& x, interp::Value& r);
  void softmax(const interp::Value& x, interp::Value& r, bool logarithm);

  std::mt19937_64 random_;
};

}  // namespace lathe::testing
