// Two branches that join, on numbers made up here.
#include <lathe/lathe.h>

#include <iostream>

int main() {
  using namespace lathe;
  Array x(DType::F32, {600, 2}), y(DType::I32, {600});
  for (int64_t i = 0; i < 600; ++i) {  // is the point above or below the parabola?
    const float a = static_cast<float>(i % 25) / 12 - 1, b = static_cast<float>(i / 25) / 12 - 1;
    x.data<float>()[2 * i] = a;
    x.data<float>()[2 * i + 1] = b;
    y.data<int32_t>()[i] = b > a * a - 0.5f;
  }

  Tensor in = Input({2});
  Tensor wide = Dense(32, "relu")(in), deep = Dense(8, "tanh")(Dense(8, "tanh")(in));
  Model model({in}, {Dense(2, "softmax")(concatenate({wide, deep}))});
  model.compile({.loss = "sparse_categorical_crossentropy",
                 .optimizer = "adam(learning_rate=0.01)",
                 .metrics = {"accuracy"}});
  model.fit(x, y, {.batch_size = 50, .epochs = 40});
  std::cout << model.evaluate(x, y).to_string() << '\n';
}
