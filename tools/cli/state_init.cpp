#include "tools/cli/state_init.h"

#include <fmt/format.h>

#include "codegen/interp/interpreter.h"
#include "frontend/data/npy.h"
#include "frontend/train/initializers.h"
#include "ir/builder.h"
#include "ir/error.h"

namespace lathe::cli {
namespace {

using runtime::Tensor;

std::vector<int64_t> sizes(const TensorType& type) {
  std::vector<int64_t> shape;
  for (Dim d : type.shape) shape.push_back(d.size());
  return shape;
}

/// `init = constant` with its `value` beside it; a word alone may hold it too: "constant(0.5)".
Tensor constant(const ir::State& s) {
  Tensor doubles(DType::F64, sizes(s.type));
  doubles.fill(s.attrs.real("value", 0));
  return data::convert_tensor(doubles, s.type.dtype);
}

/// The initialiser as a function of a seed, run by the interpreter: the same on every machine.
Tensor drawn(const ir::State& s, int64_t stream, uint64_t seed) {
  ir::Module m;
  m.name = "init";
  m.functions.emplace_back();
  m.functions.back().name = "init";
  ir::Builder b(m, m.functions.back());
  const ir::ValueId given = b.param("seed", {DType::I64, {}});
  const ir::ValueId step = b.constant(0, DType::I64);
  b.output("value",
           detail::build_initializer(b, s.attrs.word("init"), given, step, stream, s.type.shape));
  interp::Interpreter interpreter(m);
  const Tensor value = Tensor::from({static_cast<int64_t>(seed)}, {});
  Tensor weight = interpreter.run("init", {{"seed", value.view()}}).at("value");
  detail::finish_initial(s.attrs.word("init"), weight);
  return data::convert_tensor(weight, s.type.dtype);
}

}  // namespace

std::map<std::string, Tensor> initial_states(const ir::Module& module, uint64_t seed) {
  std::map<std::string, Tensor> values;
  for (size_t i = 0; i < module.states.size(); ++i) {
    const ir::State& s = module.states[i];
    if (!s.attrs.has("init")) continue;
    try {
      if (s.attrs.word("init") == "seed") {  // of a model's random numbers
        values[s.name] = Tensor::from({static_cast<int64_t>(seed)}, {});
        continue;
      }
      const bool plain = s.attrs.word("init") == "constant" && s.attrs.has("value");
      values[s.name] = plain ? constant(s) : drawn(s, static_cast<int64_t>(i), seed);
    } catch (const Error& e) {
      throw Error(fmt::format("state %{}: {}", s.name, e.what()));
    }
  }
  return values;
}

}  // namespace lathe::cli
