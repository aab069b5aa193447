#include "tests/keras/row_gradients.h"

#include <cmath>

#include "frontend/model/model_impl.h"

namespace lathe::test {

namespace {

constexpr double kMomentum = 0.5;

}  // namespace

// With v = m v - rate g, rate 1 and v = 0 before.
Optimizer gradient_keeper() {
  return SGD(1.0, kMomentum);
}

RowGradients exact_row_gradients(Model& model, const Numbers& kernel, const Numbers& targets,
                                 int64_t n) {
  ExactStep step(model);
  const std::string name = model.weight_names().at(0);
  const auto units = static_cast<int64_t>(kernel.size()) / n;
  const auto width = static_cast<int64_t>(targets.size()) / n;
  RowGradients result;
  for (int64_t row = 0; row < n; ++row) {
    step.set(name, kernel);
    step.reset();
    Numbers x(static_cast<size_t>(n));
    x[row] = 1;
    const Numbers y(targets.begin() + row * width, targets.begin() + (row + 1) * width);
    result.losses.push_back(step.step("train_step", x, y, 1).at("loss").at(0));
    const Numbers& v = step.get(name + ".momentum");
    for (int64_t k = row * units; k < (row + 1) * units; ++k) result.gradients.push_back(-v[k]);
  }
  return result;
}

// Row i is used by step i alone: after it, its slot is only halved, which is exact.
RowGradients compiled_row_gradients(Model& model, const Numbers& kernel, const Array& targets,
                                    int64_t n) {
  model.set_weights({rows_of(kernel, n)});
  RowGradients result;
  FitOptions options;
  options.batch_size = 1;
  options.shuffle = false;
  options.terminate_on_nan = false;
  options.on_batch_end = [&](const BatchResult& b) { result.losses.push_back(b.logs.loss()); };
  model.fit(identity(n), targets, options);
  const Array slots = model.impl().states().at(model.weight_names().at(0) + ".momentum");
  const auto units = static_cast<int64_t>(kernel.size()) / n;
  for (int64_t row = 0; row < n; ++row)
    for (int64_t k = row * units; k < (row + 1) * units; ++k)
      result.gradients.push_back(-slots.data<float>()[k] *
                                 std::pow(1 / kMomentum, static_cast<double>(n - 1 - row)));
  return result;
}

}  // namespace lathe::test
