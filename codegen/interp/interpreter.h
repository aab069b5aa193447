// The oracle: runs any verified module, at any stage, by obvious loops in double precision. Every
// op's result is rounded to its type. Kernels, phases, layouts and offsets are not looked at: they
// change no value. Slow on purpose; nothing here is shared with passes or other backends.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/interp/value.h"
#include "ir/graph.h"
#include "runtime/tensor.h"

namespace lathe::interp {

struct Options {
  /// f32 values keep double precision: for gradient checks. Integers and bool stay what they are.
  bool exact = false;
  /// Sees, and may change, what each op computed from its operands, before it is rounded: to ask how
  /// far an error anywhere moves the results.
  std::function<void(const ir::Op&, std::span<const Value* const>, Value&)> after_op;
};

/// A module with the values of its states, which are zero to begin with.
class Interpreter {
 public:
  explicit Interpreter(const ir::Module& module, Options options = {});

  const ir::Module& module() const { return module_; }

  /// Error if there is no such state, or the value has another type.
  void set_state(std::string_view name, const runtime::TensorView& value);
  runtime::Tensor state(std::string_view name) const;

  using Inputs = std::map<std::string, runtime::TensorView>;
  using Outputs = std::map<std::string, runtime::Tensor>;

  /// Runs a function and returns its outputs by name; what it assigns is committed at the end, and
  /// not at all where an Error ends it. B and N are what the inputs' leading dimensions say;
  /// `batch` is for a function without an input that has B. Errors: no such function, an input that
  /// is missing, unknown or of another type, leading dimensions that contradict one another, a
  /// gather outside its rows, a function that still has `minimize` or `update`.
  Outputs run(std::string_view function, const Inputs& inputs,
              std::optional<int64_t> batch = std::nullopt);

  // The same in doubles, as many as the tensor has elements, row-major: unrounded in exact mode.
  using ValueInputs = std::map<std::string, std::vector<double>>;
  using ValueOutputs = std::map<std::string, Value>;

  void set_state_values(std::string_view name, std::vector<double> values);
  const std::vector<double>& state_values(std::string_view name) const;
  ValueOutputs run_values(std::string_view function, const ValueInputs& inputs,
                          std::optional<int64_t> batch = std::nullopt);

 private:
  ir::StateId find(std::string_view name) const;
  ValueOutputs execute(const ir::Function& f, std::vector<Value> params,
                       std::optional<int64_t> batch);
  void round(Value& v) const;

  ir::Module module_;
  Options options_;
  std::vector<Value> states_;
};

}  // namespace lathe::interp
