// An executable written by hand in C++, in the shape of compiled code, for the tests of Session.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "runtime/executable.h"

namespace lathe::runtime {

inline constexpr int64_t kMaxBatch = 8;

enum Function { kTrain, kProbe, kOverrun };

/// Functions:
///   train(x: f32[B,3], data: f32[N,2], scale: f32[]) -> (y: f32[B,3], sum: f32[], span: i32[2])
///     y = x * scale; sum = all of x's and data's values of the step; span = {first row, rows};
///     adds 1 to every element of w and to count, and sets stop_at_step's flag
///   probe() -> (tiny: f32[16]): the smallest denormal doubled, by each worker; 1 past the last
///   overrun(where: i32[]): writes one byte behind the arena (0) or the last worker's scratch (1)
/// States: w: f32[2,5] in panels of 3, count: i64[].
class HandCompiled : public Executable {
 public:
  HandCompiled();
  const std::vector<FunctionInfo>& functions() const override { return functions_; }
  const std::vector<StateInfo>& states() const override { return states_; }
  Entry entry(int function) const override;

 private:
  std::vector<FunctionInfo> functions_;
  std::vector<StateInfo> states_;
};

/// `train` sets this flag in step `stop_at_step`, as an interrupt would. -1: never.
extern std::atomic<int32_t> stop_flag;
extern std::atomic<int64_t> stop_at_step;
/// How often the entry of `train` was called, over all workers.
extern std::atomic<int64_t> entry_calls;

}  // namespace lathe::runtime
