// A program outside the project that uses the installed library as README.md says.
#include <lathe/lathe.h>

#include <cstdio>
#include <vector>

int main() {
  using namespace lathe;
  // y = 1 where the first number is the larger one.
  std::vector<float> x;
  std::vector<int32_t> y;
  for (int i = 0; i < 64; ++i) {
    const float a = static_cast<float>(i % 8), b = static_cast<float>(i / 8) + 0.5f;
    x.insert(x.end(), {a, b});
    y.push_back(a > b);
  }
  const Array rows = Array::from(x, {64, 2}), labels = Array::from(y, {64});
  Sequential model(
      {Input({2}), Lambda([](Expr v) { return 0.5 * v; }), Dense(8, "relu"), Dense(2, "softmax")});
  model.compile({.loss = Loss("entropy", [](Expr t, Expr p) { return -t * log(max(p, 1e-7)); },
                              {{"over", "sum"}}),
                 .optimizer = SGD(0.1, 0.9),
                 .metrics = {"accuracy"}});
  model.fit(rows, labels, {.batch_size = 16, .epochs = 40});
  const double accuracy = model.evaluate(rows, labels)["accuracy"];
  std::printf("accuracy %.3f\n", accuracy);
  return accuracy > 0.9 ? 0 : 1;
}
