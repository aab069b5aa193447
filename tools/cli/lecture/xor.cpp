// `lathe train xor`: a small net learns what no single neuron can.
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/cli/lecture/gates.h"
#include "tools/cli/lecture/lecture.h"

namespace lathe::cli {
namespace {

struct Options : NetOptions {
  Options() {
    task = "xor";
    out = "run/xor";
    hidden = "4";
    activation = "tanh";
    optimizer = "adam";
    lr = 0.05;
    batch = 4;
    epochs = 500;
  }
};

int run(Options& options, const Args& args) {
  options.check(args);
  const Gate& gate = find_gate("xor");
  Terminal terminal(options.json);
  Sequential model(dense_layers(options.units(), options.activation, "sigmoid"), "xor");
  model.build({2});
  model.compile(options.compile_options("binary_crossentropy", {"accuracy"}));
  SmallTraining training(options, args.given("--out"), std::nullopt, terminal);
  nlohmann::ordered_json more = {{"learned", nullptr}, {"table", nullptr}};
  if (training.train(model, gate.data())) {
    const TruthTable table(gate, model);
    terminal.print("\n");
    table.print(terminal);
    if (table.learned()) {
      terminal.print("xor is learned, in {} epochs\n", model.epochs_trained());
    } else if (options.units().empty()) {
      terminal.print(
          "xor is not learned: without a hidden layer the model divides its inputs by "
          "a line,\nand no line has 01 and 10 on one side, 00 and 11 on the other\n");
    } else {
      const std::string still = standstill(model);
      terminal.print(
          "xor is not learned: {}\n",
          still.empty() ? "more epochs, more hidden units or another --seed may help" : still);
    }
    training.draw(model, std::nullopt);
    more["learned"] = table.learned();
    more["table"] = table.json();
  }
  return training.finish(model, gate.name, more);
}

}  // namespace

Run declare_xor(Args& args) {
  auto options = std::make_shared<Options>();
  options->declare_net(args);
  options->declare_training(args, "loss and accuracy");
  args.example(
      "lathe train xor --hidden 2 --seed 3\n"
      "With --hidden \"\" there is no hidden layer, and XOR can't be learned. The exit code is 0\n"
      "whether it was learned or not.");
  return [options, &args] { return run(*options, args); };
}

}  // namespace lathe::cli
