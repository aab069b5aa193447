// Writes models that `lathe train` does not make, for the tests of commands that read them:
// number.lathe, which gives 2 a - b + 1 of rows a, b, and scalar.lathe, whose output has no axis but
// the batch.
#include <cstdio>
#include <exception>
#include <filesystem>

#include "lathe/lathe.h"

int main(int argc, char** argv) try {
  if (argc != 2) return std::fputs("usage: lathe_test_models FOLDER\n", stderr), 2;
  const std::filesystem::path folder = argv[1];
  using namespace lathe;
  Sequential number({Input({2}), Dense(1)});
  number.compile({.loss = "mse", .metrics = {"mae"}});
  number.set_weights({Array::from<float>({2, -1}, {2, 1}), Array::from<float>({1}, {1})});
  number.save(folder / "number.lathe");
  Sequential scalar({Input({1}), Rescaling(2, 1), Reshape({})});
  scalar.compile({.loss = "mse", .metrics = {"mae"}});
  scalar.save(folder / "scalar.lathe");
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "lathe_test_models: %s\n", e.what());
  return 1;
}
