// A model's functions in double precision, on the interpreter.
#pragma once

#include <map>
#include <string>

#include "codegen/interp/interpreter.h"
#include "tests/keras/reference.h"

namespace lathe::test {

class ExactStep {
 public:
  /// Of a compiled model. States begin as in a model that was never trained; weights are 0.
  explicit ExactStep(Model& model);

  void set(const std::string& state, Numbers values);
  const Numbers& get(const std::string& state) const { return run_.state_values(state); }
  bool has(const std::string& state) const { return module_.find_state(state) != ir::kNone; }
  /// What states hold before the first step: all but weights.
  void reset();

  /// Runs `predict` on rows x.
  Numbers predict(const Numbers& x, int64_t rows);
  /// Runs `evaluate` or `train_step` on all of the rows at once. A parameter that says what a row
  /// counts is 1 unless `weights` are given. The result has losses and metrics.
  std::map<std::string, Numbers> step(const std::string& function, const Numbers& x,
                                      const Numbers& y, int64_t rows, const Numbers& weights = {});
  /// The same of any parameters, by name; what is not there is 1, and the rows are taken in order.
  std::map<std::string, Numbers> step(const std::string& function,
                                      interp::Interpreter::ValueInputs inputs, int64_t rows);
  /// Whether `evaluate` takes weights of rows.
  bool has_weights() const;

 private:
  ir::Module module_;
  interp::Interpreter run_;
};

}  // namespace lathe::test
