#include "agree.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "codegen/interp/interpreter.h"
#include "codegen/llvm/compile.h"
#include "ir/error.h"
#include "passes/pipeline.h"
#include "runtime/executable.h"

namespace lathe::testing {

using runtime::Tensor;

namespace {

std::vector<int64_t> bound(const TensorType& t, const AgreeOptions& o) {
  std::vector<int64_t> shape;
  for (Dim d : t.shape) shape.push_back(d.bind(o.batch, o.data_rows));
  return shape;
}

/// Integers stay below what any one_hot or gather of the module takes.
int64_t integer_bound(const ir::Module& m, const AgreeOptions& o) {
  int64_t bound = o.data_rows;
  for (const ir::Function& f : m.functions)
    for (const ir::Op& op : f.ops) {
      if (op.kind == ir::OpKind::OneHot) bound = std::min(bound, op.attrs.integer("depth", 1));
      if (op.kind == ir::OpKind::Gather && !f.op(op.operands[0]).type.has_symbol())
        bound = std::min(bound, f.op(op.operands[0]).type.shape[0].size());
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

double at(const Tensor& t, int64_t i) {
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

}  // namespace

Tensors random_inputs(const ir::Module& m, const ir::Function& f, const AgreeOptions& o) {
  std::mt19937_64 random(o.seed);
  Tensors inputs;
  for (ir::ValueId p : f.params) {
    const ir::Op& op = f.op(p);
    inputs.emplace(op.name,
                   random_tensor(op.type.dtype, bound(op.type, o), random, integer_bound(m, o)));
  }
  return inputs;
}

Tensors random_states(const ir::Module& m, uint64_t seed) {
  std::mt19937_64 random(seed + 1000);
  Tensors states;
  for (const ir::State& s : m.states)
    states.emplace(s.name, random_tensor(s.type.dtype, bound(s.type, {}), random, 5));
  return states;
}

Tensors run_jit(const ir::Module& built, const std::string& function, const Tensors& inputs,
                const Tensors& states, const AgreeOptions& o) {
  ir::Module m = built;
  passes::Remarks remarks;
  passes::PassOptions options;
  codegen::LlvmOptions llvm;
  llvm.cpu = o.cpu;
  const codegen::CpuShape shape = codegen::cpu_shape(llvm);
  options.target = {shape.vector_lanes, shape.registers};
  options.max_batch = std::max(o.max_batch, o.batch);
  passes::run_to_stage(m, passes::Stage::Planned, options, remarks);
  auto executable = codegen::compile_llvm(m, llvm);
  auto store = std::make_shared<runtime::StateStore>(*executable);
  for (auto& [name, value] : states) store->set(name, value);
  runtime::Session session(executable, store, std::make_shared<runtime::WorkerTeam>(o.workers));
  const int index = executable->find_function(function);
  const runtime::FunctionInfo& info = executable->functions().at(index);
  std::vector<const void*> params;
  for (const auto& p : info.params) params.push_back(inputs.at(p.name).raw());
  Tensors results;
  std::vector<void*> outputs;
  for (const auto& out : info.outputs) {
    auto [it, fresh] = results.emplace(out.name, Tensor(out.type.dtype, bound(out.type, o)));
    outputs.push_back(it->second.raw());
  }
  session.run(index, params, outputs, info.max_batch > 1 ? o.batch : 1,
              info.max_batch > 1 ? o.batch : 1, o.data_rows);
  for (const auto& s : executable->states()) results.emplace("%" + s.name, store->get(s.name));
  return results;
}

Tensors run_interpreter(const ir::Module& built, const std::string& function, const Tensors& inputs,
                        const Tensors& states, const AgreeOptions& o) {
  ir::Module m = built;
  passes::Remarks remarks;
  passes::run_to_stage(m, passes::Stage::Updated, {}, remarks);
  interp::Interpreter interpreter(m);
  for (auto& [name, value] : states)
    if (m.find_state(name) != ir::kNone) interpreter.set_state(name, value);
  interp::Interpreter::Inputs views;
  for (auto& [name, value] : inputs) views.emplace(name, value);
  Tensors results = interpreter.run(function, views, o.batch);
  for (const ir::State& s : m.states) results.emplace("%" + s.name, interpreter.state(s.name));
  return results;
}

std::string jit_disagreement(const ir::Module& built, const std::string& function,
                             const AgreeOptions& o) {
  ir::Module updated = built;
  passes::Remarks remarks;
  passes::run_to_stage(updated, passes::Stage::Updated, {}, remarks);
  const Tensors inputs = random_inputs(built, built.function(function), o);
  const Tensors states = random_states(updated, o.seed);
  const Tensors jit = run_jit(built, function, inputs, states, o);
  const Tensors oracle = run_interpreter(built, function, inputs, states, o);
  std::string report;
  for (auto& [name, expected] : oracle) {
    const Tensor& actual = jit.at(name);
    double scale = 1e-30;
    const int64_t n = expected.elements();
    for (int64_t i = 0; i < n; ++i)
      if (std::isfinite(at(expected, i))) scale = std::max(scale, std::fabs(at(expected, i)));
    for (int64_t i = 0; i < n; ++i) {
      const double a = at(actual, i), e = at(expected, i);
      const bool same =
          a == e || (std::isnan(a) && std::isnan(e)) || std::fabs(a - e) <= o.relative * scale;
      if (same) continue;
      report += name + "[" + std::to_string(i) + "]: jit " + std::to_string(a) + ", interpreter " +
                std::to_string(e) + "\n";
      break;
    }
  }
  return report;
}

}  // namespace lathe::testing
