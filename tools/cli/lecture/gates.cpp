#include "tools/cli/lecture/gates.h"

#include <nlohmann/json.hpp>

#include "ir/nearest.h"

namespace lathe::cli {
namespace {

constexpr Gate kGates[] = {
#define GATE(name, a, b, c, d) {name, {a, b, c, d}},
#include "tools/cli/lecture/gates.def"
#undef GATE
};

constexpr int first_input(size_t row) {
  return static_cast<int>(row / 2);
}
constexpr int second_input(size_t row) {
  return static_cast<int>(row % 2);
}

Array inputs() {
  Array x(DType::F32, {4, 2});
  for (size_t row = 0; row < 4; ++row) {
    x.data<float>()[2 * row] = static_cast<float>(first_input(row));
    x.data<float>()[2 * row + 1] = static_cast<float>(second_input(row));
  }
  return x;
}

}  // namespace

bool Gate::separable() const {
  const bool diagonal = outputs[0] == outputs[3] && outputs[1] == outputs[2];
  return !(diagonal && outputs[0] != outputs[1]);
}

SmallData Gate::data() const {
  Array y(DType::F32, {4, 1});
  for (size_t row = 0; row < 4; ++row) y.data<float>()[row] = static_cast<float>(outputs[row]);
  return {inputs(), std::move(y), std::nullopt};
}

std::vector<std::string> gate_names() {
  std::vector<std::string> names;
  for (const Gate& gate : kGates) names.emplace_back(gate.name);
  return names;
}

const Gate& find_gate(const std::string& name) {
  for (const Gate& gate : kGates) {
    if (name == gate.name) return gate;
  }
  throw UsageError(ir::unknown_name("gate", name, gate_names()));
}

TruthTable::TruthTable(const Gate& of, Model& model) : gate(of) {
  const Array made = model.predict(inputs());
  for (size_t row = 0; row < 4; ++row) outputs[row] = made.data<float>()[row];
}

bool TruthTable::learned() const {
  for (size_t row = 0; row < 4; ++row) {
    if (guess(row) != gate.outputs[row]) return false;
  }
  return true;
}

void TruthTable::print(Terminal& terminal) const {
  terminal.print("x1  x2  {:>4}  output\n", gate.name);
  for (size_t row = 0; row < 4; ++row) {
    const bool right = guess(row) == gate.outputs[row];
    terminal.print("{:>2}  {:>2}  {:>4}  {:.4f} is {}  {}\n", first_input(row), second_input(row),
                   gate.outputs[row], outputs[row], guess(row),
                   right ? terminal.green("right") : terminal.red("wrong"));
  }
}

nlohmann::ordered_json TruthTable::json() const {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (size_t row = 0; row < 4; ++row) {
    rows.push_back({{"x1", first_input(row)},
                    {"x2", second_input(row)},
                    {"truth", gate.outputs[row]},
                    {"output", outputs[row]},
                    {"guess", guess(row)}});
  }
  return rows;
}

}  // namespace lathe::cli
