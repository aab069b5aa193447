// Gradients of whole models against central differences, in double precision, at the stages that
// change the arithmetic. With a learning rate of 1 a step of SGD is the gradient itself. The loss is
// that of the training step: BatchNormalization and Dropout have another one in evaluation.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "codegen/interp/interpreter.h"
#include "frontend/layers/layer_context.h"
#include "frontend/model/model_impl.h"
#include "frontend/train/losses.h"
#include "passes/pipeline.h"
#include "runtime/philox.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

constexpr int64_t kRows = 5;

/// Numbers in -1 … 1, the same every time.
std::vector<double> noise(size_t n, uint32_t stream) {
  std::vector<double> v(n);
  for (size_t i = 0; i < n; ++i) v[i] = 2.0 * runtime::uniform_at(7, stream, 0, i) - 1;
  return v;
}

class WholeModel {
 public:
  WholeModel(Model& model, passes::Stage stage) {
    ir::Module m = model.module();
    passes::Remarks remarks;
    passes::run_to_stage(m, stage, {.max_batch = 16}, remarks);
    states_ = model.weight_names();
    draws_ = m.find_state(detail::kDrawsState) != ir::kNone;
    interpreter_.emplace(m, interp::Options{.exact = true});
    const ir::Function& f = m.function("train_step");
    uint32_t stream = 100;
    for (ir::ValueId p : f.params) {
      const ir::Op& op = f.op(p);
      const int64_t n = op.type.bytes(kRows, kRows) / dtype_size(op.type.dtype);
      std::vector<double>& v = inputs_[op.name];
      v = noise(static_cast<size_t>(n), stream++);
      for (size_t i = 0; i < v.size(); ++i) {
        if (op.name == "index") v[i] = static_cast<double>((3 * i + 1) % kRows);
        if (op.name[0] == 'y') v[i] = is_float(op.type.dtype) ? std::abs(v[i]) : double(i % 3);
      }
    }
    for (const std::string& s : states_) {
      std::vector<double> v = noise(interpreter_->state_values(s).size(), stream++);
      if (s.find("moving_variance") != std::string::npos)
        for (double& x : v) x = std::abs(x);
      weights_.push_back(v);
      trained_.push_back(m.states[m.find_state(s)].attrs.flag("trainable"));
    }
    reset();
  }

  std::vector<std::vector<double>> gradients() {
    interpreter_->run_values("train_step", inputs_);
    std::vector<std::vector<double>> all;
    for (size_t w = 0; w < states_.size(); ++w) {
      all.push_back(weights_[w]);
      const std::vector<double>& after = interpreter_->state_values(states_[w]);
      for (size_t i = 0; i < after.size(); ++i) all[w][i] -= after[i];
    }
    reset();
    return all;
  }

  double loss() {
    const double loss = interpreter_->run_values("train_step", inputs_).at("loss").elements[0];
    reset();
    return loss;
  }

  /// The largest difference between `gradients` and central differences, over the largest gradient
  /// of the same weight, at least 1e-4.
  double worst(const std::vector<std::vector<double>>& gradients) {
    constexpr double kStep = 1e-5;
    double worst = 0, steepest = 0;
    for (size_t w = 0; w < states_.size(); ++w) {
      if (!trained_[w]) continue;
      double difference = 0, size = 1e-4;
      for (size_t i = 0; i < weights_[w].size(); ++i) {
        const double at = weights_[w][i];
        double side[2];
        for (int k = 0; k < 2; ++k) {
          weights_[w][i] = at + (k == 0 ? -kStep : kStep);
          reset();
          side[k] = loss();
        }
        weights_[w][i] = at;
        const double want = (side[1] - side[0]) / (2 * kStep);
        if (!std::isfinite(want) || !std::isfinite(gradients[w][i]))
          return std::numeric_limits<double>::infinity();
        difference = std::max(difference, std::abs(want - gradients[w][i]));
        size = std::max(size, std::abs(want));
      }
      steepest = std::max(steepest, size);
      worst = std::max(worst, difference / size);
    }
    EXPECT_GT(steepest, 1e-4);  // a model without a slope would show nothing
    reset();
    return worst;
  }

 private:
  void reset() {
    for (size_t w = 0; w < states_.size(); ++w)
      interpreter_->set_state_values(states_[w], weights_[w]);
    interpreter_->set_state_values("learning_rate", {1.0});
    // The same numbers are drawn again.
    if (draws_) interpreter_->set_state_values(detail::kDrawsState, {0});
  }

