// What scalar_emit, vector_math and philox_emit emit, compiled alone as a loop over arrays: for
// tests and measurements of them. No LLVM in this header, so that tests can include it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ir/scalar_expr.h"
#include "ir/type.h"

namespace lathe::codegen {

class ScalarProbe {
 public:
  struct Options {
    unsigned lanes = 8;  ///< elements computed at a time; 1: scalars, not vectors
    std::string cpu;     ///< LLVM's name; empty: this machine
    bool fast = false;   ///< hand the emitter a builder with fast-math flags, which it must ignore
    bool assembly = false;  ///< keep the assembly text
  };

  /// out[i] = e(in[0][i], in[1][i], …), elements of `dtype`; a truth-valued `e` writes bytes, 0
  /// or 1.
  static ScalarProbe map(const ir::ScalarExpr& e, DType dtype, const Options& options);
  /// out[i] = uniform_at(seed, stream, step, first + i), where in[0] points to the three int64
  /// seed, step, first. `at_block`: by emit_uniform, which needs that `first` is a multiple of 4,
  /// as is the number of lanes where there is more than one vector; otherwise by emit_uniform_from.
  static ScalarProbe uniform(uint32_t stream, const Options& options, bool at_block = true);

  ScalarProbe(ScalarProbe&&) noexcept;
  ~ScalarProbe();

  /// Runs the loop over `n` elements, a multiple of the lanes, in the calling thread's
  /// floating-point mode.
  void operator()(std::span<const void* const> in, void* out, int64_t n) const;
  /// The optimised loop in the target's assembly language, if the options asked for it.
  const std::string& assembly() const;

 private:
  struct State;
  explicit ScalarProbe(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lathe::codegen
