// The interpreter as a backend: slow, and the same results as compiled code within rounding.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "codegen/interp/interpreter.h"
#include "frontend/engine/engine.h"
#include "frontend/engine/lowering.h"
#include "frontend/train/initializers.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

std::vector<int64_t> sizes(const TensorType& type, int64_t batch, int64_t rows) {
  std::vector<int64_t> s;
  for (Dim d : type.shape) s.push_back(d.bind(batch, rows));
  return s;
}

class InterpreterEngine final : public Engine {
 public:
  explicit InterpreterEngine(ir::Module module) : interpreter_(std::move(module)) {
    states_ = interpreter_.module().states;
  }

  int64_t run(std::string_view function, std::span<const void* const> params,
              std::span<void* const> outputs, int64_t batch, int64_t total, int64_t rows,
              const std::atomic<int32_t>* stop, int watched) override {
    const ir::Function& f = interpreter_.module().function(function);
    LATHE_CHECK(params.size() == f.params.size() && outputs.size() == f.outputs.size(),
                "a function is run with another number of buffers");
    runtime::RunCounts& counts = counts_[f.name];
    ++counts.entries;
    counts.workers = 1;
    int64_t step = 0;
    for (int64_t begin = 0; begin < total; begin += batch, ++step) {
      if (step > 0 && stop && stop->load() != 0) break;
      run_step(f, params, outputs, begin, std::min(batch, total - begin), rows, step);
      ++counts.steps;
      if (watched >= 0 && !std::isfinite(static_cast<const float*>(outputs[watched])[step]))
        return step + 1;
    }
    return step;
  }
  runtime::RunCounts counts(std::string_view function) const override {
    const auto at = counts_.find(function);
    return at == counts_.end() ? runtime::RunCounts{} : at->second;
  }

  Array get(std::string_view state) const override { return interpreter_.state(state); }
  void set(std::string_view state, const ArrayView& value) override {
    interpreter_.set_state(state, value);
  }

 private:
  void run_step(const ir::Function& f, std::span<const void* const> params,
                std::span<void* const> outputs, int64_t begin, int64_t n, int64_t rows,
                int64_t step);

  interp::Interpreter interpreter_;
  std::map<std::string, runtime::RunCounts, std::less<>> counts_;
};

/// How gathers pick rows of the resident data.
struct RowIndex {
  ir::ValueId index = ir::kNone;  ///< the operand; kNone where nothing is resident
  int64_t reach = 1;              ///< rows of the longest window that ends with a picked one
};

RowIndex row_index(const ir::Function& f) {
  RowIndex found;
  for (ir::ValueId v : f.body) {
    const ir::Op& op = f.op(v);
    if (op.kind != ir::OpKind::Gather) continue;
    const TensorType& data = f.op(op.operands[0]).type;
    if (data.shape.empty() || !data.shape[0].is_rows()) continue;
    LATHE_CHECK(found.index == ir::kNone || found.index == op.operands[1],
                "resident data are picked by several indices");
    found.index = op.operands[1];
    found.reach = std::max(found.reach, op.attrs.integer("window", 0));
  }
  return found;
}

void InterpreterEngine::run_step(const ir::Function& f, std::span<const void* const> params,
                                 std::span<void* const> outputs, int64_t begin, int64_t n,
                                 int64_t rows, int64_t step) {
  // The interpreter copies what it is given, so of a resident data set it gets the step's rows, with
  // those before them that windows have, and an index that picks all of them.
  const auto [index, reach] = row_index(f);
  const int32_t* picked = nullptr;
  for (size_t i = 0; i < params.size(); ++i)
    if (f.params[i] == index) picked = static_cast<const int32_t*>(params[i]) + begin;
  Array all(DType::I32, {n});
  for (int64_t i = 0; i < n; ++i)
    all.data<int32_t>()[i] = static_cast<int32_t>((i + 1) * reach - 1);

  std::vector<Array> copies;
  copies.reserve(params.size());
  interp::Interpreter::Inputs inputs;
  for (size_t i = 0; i < params.size(); ++i) {
    const ir::Op& p = f.op(f.params[i]);
    const auto* bytes = static_cast<const std::byte*>(params[i]);
    const int64_t row_bytes = p.type.row_elements() * dtype_size(p.type.dtype);
    if (f.params[i] == index) {
      inputs[p.name] = all.view();
    } else if (!p.type.has_symbol()) {
      inputs[p.name] = {p.type.dtype, sizes(p.type, n, rows), bytes};
    } else if (p.type.shape[0].is_batch()) {
      inputs[p.name] = {p.type.dtype, sizes(p.type, n, rows), bytes + begin * row_bytes};
    } else {
      LATHE_CHECK(picked != nullptr, "a resident data set without an index");
      copies.emplace_back(p.type.dtype, sizes(p.type, n, n * reach));
      std::byte* to = copies.back().bytes().data();
      for (int64_t r = 0; r < n; ++r) {
        // Before the first row there is nothing, and no window that takes it.
        const int64_t there = std::min<int64_t>(reach, picked[r] + 1);
        to += reach * row_bytes;
        std::memcpy(to - there * row_bytes, bytes + (picked[r] + 1 - there) * row_bytes,
                    static_cast<size_t>(there * row_bytes));
      }
      inputs[p.name] = copies.back().view();
    }
  }
  const interp::Interpreter::Outputs results = interpreter_.run(f.name, inputs, n);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ir::Output& o = f.outputs[i];
    const Array& value = results.at(o.name);
    const TensorType& type = f.op(o.value).type;
    const bool stream = type.has_symbol();
    const int64_t offset =
        stream ? begin * type.row_elements() * dtype_size(type.dtype) : step * value.byte_size();
    std::memcpy(static_cast<std::byte*>(outputs[i]) + offset, value.raw(),
                static_cast<size_t>(value.byte_size()));
  }
}

}  // namespace

std::unique_ptr<Engine> make_interpreter_engine(const ir::Module& module) {
  return std::make_unique<InterpreterEngine>(lower_to_updated(module));
}

std::vector<Array> initial_weights(const ir::Module& module, uint64_t seed) {
  ir::Module init = module;
  std::erase_if(init.functions, [](const ir::Function& f) { return f.name != "init"; });
  interp::Interpreter interpreter(init);
  Array value(DType::I64, {});
  value.data<int64_t>()[0] = static_cast<int64_t>(seed);
  interpreter.run("init", {{"seed", value.view()}});
  std::vector<Array> weights;
  const ir::Function& f = init.function("init");
  for (ir::ValueId v : f.body) {
    if (f.op(v).kind != ir::OpKind::Assign) continue;
    const ir::State& s = init.states[f.op(v).state];
    weights.push_back(interpreter.state(s.name));
    finish_initial(s.attrs.word("init"), weights.back());
  }
  return weights;
}

}  // namespace lathe::detail
