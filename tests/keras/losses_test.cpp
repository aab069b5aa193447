// Every loss against Keras: each row's value, the mean, and gradients for the predictions.
#include <gtest/gtest.h>

#include <algorithm>

#include "frontend/model/model_impl.h"
#include "tests/keras/row_gradients.h"

namespace lathe::test {
namespace {

constexpr int64_t kRows = 20;

class KerasLoss : public testing::TestWithParam<Entry> {};

enum class Rows { Alike, Weighted };

Loss loss_of(const Entry& e, const std::string& reduction = "") {
  Loss loss(e.name());
  if (!reduction.empty()) loss.options["reduction"] = reduction;
  for (const auto& [key, value] : e["options"].items()) {
    if (value.is_boolean())
      loss.options[key] = value.get<bool>();
    else
      loss.options[key] = value.get<double>();
  }
  return loss;
}

/// The predictions for identity(kRows) are the kernel.
Sequential model_of(const Entry& e, Backend backend, Rows form = Rows::Alike,
                    const std::string& reduction = "") {
  Sequential model({Input({kRows}), Dense(10, {.use_bias = false})});
  model.compile({.loss = loss_of(e, reduction),
                 .optimizer = gradient_keeper(),
                 .run = {.threads = 1, .backend = backend}});
  // Labels of classes are integers, whatever the loss.
  const bool classes = e["data"].get<std::string>().starts_with("classes");
  model.impl().form = {{DType::F32}, {classes ? DType::I32 : DType::F32}, form == Rows::Weighted};
  return model;
}

Array targets_of(const Entry& e, const Numbers& y) {
  if (!e["data"].get<std::string>().starts_with("classes")) return rows_of(y, kRows);
  Array labels(DType::I32, {kRows});
  for (int64_t i = 0; i < kRows; ++i) labels.data<int32_t>()[i] = static_cast<int32_t>(y[i]);
  return labels;
}

Numbers exact_rows() {
  const Array rows = identity(kRows);
  return {rows.data<float>().begin(), rows.data<float>().end()};
}

/// Loss and gradient of all rows together: dice and tversky add up over the batch.
RowGradients whole_batch(Model& model, const Numbers& p, const Numbers& y) {
  ExactStep step(model);
  const std::string kernel = model.weight_names().at(0);
  step.set(kernel, p);
  const Numbers loss = step.step("train_step", exact_rows(), y, kRows).at("loss");
  Numbers gradient = step.get(kernel + ".momentum");
  for (double& g : gradient) g = -g;
  return {loss, gradient};
}

// f32 has no 1 - 1e-7: next to 1 the logarithm of what is left of it is another one. Keras in f32
// has the same bound, 1 - 2^-23. Row 0 has the probabilities that are clipped.
void leave_out_the_bound(const Entry& e, RowGradients& found, const Numbers& losses,
                         const Numbers& gradients) {
  if (e["data"] != "binary") return;
  found.losses.at(0) = losses.at(0);
  std::copy_n(gradients.begin(), gradients.size() / kRows, found.gradients.begin());
}

// Keras clips the probabilities that focal losses make of logits; ours take the logarithm from the
// logits, so that a row that is far off keeps its slope. Those rows differ by definition.
bool leave_out_far_logits(const Entry& e, const Numbers& p, RowGradients& found,
                          const Numbers& losses, const Numbers& gradients) {
  if (e.name().find("focal") == std::string::npos || !e["options"].value("from_logits", false))
    return false;
  const size_t units = p.size() / kRows;
  bool any = false;
  for (size_t row = 0; row < kRows; ++row) {
    const auto begin = p.begin() + row * units;
    if (std::all_of(begin, begin + units, [](double z) { return std::abs(z) <= 7; })) continue;
    any = true;
    found.losses.at(row) = losses.at(row);
    std::copy_n(gradients.begin() + row * units, units, found.gradients.begin() + row * units);
  }
  EXPECT_TRUE(any);
  return any;
}

/// The loss of rows that count differently, in each way to bring them together.
void expect_weighted(const Entry& e, const Numbers& p, const Numbers& y) {
  const Numbers weights = numbers_of(keras_file("losses").at("sample_weight"));
  ASSERT_EQ(weights.size(), static_cast<size_t>(kRows));
  for (const auto& [reduction, expected] : e["weighted"].items()) {
    Sequential model = model_of(e, Backend::Interpreter, Rows::Weighted, reduction);
    ExactStep step(model);
    ASSERT_TRUE(step.has_weights());
    step.set(model.weight_names().at(0), p);
    const Numbers got = step.step("evaluate", exact_rows(), y, kRows, weights).at("loss");
    EXPECT_EQ(differences("weighted, " + reduction, got, {expected.get<double>()}, kExact), "");
  }
}

/// compute_loss: a number a row, and each way to bring them together.
void expect_computed(const Entry& e, const Numbers& p, const Numbers& y) {
  const Array targets = targets_of(e, y), predicted = rows_of(p, kRows);
  const Array weights = rows_of(numbers_of(keras_file("losses").at("sample_weight")), kRows);
  const auto computed = [&](const std::string& reduction,
                            const std::optional<ArrayView>& weight = std::nullopt) {
    const Array loss = compute_loss(loss_of(e, reduction), targets, predicted, weight);
    return Numbers(loss.data<float>().begin(), loss.data<float>().end());
  };
  const Json& rows = e["rows"];
  const Numbers losses = rows.is_array() ? numbers_of(rows) : Numbers{rows.get<double>()};
  EXPECT_EQ(differences("computed", computed("none"), losses, kCompiled), "");
  EXPECT_EQ(differences("computed mean", computed(""), {e["mean"].get<double>()}, kCompiled), "");
  if (e["whole_batch"]) return;
  Numbers weighed = losses;
  for (size_t i = 0; i < weighed.size(); ++i)
    weighed[i] *= static_cast<double>(weights.data<float>()[i]);
  EXPECT_EQ(differences("computed, weighed", computed("none", weights.view()), weighed, kCompiled),
            "");
  for (const auto& [reduction, expected] : e["weighted"].items())
    EXPECT_EQ(differences("computed, " + reduction, computed(reduction, weights.view()),
                          {expected.get<double>()}, kCompiled),
              "");
}

TEST_P(KerasLoss, Agrees) {
  const Entry& e = GetParam();
  if (const std::string why = not_built("losses", e); !why.empty()) SKIP_MISSING(e, why);
  const Json& data = keras_file("losses").at("data").at(e["data"].get<std::string>());
  const Numbers y = numbers_of(data.at("y")), p = numbers_of(data.at("p"));
  const Numbers gradient = numbers_of(e["gradient"]);
  try {
    model_of(e, Backend::Interpreter).module();
  } catch (const Error& error) {
    SKIP_MISSING(e, "not built yet: " + e.spec() + " (" + error.what() + ")");
  }
  EXPECT_FALSE(may_be_missing(e)) << "it is built: take it off not_built.txt";
  Sequential exact = model_of(e, Backend::Interpreter);
  const bool whole = e["whole_batch"];
  const Numbers rows = whole ? Numbers{e["mean"].get<double>()} : numbers_of(e["rows"]);
  {
    SCOPED_TRACE("in doubles");
    RowGradients found = whole ? whole_batch(exact, p, y) : exact_row_gradients(exact, p, y, kRows);
    const bool some_left_out = leave_out_far_logits(e, p, found, rows, gradient);
    EXPECT_EQ(differences("loss", found.losses, rows, kExact), "");
    EXPECT_EQ(differences("gradient", found.gradients, gradient, kExact), "");
    ExactStep step(exact);
    step.set(exact.weight_names().at(0), p);
    const Numbers mean = step.step("evaluate", exact_rows(), y, kRows).at("loss");
    if (!some_left_out) {
      EXPECT_EQ(differences("mean", mean, {e["mean"].get<double>()}, kExact), "");
    }
    if (!whole && !some_left_out) expect_weighted(e, p, y);
    if (!some_left_out) expect_computed(e, p, y);
  }
#ifdef LATHE_LLVM
  SCOPED_TRACE("compiled, in f32");
  Sequential compiled = model_of(e, Backend::Llvm);
  if (whole) {
    compiled.set_weights({rows_of(p, kRows)});
    const Logs logs = compiled.train_on_batch(identity(kRows), targets_of(e, y));
    const Array slots = compiled.impl().states().at(compiled.weight_names().at(0) + ".momentum");
    Numbers got;
    for (float v : slots.data<float>()) got.push_back(-v);
    EXPECT_EQ(differences("loss", {logs.loss()}, rows, kCompiled), "");
    EXPECT_EQ(differences("gradient", got, gradient, kCompiled), "");
    return;
  }
  RowGradients found = compiled_row_gradients(compiled, p, targets_of(e, y), kRows);
  leave_out_the_bound(e, found, rows, gradient);
  leave_out_far_logits(e, p, found, rows, gradient);
  EXPECT_EQ(differences("loss", found.losses, rows, kCompiled), "");
  EXPECT_EQ(differences("gradient", found.gradients, gradient, kCompiled), "");
#endif
}

INSTANTIATE_TEST_SUITE_P(Keras, KerasLoss, testing::ValuesIn(keras_entries("losses")),
                         [](const auto& i) { return test_name(i.index, i.param); });

}  // namespace
}  // namespace lathe::test