  std::vector<std::string> states_;
  std::vector<std::vector<double>> weights_;
  std::vector<bool> trained_;
  bool draws_ = false;
  std::optional<interp::Interpreter> interpreter_;
  interp::Interpreter::ValueInputs inputs_;
};

/// What does not agree with central differences to 1e-6 in a model that is compiled with SGD(1.0);
/// empty where all does.
std::string wrong_slopes(Model& model, const std::string& what) {
  std::string found;
  for (const passes::Stage stage :
       {passes::Stage::Updated, passes::Stage::Simplified, passes::Stage::Planned}) {
    WholeModel whole(model, stage);
    const double worst = whole.worst(whole.gradients());
    if (!(worst < 1e-6))
      found += what + ", stage " + std::string(passes::stage_name(stage)) + ": " +
               std::to_string(worst) + "\n";
  }
  return found;
}

std::string wrong(Model& model, const Loss& loss, bool weights = false) {
  model.compile({.loss = loss, .optimizer = SGD(1.0), .metrics = {"accuracy"}});
  if (weights) model.impl().form = {{DType::F32}, {DType::F32}, true};
  return wrong_slopes(model, loss.name + (loss.options.empty() ? "" : " with options"));
}

TEST(Gradients, OfDenseModels) {
  for (const char* activation : {"sigmoid", "tanh", "linear"}) {
    Sequential model({Input({4}), Rescaling(0.5, 0.1), Dense(6, activation), Dense(3, "softmax")});
    for (const char* loss : {"mse", "mae", "cce", "scce", "bce"}) EXPECT_EQ(wrong(model, loss), "");
  }
}

TEST(Gradients, FromLogits) {
  Sequential model({Input({4}), Dense(5, "relu"), Dense(3)});
  EXPECT_EQ(wrong(model, Loss("cce", {{"from_logits", true}})), "");
  EXPECT_EQ(wrong(model, Loss("scce", {{"from_logits", true}})), "");
  EXPECT_EQ(wrong(model, Loss("bce", {{"from_logits", true}})), "");
}

/// A value other than the default for an option, where there is one to try.
std::optional<Option> another(const OptionSpec& option) {
  if (option.type == "bool") return Option(true);
  if (option.name == "reduction" || option.name == "over") return Option("sum");
  if (option.type == "real") return Option(option.name == "gamma" ? 1.5 : 0.3);
  return std::nullopt;
}

TEST(Gradients, OfEveryLossWithEveryOption) {
  for (const detail::LossRow& row : detail::loss_table()) {
    const bool image = row.name == "image_total_variation";
    const std::string text = test::loss_text(row.name);
    std::vector<Loss> losses = {text};
    for (const OptionSpec& option : row.options)
      if (const auto value = another(option))
        losses.emplace_back(text, NamedOptions{{option.name, *value}});
    for (const Loss& loss : losses) {
      Sequential model({Input({4}), Dense(5, "tanh")});
      model.add(Dense(image ? 12 : 3, "sigmoid"));
      if (image) model.add(Reshape({3, -1, 2}));
      EXPECT_EQ(wrong(model, loss), "");
    }
  }
}

TEST(Gradients, OfOneOutput) {
  Sequential model({Input({4}), Dense(5, "tanh"), Dense(1, "sigmoid")});
  for (const char* loss : {"mse", "bce"}) EXPECT_EQ(wrong(model, loss), "");
}

TEST(Gradients, OfBranchesAndSharedLayers) {
  const Tensor x = Input({2, 2}), z = Input({3});
  const Dense shared(4, "tanh");
  const Tensor a = shared(Flatten()(x)), b = shared(a);
  const Tensor joined = concatenate({add({a, b}), Dense(2, "sigmoid")(z), z});
  Model model({x, z}, {Dense(3, "softmax")(joined)});
  for (const char* loss : {"mse", "cce"}) EXPECT_EQ(wrong(model, loss), "");
}

