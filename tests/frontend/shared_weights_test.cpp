// Models over the same layers.
#include "lathe/shared_weights.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ir/error.h"

namespace lathe {
namespace {

Array rows_of(int64_t n, int64_t columns) {
  Array x(DType::F32, {n, columns});
  for (int64_t i = 0; i < x.elements(); ++i)
    x.data<float>()[static_cast<size_t>(i)] = static_cast<float>(i % 7) / 7;
  return x;
}

std::vector<float> numbers(const Array& array) {
  return {array.data<float>().begin(), array.data<float>().end()};
}

TEST(SharedWeights, EncoderAndDecoderAreTheHalvesOfAnAutoencoder) {
  const Tensor in = Input({6}), code_in = Input({2});
  const Tensor code = Dense(2, "tanh")(in);
  const Dense decode(6, "sigmoid");
  Model autoencoder({in}, {decode(code)}, "autoencoder");
  Model encoder({in}, {code}, "encoder"), decoder({code_in}, {decode(code_in)}, "decoder");
  autoencoder.compile({.loss = "mse", .optimizer = "adam", .run = {.threads = 1}});
  const Array x = rows_of(20, 6);
  for (int round = 0; round < 2; ++round) {  // a second time, after more training
    autoencoder.fit(x, x, {.epochs = 2});
    EXPECT_EQ(copy_shared_weights(autoencoder, encoder), 2);
    EXPECT_EQ(copy_shared_weights(autoencoder, decoder), 2);
    EXPECT_EQ(numbers(decoder.predict(encoder.predict(x))), numbers(autoencoder.predict(x)));
  }
}

TEST(SharedWeights, OtherWeightsStay) {
  const Tensor in = Input({3});
  const Tensor shared = Dense(4)(in);
  Model one({in}, {shared}, "one"), two({in}, {Dense(2)(shared)}, "two");
  std::vector<Array> weights = one.get_weights();
  weights[0].fill(0.25f);
  one.set_weights(weights);
  const std::vector<Array> before = two.get_weights();
  EXPECT_EQ(copy_shared_weights(one, two), 2);
  const std::vector<Array> after = two.get_weights();
  EXPECT_EQ(numbers(after[0]), std::vector<float>(12, 0.25f));
  EXPECT_EQ(numbers(after[2]), numbers(before[2]));
}

TEST(SharedWeights, ErrorsChangeNothing) {
  const Tensor in = Input({3}), wide = Input({5});
  const Dense shared(4);
  Model one({in}, {shared(in)}, "one"), other({in}, {Dense(4)(in)}, "other"),
      wider({wide}, {shared(wide)}, "wider");
  Sequential unbuilt({shared});
  const auto message = [](Model& from, Model& to) -> std::string {
    try {
      copy_shared_weights(from, to);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const std::vector<float> before = numbers(wider.get_weights()[0]);
  EXPECT_EQ(message(one, other), "models one and other have no layer with weights in common");
  EXPECT_EQ(message(one, wider),
            "weight dense_kernel is [5,4], but [3,4] in the model it is copied from");
  EXPECT_NE(message(unbuilt, one).find("no input shape"), std::string::npos);
  EXPECT_NE(message(one, unbuilt).find("no input shape"), std::string::npos);
  EXPECT_EQ(numbers(wider.get_weights()[0]), before);
}

}  // namespace
}  // namespace lathe
