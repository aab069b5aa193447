// A module of one function, built and run in a few lines.
#pragma once

#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "codegen/interp/interpreter.h"
#include "ir/builder.h"

namespace lathe::test {

inline constexpr float kInf = std::numeric_limits<float>::infinity();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
inline const Dim B = Dim::batch(), N = Dim::rows();

inline TensorType f32(Shape shape) {
  return {DType::F32, std::move(shape)};
}

/// The function is `f`; `out` names its output `y`.
class Program {
 public:
  Program() : b(m, m.functions.emplace_back()) { b.function().name = "f"; }
  Program(const Program&) = delete;  // the builder refers to the module
  Program& operator=(const Program&) = delete;

  ir::ValueId param(const std::string& name, const TensorType& type) { return b.param(name, type); }
  ir::StateId state(const std::string& name, const TensorType& type) {
    m.states.push_back({name, type, {}});
    return static_cast<ir::StateId>(m.states.size()) - 1;
  }
  void out(ir::ValueId v) { b.output("y", v); }

  runtime::Tensor run(const interp::Interpreter::Inputs& inputs,
                      std::optional<int64_t> batch = std::nullopt) const {
    return interp::Interpreter(m).run("f", inputs, batch).at("y");
  }

  ir::Module m;
  ir::Builder b;
};

inline runtime::Tensor floats(std::initializer_list<float> values, std::vector<int64_t> shape) {
  return runtime::Tensor::from(values, std::move(shape));
}

}  // namespace lathe::test
