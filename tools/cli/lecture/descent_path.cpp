#include "tools/cli/lecture/descent_path.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "frontend/engine/engine.h"
#include "frontend/model/first_value.h"
#include "frontend/model/step_builder.h"
#include "ir/builder.h"
#include "ir/verifier.h"
#include "runtime/worker_team.h"
#include "tools/cli/lecture/formula.h"

namespace lathe::cli {
namespace {

constexpr const char* kStep = "step";

/// A module whose one weight is x, and whose loss is f(x).
ir::Module descent_module(const ir::ScalarExpr& f, const Optimizer& optimizer) {
  ir::Module module;
  module.name = "descent";
  ir::State x{"x", {DType::F32, {}}, {}};
  x.attrs.set("trainable", true);
  module.states.push_back(std::move(x));
  module.functions.emplace_back();
  module.functions.back().name = kStep;
  ir::Builder b(module, module.functions.back());
  const ir::ValueId loss = b.map(f, {b.state("x")});
  b.output("loss", loss);
  b.minimize(loss, detail::optimizer_attrs(optimizer));
  ir::verify(module);
  return module;
}

}  // namespace

DescentPath descend(const ir::ScalarExpr& f, double start, int64_t steps,
                    const Optimizer& optimizer, const RunOptions& run,
                    const std::atomic<int32_t>* stop) {
  const ir::Module module = descent_module(f, optimizer);
  const auto team = std::make_shared<runtime::WorkerTeam>(run.threads, run.pin);
  const std::unique_ptr<detail::Engine> engine = detail::make_engine(module, run, 1, team);
  for (const ir::State& state : engine->states()) {
    if (state.name != "x") engine->set(state.name, detail::first_value(state, 0));
  }
  Array x(DType::F32, {});
  x.data<float>()[0] = static_cast<float>(start);
  engine->set("x", x);
  DescentPath path{{start}, true};
  for (int64_t i = 0; i < steps && path.finite && stop->load() == 0; ++i) {
    float loss = 0;
    void* outputs[] = {&loss};
    engine->run(kStep, {}, outputs, 1, 1, 1, nullptr);
    path.x.push_back(without_nan_sign(engine->get("x").data<float>()[0]));
    path.finite = std::isfinite(path.x.back());
  }
  return path;
}

std::vector<Minimum> minima_of(const ir::ScalarExpr& f, double low, double high) {
  constexpr int kPlaces = 10000;
  std::vector<double> xs, ys;
  for (int i = 0; i <= kPlaces; ++i) {
    xs.push_back(low + (high - low) * i / kPlaces);
    ys.push_back(value_of(f, xs.back()));
  }
  std::vector<Minimum> minima;
  for (size_t i = 1; i + 1 < ys.size(); ++i) {
    if (ys[i] < ys[i - 1] && ys[i] <= ys[i + 1]) minima.push_back({xs[i], ys[i], false});
  }
  const auto lowest = std::min_element(
      minima.begin(), minima.end(), [](const Minimum& a, const Minimum& b) { return a.y < b.y; });
  if (lowest != minima.end()) lowest->global = true;
  return minima;
}

}  // namespace lathe::cli
