// Model::restart: a training anew, without another compilation.
#include <gtest/gtest.h>

#include "frontend/model/model_impl.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::backends;
using test::bunches;
using test::error_of;
using test::interpreter;

const test::Points kData = bunches(50);

Sequential compiled(uint64_t seed, const RunOptions& run) {
  Sequential m(
      {Input({2}), Dense(8, "tanh"), Dropout(0.3), BatchNormalization(), Dense(3, "softmax")});
  m.compile({.loss = "sparse_categorical_crossentropy",
             .optimizer = "adam(use_ema=true, learning_rate=exponential_decay(0.1, decay_steps=3, "
                          "decay_rate=0.5))",
             .metrics = {"accuracy"},
             .seed = seed,
             .run = run});
  return m;
}

std::string trained(Sequential& m, int64_t rows_of_it) {
  const History h = m.fit(rows(kData.x, 0, rows_of_it), rows(kData.y, 0, rows_of_it),
                          {.batch_size = 8, .epochs = 3});
  return m.weights_sha256() + std::to_string(h.last().logs.loss()) +
         std::to_string(m.learning_rate()) + std::to_string(m.epochs_trained());
}

TEST(Restart, IsAsAModelThatWasNeverTrained) {
  for (const RunOptions& run : backends()) {
    Sequential fresh = compiled(7, run), again = compiled(3, run);
    const std::string before = trained(again, 50);
    const detail::Engine* engine = again.impl().engine();
    again.restart(7);
    EXPECT_EQ(again.epochs_trained(), 0);
    EXPECT_TRUE(again.history().empty());
    EXPECT_EQ(again.compile_options().seed, 7u);
    EXPECT_EQ(trained(again, 41), trained(fresh, 41));
    again.restart(3);
    EXPECT_EQ(trained(again, 50), before);
    again.restart();
    EXPECT_EQ(trained(again, 50), before);
    EXPECT_EQ(again.impl().engine(), engine);  // what was compiled is still there
  }
}

TEST(Restart, BeginsSharedLayersAnewEverywhere) {
  const Dense shared(4, "tanh");
  Tensor in = Input({2});
  const Tensor code = shared(in);
  Model whole({in}, {Dense(3, "softmax")(code)}), part({in}, {code});
  whole.compile({.loss = "sparse_categorical_crossentropy", .seed = 4, .run = interpreter()});
  const Array first = part.predict(kData.x);
  whole.restart(4);
  const Array drawn = part.predict(kData.x);
  EXPECT_FALSE(first == drawn);
  whole.fit(kData.x, kData.y);
  whole.restart();
  EXPECT_TRUE(part.predict(kData.x) == drawn);
}

TEST(Restart, RefusesWhatMakesNoSense) {
  Sequential m({Dense(3)});
  EXPECT_EQ(error_of([&] { m.restart(); }), "the model is not compiled: call compile first");
  m.compile({.loss = "mse", .run = interpreter()});
  EXPECT_NE(error_of([&] { m.restart(); }).find("has no input shape yet"), std::string::npos);
  m.build({2});
  EXPECT_EQ(error_of([&] { m.restart((uint64_t{1} << 53) + 1); }),
            "the seed must be at most 2^53, not 9007199254740993");
  const auto inside = [](FitContext& f, const BatchResult&) { f.model.restart(); };
  EXPECT_EQ(error_of([&] {
              m.fit(kData.x, Array(DType::F32, {50, 3}),
                    {.callbacks = {LambdaCallback({.on_batch_end = inside})}});
            }),
            "restart can't be called while fit runs an epoch of the same model");
}

}  // namespace
}  // namespace lathe
