#include "tests/llvm/agree.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <set>

#include "codegen/compile.h"
#include "codegen/interp/interpreter.h"
#include "ir/error.h"
#include "ir/text_number.h"
#include "passes/pipeline.h"
#include "runtime/executable.h"
#include "tests/llvm/rounding_noise.h"

namespace lathe::testing {

using runtime::Tensor;

namespace {

std::vector<int64_t> bound(const TensorType& t, const AgreeOptions& o, int64_t rows) {
  std::vector<int64_t> shape;
  for (Dim d : t.shape) shape.push_back(d.bind(rows, o.data_rows));
  return shape;
}

/// Integers stay below what any one_hot, gather or scatter_add of the module takes.
int64_t integer_bound(const ir::Module& m, const AgreeOptions& o) {
  int64_t bound = o.data_rows;
  for (const ir::Function& f : m.functions)
    for (const ir::Op& op : f.ops) {
      if (op.kind == ir::OpKind::OneHot) bound = std::min(bound, op.attrs.integer("depth", 1));
      if (op.kind == ir::OpKind::Gather && !f.op(op.operands[0]).type.has_symbol())
        bound = std::min(bound, f.op(op.operands[0]).type.shape[0].size());
      if (op.kind == ir::OpKind::ScatterAdd) bound = std::min(bound, op.attrs.integer("rows", 1));
    }
  return bound;
}

Tensor random_tensor(DType t, std::vector<int64_t> shape, std::mt19937_64& random, int64_t below) {
  Tensor x(t, std::move(shape));
  const auto fill = [&](auto span, auto draw) {
    for (auto& v : span) v = static_cast<std::remove_reference_t<decltype(v)>>(draw());
  };
  const auto real = [&] { return static_cast<double>(random() >> 40) / double(1 << 24) * 2 - 1; };
  const auto integer = [&] { return static_cast<int64_t>(random() % below); };
  switch (t) {
    case DType::F32:
      fill(x.data<float>(), real);
      break;
    case DType::F64:
      fill(x.data<double>(), real);
      break;
    case DType::I64:
      fill(x.data<int64_t>(), integer);
      break;
    case DType::I32:
      fill(x.data<int32_t>(), integer);
      break;
    case DType::U8:
      fill(x.data<uint8_t>(), integer);
      break;
    case DType::Bool:
      fill(x.data<uint8_t>(), [&] { return random() & 1; });
      break;
  }
  return x;
}

}  // namespace

bool runs_here(const std::string& cpu) {
  if (cpu.empty()) return true;
#if defined(__x86_64__)
  if (cpu == "x86-64") return true;
  if (cpu == "x86-64-v3") return __builtin_cpu_supports("x86-64-v3");
#endif
  return false;
}

double element(const Tensor& t, int64_t i) {
  switch (t.dtype()) {
    case DType::F32:
      return t.data<float>()[i];
    case DType::F64:
      return t.data<double>()[i];
    case DType::I64:
      return static_cast<double>(t.data<int64_t>()[i]);
    case DType::I32:
      return t.data<int32_t>()[i];
    case DType::U8:
      return t.data<uint8_t>()[i];
    case DType::Bool:
      return t.data<uint8_t>()[i];
  }
  internal_error(__FILE__, __LINE__, "bad element type");
}

Tensors random_inputs(const ir::Module& m, const ir::Function& f, const AgreeOptions& o) {
  std::mt19937_64 random(o.seed);
  Tensors inputs;
  for (ir::ValueId p : f.params) {
    const ir::Op& op = f.op(p);
    inputs.emplace(op.name,
                   random_tensor(op.type.dtype, bound(op.type, o, o.total > 0 ? o.total : o.batch),
                                 random, integer_bound(m, o)));
  }
  return inputs;
}

Tensors random_states(const ir::Module& m, uint64_t seed) {
  std::mt19937_64 random(seed + 1000);
  Tensors states;
  for (const ir::State& s : m.states)
    states.emplace(s.name, random_tensor(s.type.dtype, bound(s.type, {}, 1), random, 5));
  return states;
}

Compiled compile(const ir::Module& built, const AgreeOptions& o) {
  Compiled c{built, nullptr};
  passes::Remarks remarks;
  passes::PassOptions options;
  codegen::LlvmOptions llvm;
  llvm.cpu = o.cpu;
  llvm.opt_level = o.opt_level;
  const codegen::CpuShape shape = codegen::cpu_shape(llvm);
  options.target = {shape.vector_lanes};
  options.max_batch = std::max(o.max_batch, o.batch);
  options.fuse_ops = o.fuse_ops;
  passes::run_to_stage(c.planned, passes::Stage::Planned, options, remarks, o.hooks);
  c.executable = codegen::compile_llvm(c.planned, llvm);
  return c;
}

Tensors run(const Compiled& c, const std::string& function, const Tensors& inputs,
            const Tensors& states, const AgreeOptions& o) {
  auto store = std::make_shared<runtime::StateStore>(*c.executable);
  for (auto& [name, value] : states)
    if (store->find(name) >= 0) store->set(name, value);
  runtime::Session session(c.executable, store, std::make_shared<runtime::WorkerTeam>(o.workers));
  const int index = c.executable->find_function(function);
  const runtime::FunctionInfo& info = c.executable->functions().at(index);
  const int64_t batch = std::min(o.batch, info.max_batch);
  const int64_t total = o.total > 0 ? o.total : batch;
  const int64_t steps = runtime::step_count(total, batch);
  std::vector<const void*> params;
  for (const auto& p : info.params) params.push_back(inputs.at(p.name).raw());
  Tensors results;
  std::vector<void*> outputs;
  for (const auto& out : info.outputs) {
    std::vector<int64_t> shape = bound(out.type, o, total);
    if (!out.type.has_symbol() && steps > 1) shape.insert(shape.begin(), steps);
    auto [it, fresh] = results.emplace(out.name, Tensor(out.type.dtype, std::move(shape)));
    outputs.push_back(it->second.raw());
  }
  session.run(index, params, outputs, batch, total, o.data_rows);
  for (const auto& s : c.executable->states()) results.emplace("%" + s.name, store->get(s.name));
  return results;
}

Tensors run_jit(const ir::Module& built, const std::string& function, const Tensors& inputs,
                const Tensors& states, const AgreeOptions& o) {
  return run(compile(built, o), function, inputs, states, o);
}

namespace {

ir::Module updated(const ir::Module& built) {
  ir::Module m = built;
  passes::Remarks remarks;
  passes::run_to_stage(m, passes::Stage::Updated, {}, remarks);
  return m;
}

Tensors interpret(const ir::Module& m, const std::string& function, const Tensors& inputs,
                  const Tensors& states, const AgreeOptions& o, interp::Options options) {
  interp::Interpreter interpreter(m, std::move(options));
  for (auto& [name, value] : states)
    if (m.find_state(name) != ir::kNone) interpreter.set_state(name, value);
  interp::Interpreter::Inputs views;
  for (auto& [name, value] : inputs) views.emplace(name, value);
  Tensors results = interpreter.run(function, views, o.batch);
  for (const ir::State& s : m.states) results.emplace("%" + s.name, interpreter.state(s.name));
  return results;
}

}  // namespace

Tensors run_interpreter(const ir::Module& built, const std::string& function, const Tensors& inputs,
                        const Tensors& states, const AgreeOptions& o) {
  return interpret(updated(built), function, inputs, states, o, {});
}

Oracle run_oracle(const ir::Module& built, const std::string& function, const Tensors& inputs,
                  const Tensors& states, const AgreeOptions& o) {
  // Of six runs the farthest, four times as far: an error of compiled code, which is half as large
  // as the noise, is beyond that once in millions of elements.
  constexpr int kRuns = 6;
  constexpr double kFactor = 4;
  const ir::Module m = updated(built);
  Oracle oracle;
  std::set<std::string> rounded;
  oracle.values = interpret(m, function, inputs, states, o, {});
  for (auto& [name, value] : oracle.values)
    // What is denormal may have been flushed.
    oracle.slack[name].assign(static_cast<size_t>(value.elements()),
                              is_float(value.dtype()) ? FLT_MIN : 0);
  for (int run = 0; run < kRuns; ++run) {
    const Tensors moved = interpret(m, function, inputs, states, o,
                                    {.exact = false, .after_op = RoundingNoise(o.seed + run)});
    for (auto& [name, slack] : oracle.slack)
      for (size_t i = 0; i < slack.size(); ++i) {
        const double a = element(moved.at(name), static_cast<int64_t>(i));
        const double e = element(oracle.values.at(name), static_cast<int64_t>(i));
        if (a == e || (std::isnan(a) && std::isnan(e))) continue;
        const double far = kFactor * std::fabs(a - e);
        slack[i] =
            std::isnan(far) ? std::numeric_limits<double>::infinity() : std::max(slack[i], far);
        rounded.insert(name);
      }
  }
  // Where elements are rounded, one in thousands comes out of all runs as it was: the last rounding,
  // to the type, undid them. Compiled code may still round it the other way.
  for (const std::string& name : rounded) {
    const Tensor& value = oracle.values.at(name);
    const double ulp = value.dtype() == DType::F64 ? 0x1p-52 : 0x1p-23;
    std::vector<double>& slack = oracle.slack.at(name);
    for (size_t i = 0; i < slack.size(); ++i) {
      const double one = ulp * std::fabs(element(value, static_cast<int64_t>(i)));
      if (std::isfinite(one)) slack[i] = std::max(slack[i], one);
    }
  }
  return oracle;
}

int64_t Oracle::blurred() const {
  int64_t count = 0;
  for (const auto& [name, all] : slack)
    for (size_t i = 0; i < all.size(); ++i) {
      const double e = std::fabs(element(values.at(name), static_cast<int64_t>(i)));
      count += all[i] > std::max(0.01 * e, 1e-5);
    }
  return count;
}

int64_t Oracle::elements() const {
  int64_t count = 0;
  for (const auto& entry : slack) count += static_cast<int64_t>(entry.second.size());
  return count;
}

std::string disagreement(const Tensors& jit, const Oracle& oracle) {
  const int64_t blurred = oracle.blurred(), elements = oracle.elements();
  std::string report = first_differences(jit, oracle);
  // One may cancel by chance where there are few.
  const double most = 1 + Oracle::kMostBlurred * static_cast<double>(elements);
  if (elements > 0 && (blurred == elements || static_cast<double>(blurred) > most))
    report +=
        std::to_string(blurred) + " of " + std::to_string(elements) +
        " elements hang on the last digits of what is computed: to compare them says little\n";
  return report;
}

std::string first_differences(const Tensors& jit, const Oracle& oracle) {
  std::string report;
  for (const auto& [name, expected] : oracle.values) {
    const Tensor& actual = jit.at(name);
    if (actual.elements() != expected.elements()) {
      report += name + ": " + std::to_string(actual.elements()) + " elements, expected " +
                std::to_string(expected.elements()) + "\n";
      continue;
    }
    const std::vector<double>& slack = oracle.slack.at(name);
    for (int64_t i = 0; i < expected.elements(); ++i) {
      const double a = element(actual, i), e = element(expected, i);
      const double allowed = slack[static_cast<size_t>(i)];
      if (a == e || (std::isnan(a) && std::isnan(e)) || std::isinf(allowed) ||
          std::fabs(a - e) <= allowed)
        continue;
      report += name + "[" + std::to_string(i) + "]: jit " + ir::number_to_text(a, false) +
                ", interpreter " + ir::number_to_text(e, false) + ", allowed " +
                ir::number_to_text(allowed, false) + "\n";
      break;
    }
  }
  return report;
}

std::string disagreement(const Tensors& jit, const Tensors& oracle, double relative) {
  // Sums cancel: what is smaller than this part of the largest is measured against that part.
  constexpr double kSmall = 0.1;
  std::string report;
  for (auto& [name, expected] : oracle) {
    const Tensor& actual = jit.at(name);
    double scale = 1e-30;
    const int64_t n = expected.elements();
    if (actual.elements() != n) {
      report += name + ": " + std::to_string(actual.elements()) + " elements, expected " +
                std::to_string(n) + "\n";
      continue;
    }
    for (int64_t i = 0; i < n; ++i)
      if (std::isfinite(element(expected, i)))
        scale = std::max(scale, std::fabs(element(expected, i)));
    for (int64_t i = 0; i < n; ++i) {
      const double a = element(actual, i), e = element(expected, i);
      const bool same = a == e || (std::isnan(a) && std::isnan(e)) ||
                        std::fabs(a - e) <= relative * std::max(std::fabs(e), kSmall * scale);
      if (same) continue;
      report += name + "[" + std::to_string(i) + "]: jit " + std::to_string(a) + ", interpreter " +
                std::to_string(e) + "\n";
      break;
    }
  }
  return report;
}

std::string jit_disagreement(const ir::Module& built, const std::string& function,
                             const AgreeOptions& o) {
  const Tensors inputs = random_inputs(built, built.function(function), o);
  const Tensors states = random_states(updated(built), o.seed);
  const Tensors jit = run_jit(built, function, inputs, states, o);
  return disagreement(jit, run_oracle(built, function, inputs, states, o));
}

}  // namespace lathe::testing
