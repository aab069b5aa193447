#include "tests/interp/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/text_number.h"

namespace lathe::test {

namespace {

using ir::Builder;
using ir::kNone;
using ir::OpKind;
using ir::ValueId;

struct Target {
  std::string name;
  ValueId value;
  bool is_state;
};

std::vector<Target> targets_of(const GradientCase& c, const ir::Function& f) {
  std::vector<Target> targets;
  const auto fixed = [&](const std::string& name) {
    return std::find(c.fixed.begin(), c.fixed.end(), name) != c.fixed.end();
  };
  for (ValueId p : f.params)
    if (is_float(f.op(p).type.dtype) && !fixed(f.op(p).name))
      targets.push_back({f.op(p).name, p, false});
  for (size_t s = 0; s < c.module.states.size(); ++s) {
    const ValueId read = f.find_read(static_cast<ir::StateId>(s));
    const ir::State& state = c.module.states[s];
    if (read != kNone && is_float(state.type.dtype) && !fixed(state.name))
      targets.push_back({state.name, read, true});
  }
  return targets;
}

/// Everything needed to evaluate Σ dy·y at changed inputs.
struct Problem {
  interp::Interpreter run;
  std::string function, output;
  interp::Interpreter::ValueInputs inputs;
  std::map<std::string, std::vector<double>> states;
  std::optional<int64_t> batch;

  interp::Interpreter::ValueOutputs evaluate() {
    for (const auto& [name, values] : states) run.set_state_values(name, values);
    return run.run_values(function, inputs, batch);
  }
  double weighted(const std::vector<double>& dy) {
    const std::vector<double> y = evaluate().at(output).elements;
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += dy[i] * y[i];
    return sum;
  }
};

/// d Σdy·y / dx by four points: the error is h^4 times the fifth derivative, so that h can be large
/// enough for rounding not to matter.
double central_difference(Problem& p, double& x, const std::vector<double>& dy) {
  const double at = x, h = 1e-4 * std::max(1.0, std::fabs(at));
  const auto f = [&](double steps) {
    x = at + steps * h;
    const double y = p.weighted(dy);
    x = at;
    return y;
  };
  return (8 * (f(1) - f(-1)) - (f(2) - f(-2))) / (12 * h);
}

std::string number(double v) {
  return ir::number_to_text(v, false);
}

}  // namespace

std::vector<ValueId> append_gradients(Builder& b, ValueId y, ValueId dy,
                                      const std::vector<ValueId>& wrt) {
  std::map<ValueId, ValueId> gradient{{y, dy}};
  const std::vector<ValueId> body = b.function().body;  // a copy: gradients are appended to it
  for (auto it = body.rbegin(); it != body.rend(); ++it) {
    const auto mine = gradient.find(*it);
    if (mine == gradient.end()) continue;
    const OpKind kind = b.function().op(*it).kind;
    if (!ir::op_info(kind).has_gradient) continue;
    const std::vector<ValueId> operands = b.function().op(*it).operands;
    const std::vector<ValueId> parts = ir::vjp(b, *it, mine->second);
    LATHE_CHECK(parts.size() == operands.size(), "a gradient, or kNone, for each operand");
    for (size_t i = 0; i < operands.size(); ++i) {
      if (parts[i] == kNone) continue;
      LATHE_CHECK(b.type(parts[i]) == b.type(operands[i]),
                  "the gradient of an operand of '" + std::string(ir::op_info(kind).text) +
                      "' is of type " + b.type(parts[i]).to_string() + ", the operand of type " +
                      b.type(operands[i]).to_string());
      const auto [place, first] = gradient.emplace(operands[i], parts[i]);
      if (!first) place->second = b.map("add", {place->second, parts[i]});
    }
  }
  std::vector<ValueId> out;
  for (ValueId v : wrt) out.push_back(gradient.contains(v) ? gradient.at(v) : kNone);
  return out;
}

std::string check_gradients(const GradientCase& c, double relative, int64_t* differentiated) {
  ir::Module module = c.module;
  ir::Function& f = *module.find_function(c.function);
  const std::vector<Target> targets = targets_of(c, f);
  const ir::Output y = f.outputs.at(0);
  LATHE_CHECK(is_float(f.op(y.value).type.dtype), "only floats have gradients");

  // dy is a parameter of its own, so that every element of y is checked with a weight of its own.
  const std::string dy_name = "gradcheck.dy";
  Builder b(module, f);
  std::vector<ValueId> wrt;
  for (const Target& t : targets) wrt.push_back(t.value);
  const ValueId dy = b.param(dy_name, f.op(y.value).type);
  const std::vector<ValueId> gradients = append_gradients(b, y.value, dy, wrt);
  const auto output_name = [](const Target& t) { return "gradcheck." + t.name; };
  for (size_t i = 0; i < targets.size(); ++i)
    if (gradients[i] != kNone) b.output(output_name(targets[i]), gradients[i]);

  Problem plain{interp::Interpreter(c.module, {.exact = true}),
                c.function,
                y.name,
                c.inputs,
                c.states,
                c.batch};
  const int64_t count = plain.evaluate().at(y.name).size();
  const std::vector<double> weights = draw_values(count, -1.6, 1.6, {0}, 3);
  Problem full{interp::Interpreter(module, {.exact = true}),
               c.function,
               y.name,
               c.inputs,
               c.states,
               c.batch};
  full.inputs[dy_name] = weights;
  const auto results = full.evaluate();

  for (size_t i = 0; i < targets.size(); ++i) {
    std::vector<double>& x = (targets[i].is_state ? plain.states : plain.inputs)[targets[i].name];
    std::vector<double> analytic(x.size(), 0.0), numeric;
    if (gradients[i] != kNone) analytic = results.at(output_name(targets[i])).elements;
    LATHE_CHECK(analytic.size() == x.size(), "give values for each state of the function");
    for (double& element : x) numeric.push_back(central_difference(plain, element, weights));
    double largest = 1e-4;
    for (double n : numeric) largest = std::max(largest, std::fabs(n));
    for (size_t k = 0; k < x.size(); ++k) {
      if (differentiated) ++*differentiated;
      const double size = std::max(std::fabs(numeric[k]), 1e-3 * largest);
      if (std::fabs(analytic[k] - numeric[k]) <= relative * size) continue;
      return c.label + ": gradient by " + targets[i].name + ", element " + std::to_string(k) +
             " (at " + number(x[k]) + "), is " + number(analytic[k]) + ", the central difference " +
             number(numeric[k]);
    }
  }
  return "";
}

std::vector<double> draw_values(int64_t count, double low, double high,
                                const std::vector<double>& kinks, int lane) {
  constexpr double gap = 0.02;  // between lanes; a lane's own points are four gaps apart
  std::vector<double> grid;
  for (int64_t i = 0;; ++i) {
    const double v = low + gap * (4.0 * static_cast<double>(i) + lane + 0.37);
    if (v > high) break;
    const auto near = [&](double k) { return std::fabs(v - k) < gap / 2; };
    if (std::none_of(kinks.begin(), kinks.end(), near)) grid.push_back(v);
  }
  LATHE_CHECK(!grid.empty(), "a range too small to draw from");
  std::mt19937 random(static_cast<uint32_t>(count * 4 + lane));
  for (size_t i = grid.size(); i > 1; --i) std::swap(grid[i - 1], grid[random() % i]);
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(grid[i % grid.size()]);
  return values;
}

}  // namespace lathe::test