// The body gets the gradients of all, the first head also what the second one makes of it.
TEST(Gradients, OfSeveralOutputs) {
  const Tensor x = Input({4});
  const Tensor body = Dense(5, {.activation = "tanh", .kernel_regularizer = "l2(0.1)"})(x);
  const Tensor first = Dense(2, "tanh")(body);
  Model model({x}, {first, Dense(1, "sigmoid")(concatenate({body, first})),
                    Dense(3, "softmax")(body), Rescaling(2)(body)});
  for (const bool weights : {false, true}) {
    model.compile({.loss = {"mse", "bce", "scce", std::nullopt},
                   .optimizer = SGD(1.0),
                   .metrics = {{"mae"}, {"accuracy"}, {"accuracy"}, {}},
                   .loss_weights = {1, 0.5, 2, 1}});
    if (weights) model.impl().form = {{DType::F32}, {DType::F32, DType::F32, DType::I32}, true};
    EXPECT_EQ(wrong_slopes(model, weights ? "weighted" : "several"), "");
  }
}

TEST(Gradients, OfLayersThatNormaliseDropOrLearnASlope) {
  for (const Layer& layer : std::vector<Layer>{
           BatchNormalization(), BatchNormalization({.center = false, .trainable = false}),
           LayerNormalization(), RMSNormalization(), GroupNormalization({.groups = 2}),
           UnitNormalization(), PReLU(), Dropout(0.4), GaussianNoise(0.3), GaussianDropout(0.3),
           AlphaDropout(0.2), Identity(),
           Lambda([](Expr x) { return x * exp(x) + tanh(2 * x); })}) {
    SCOPED_TRACE(layer.type());
    Sequential model({Input({4}), Dense(6, "tanh"), layer, Dense(3, "softmax")});
    EXPECT_EQ(wrong(model, "cce"), "");
  }
}

TEST(Gradients, OfMerges) {
  for (const Layer& layer : std::vector<Layer>{Add(), Subtract(), Multiply(), Average(), Maximum(),
                                               Minimum(), Dot(), Dot(true), Concatenate(),
                                               Lambda([](Expr x, Expr y) { return x * sin(y); })}) {
    SCOPED_TRACE(layer.type());
    const Tensor x = Input({4});
    Model model({x}, {Dense(3, "tanh")(layer({Dense(5, "tanh")(x), Dense(5, "sigmoid")(x)}))});
    EXPECT_EQ(wrong(model, "mse"), "");
  }
}

TEST(Gradients, OfDenseAlongTheLastAxis) {
  Sequential model({Input({2, 3, 4}), Dense(6, "tanh"), Dense(4, "glu"), Dense(3, "softmax")});
  for (const char* loss : {"mse", "bce"}) EXPECT_EQ(wrong(model, loss), "");
  const Tensor x = Input({3, 4});
  const Dense shared(4, {.activation = "tanh", .kernel_regularizer = "l2(0.1)"});
  Model twice({x}, {Dense(2)(Flatten()(shared(shared(x))))});
  EXPECT_EQ(wrong(twice, "mse"), "");
}

TEST(Gradients, OfEmbeddingsAndPermutedRows) {
  const Tensor x = Input({4});
  const Tensor words = Embedding(7, 3)(Rescaling(3, 3.5)(x));  // 0 to 6
  const Tensor turned = Permute({2, 1})(words);
  Model model({x}, {Dense(3, "tanh")(Flatten()(Dot({2, 1})({turned, words})))});
  EXPECT_EQ(wrong(model, "mse"), "");
}

TEST(Gradients, OfRegularizersAndWeightsOfRows) {
  for (const char* regularizer : {"l1(0.1)", "l2(0.1)", "l1_l2(l1=0.1, l2=0.2)",
                                  "orthogonal_regularizer(factor=0.1, mode=columns)"}) {
    SCOPED_TRACE(regularizer);
    DenseOptions options{.activation = "tanh", .kernel_regularizer = regularizer};
    options.activity_regularizer = "l2(0.3)";
    if (std::string(regularizer) != "orthogonal_regularizer(factor=0.1, mode=columns)")
      options.bias_regularizer = regularizer;
    Sequential model({Input({4}), Dense(5, options), ActivityRegularization(0.1, 0.2), Dense(3)});
    for (bool weights : {false, true}) EXPECT_EQ(wrong(model, "mse", weights), "");
  }
  Sequential images({Input({4}), Dense(12, "tanh"), Reshape({2, 3, 2}),
                     ActivityRegularization("image_total_variation(0.1)"), Flatten(), Dense(3)});
  EXPECT_EQ(wrong(images, "mse"), "");
}

}  // namespace
}  // namespace lathe
