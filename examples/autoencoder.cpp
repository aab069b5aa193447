// An autoencoder: the targets are the inputs, and what lies between is a short code of them.
#include <lathe/lathe.h>

#include <iostream>

namespace {

/// The first `count` images, pixels as 0 to 1.
lathe::Array pixels(const lathe::Array& images, int64_t count) {
  lathe::Array scaled(lathe::DType::F32, {count, 784});
  for (int64_t i = 0; i < scaled.elements(); ++i)
    scaled.data<float>()[i] = static_cast<float>(images.data<uint8_t>()[i]) / 255;
  return scaled;
}

}  // namespace

int main() {
  using namespace lathe;
  const Dataset mnist = load_mnist();
  const Array x = pixels(mnist.train.x, 10000), test = pixels(mnist.test.x, 1000);

  Tensor image = Input({784}), code_in = Input({32});
  Tensor code = Dense(32, "relu")(Dense(128, "relu")(image));
  Dense widen(128, "relu"), draw(784, "sigmoid");
  Model autoencoder({image}, {draw(widen(code))}, "autoencoder");
  Model encoder({image}, {code}, "encoder");
  Model decoder({code_in}, {draw(widen(code_in))}, "decoder");

  autoencoder.compile({.loss = "binary_crossentropy", .optimizer = "adam", .metrics = {"mse"}});
  autoencoder.fit(x, x, {.batch_size = 128, .epochs = 10, .log = &std::cout});
  std::cout << "test: " << autoencoder.evaluate(test, test).to_string() << '\n';

  // Its halves are models of their own, made of the same layers: they have learned with it.
  const Array codes = encoder.predict(test), again = decoder.predict(codes);
  for (int64_t y = 0; y < 28; ++y) {
    for (const Array* shown : {&test, &again}) {
      for (int64_t x = 0; x < 28; ++x)
        std::cout << " .:oO@"[static_cast<int>(shown->data<float>()[28 * y + x] * 5.99f)];
    }
    std::cout << '\n';
  }
  std::cout << "784 pixels as a code of " << codes.shape()[1] << " numbers, and back\n";
}
