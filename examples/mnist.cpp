// Trains a network on MNIST (or on drawn digits, where it is not found) and uses it.
#include <lathe/lathe.h>

#include <iostream>

int main() {
  using namespace lathe;
  const Dataset mnist = load_mnist();
  std::cout << "digits from " << mnist.source << '\n';

  Sequential model({
      Input({784}),
      Rescaling(1.0 / 255),
      Dense(300, "relu"),
      Dense(100, "relu"),
      Dense(10, "softmax"),
  });
  model.compile({.loss = "sparse_categorical_crossentropy",
                 .optimizer = SGD(0.05, 0.9),
                 .metrics = {"accuracy"}});
  std::cout << model.summary();

  model.fit(mnist.train.x, mnist.train.y, {.batch_size = 64, .epochs = 3, .log = &std::cout});
  std::cout << "test: " << model.evaluate(mnist.test.x, mnist.test.y).to_string() << '\n';

  model.save("mnist.lathe");
  for (int64_t digit : Model::load("mnist.lathe").predict_classes(rows(mnist.test.x, 0, 10)))
    std::cout << digit << ' ';
  std::cout << '\n';
}
