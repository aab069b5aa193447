#include "tests/passes/pass_test_util.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/error.h"
#include "ir/parser.h"

namespace lathe::passes {

ir::Module module_of(std::string_view text) {
  return ir::parse_verified(text);
}

void run_checked(ir::Module& m, const std::vector<std::string>& names, Remarks* remarks) {
  PipelineHooks hooks;
  hooks.check = true;
  Remarks unused;
  run_passes(m, names, {}, remarks ? *remarks : unused, hooks);
}

std::string error_of(std::string_view text, const std::vector<std::string>& names) {
  ir::Module m = module_of(text);
  try {
    run_checked(m, names);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

namespace {

constexpr int64_t kRows = 6;  // of a resident data set

Numbers numbers_for(const std::string& name, const TensorType& type, int64_t batch) {
  uint64_t h = 1469598103934665603u;
  for (char c : name) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211u;
  Numbers v(type.elements(batch, kRows));
  for (size_t i = 0; i < v.size(); ++i) {
    uint64_t x = (h + i + 1) * 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x ^= x >> 27;
    v[i] = is_float(type.dtype) ? static_cast<double>(x >> 40) / (1 << 23) - 1
                                : static_cast<double>(i % 2);
  }
  return v;
}

}  // namespace

Ran run_exact(const ir::Module& m, const std::string& function, int64_t batch,
              const std::map<std::string, Numbers>& given) {
  const auto numbers = [&](const std::string& name, const TensorType& type) {
    const auto it = given.find(name);
    return it != given.end() ? it->second : numbers_for(name, type, batch);
  };
  interp::Interpreter run(m, {.exact = true});
  for (const ir::State& s : m.states) run.set_state_values(s.name, numbers(s.name, s.type));
  const ir::Function& f = m.function(function);
  interp::Interpreter::ValueInputs inputs;
  for (ir::ValueId p : f.params) inputs[f.op(p).name] = numbers(f.op(p).name, f.op(p).type);
  Ran ran;
  for (auto& [name, value] : run.run_values(function, inputs, batch))
    ran.outputs[name] = value.elements;
  for (const ir::State& s : m.states) ran.states[s.name] = run.state_values(s.name);
  return ran;
}

namespace {

double difference(const Numbers& a, const Numbers& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    const double d = std::fabs(a[i] - b[i]) / (1 + std::fabs(b[i]));
    largest = std::isnan(d) ? std::numeric_limits<double>::infinity() : std::max(largest, d);
  }
  return largest;
}

}  // namespace

double difference(const Ran& a, const Ran& b) {
  if (a.outputs.size() != b.outputs.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (const auto& [name, value] : a.outputs)
    largest = std::max(largest, difference(value, b.outputs.at(name)));
  for (const auto& [name, value] : a.states)
    if (const auto it = b.states.find(name); it != b.states.end())
      largest = std::max(largest, difference(value, it->second));
  return largest;
}

}  // namespace lathe::passes
