#include "tests/keras/exact_step.h"

#include <numeric>

#include "frontend/engine/lowering.h"

namespace lathe::test {

ExactStep::ExactStep(Model& model)
    : module_(detail::lower_to_updated(model.module())), run_(module_, {.exact = true}) {
  reset();
}

void ExactStep::set(const std::string& state, Numbers values) {
  run_.set_state_values(state, std::move(values));
}

void ExactStep::reset() {
  for (const ir::State& s : module_.states)
    if (s.attrs.word("role") != "weight")
      set(s.name, Numbers(s.type.elements(), s.attrs.real("value", 0)));
}

Numbers ExactStep::predict(const Numbers& x, int64_t rows) {
  return run_.run_values("predict", {{"x", x}}, rows).at("y").elements;
}

std::map<std::string, Numbers> ExactStep::step(const std::string& function, const Numbers& x,
                                               const Numbers& y, int64_t rows,
                                               const Numbers& weights) {
  interp::Interpreter::ValueInputs inputs = {{"x", x}, {"y", y}};
  const ir::Function& f = module_.function(function);
  for (const ir::ValueId p : f.params) {
    const ir::Op& op = f.op(p);
    if (inputs.count(op.name) == 0 && !weights.empty() && op.type.has_symbol() &&
        is_float(op.type.dtype))
      inputs[op.name] = weights;
  }
  return step(function, std::move(inputs), rows);
}

std::map<std::string, Numbers> ExactStep::step(const std::string& function,
                                               interp::Interpreter::ValueInputs inputs,
                                               int64_t rows) {
  Numbers index(static_cast<size_t>(rows));
  std::iota(index.begin(), index.end(), 0);
  inputs["index"] = index;
  const ir::Function& f = module_.function(function);
  for (const ir::ValueId p : f.params) {
    const ir::Op& op = f.op(p);
    if (inputs.count(op.name) == 0) inputs[op.name] = Numbers(op.type.elements(rows, rows), 1);
  }
  std::map<std::string, Numbers> results;
  for (auto& [name, value] : run_.run_values(function, inputs, rows))
    results[name] = value.elements;
  return results;
}

bool ExactStep::has_weights() const {
  const ir::Function& f = module_.function("evaluate");
  for (const ir::ValueId p : f.params) {
    const ir::Op& op = f.op(p);
    if (op.name != "x" && op.name != "y" && op.name != "index" && op.type.has_symbol() &&
        is_float(op.type.dtype))
      return true;
  }
  return false;
}

}  // namespace lathe::test
