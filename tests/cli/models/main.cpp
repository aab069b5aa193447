// Writes models that `lathe train` does not make, for the tests of commands that read them:
// number.lathe, which gives 2 a - b + 1 of rows a, b, and scalar.lathe, whose output has no axis but
// the batch; logits_bce.lathe and logits_cce.lathe, which give out their rows of three as logits;
// outputs.lathe, which has the outputs price, rises, and idle, which is not trained.
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
  for (const char* loss : {"bce", "cce"}) {
    Sequential logits({Input({3}), Activation("linear")});
    logits.compile({.loss = std::string(loss) + "(from_logits=true)"});
    logits.save(folder / (std::string("logits_") + loss + ".lathe"));
  }
  const Tensor x = Input({2});
  Model outputs(
      {x}, {Dense(1, {.name = "price"})(x), Dense(1, {.activation = "sigmoid", .name = "rises"})(x),
            Dense(1, {.name = "idle"})(x)});
  outputs.compile({.loss = {"mse", "bce", std::nullopt},
                   .metrics = {{"mae"}, {"accuracy", "auc"}, {}},
                   .loss_weights = {1, 0.5, 1}});
  outputs.save(folder / "outputs.lathe");
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "lathe_test_models: %s\n", e.what());
  return 1;
}
