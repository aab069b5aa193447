// `lathe train perceptron`: one neuron with a step learns what a line divides, and nothing else.
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/cli/lecture/gates.h"
#include "tools/cli/lecture/lecture.h"
#include "tools/plot/ticks.h"

namespace lathe::cli {
namespace {

struct Options : LectureOptions {
  std::string gate = "and";

  // With a row a step, mse and the gradient 1 of step_ste, this rate makes the perceptron's rule of
  // it: w += (truth - output) x.
  Options() {
    task = "perceptron";
    out = "run/perceptron";
    optimizer = "sgd";
    lr = 0.5;
    batch = 1;
    epochs = 100;
  }
};

/// Ends the training after the epoch that leaves all rows right. An epoch without a mistake would not
/// do: the velocity of momentum moves the weights on, and away.
class UntilLearned : public Callback {
 public:
  explicit UntilLearned(const Gate& gate) : gate_(gate) {}
  void on_epoch_end(FitContext& fit, EpochResult&) override {
    fit.stop_training = TruthTable(gate_, fit.model).learned();
  }

 private:
  const Gate& gate_;
};

struct Neuron {
  double w1 = 0, w2 = 0, b = 0;

  explicit Neuron(Model& model) {
    const std::vector<Array> weights = model.get_weights();
    w1 = weights[0].data<float>()[0];
    w2 = weights[0].data<float>()[1];
    b = weights[1].data<float>()[0];
  }

  std::string line() const {
    const auto term = [](double factor, const char* of) {
      return fmt::format(" {} {}{}", factor < 0 ? '-' : '+', plot::short_number(std::fabs(factor)),
                         of);
    };
    return plot::short_number(w1) + " x1" + term(w2, " x2") + term(b, "") + " = 0";
  }
};

void print_why_not(const Gate& gate, Terminal& terminal) {
  terminal.print(
      "{} is not learned, and can't be: it is not linearly separable. No line has the inputs that "
      "give 1\non one side and the others on the other side: (w1 + b) + (w2 + b) is the same as "
      "(w1 + w2 + b) + b, so the\nsums of one pair can't both be 0 or more while those of the "
      "other are both below.\nA hidden layer can do it: lathe train xor\n",
      gate.name);
}

/// The four inputs and the line, as far as it runs between them.
plot::Figure figure_of(const Gate& gate, const Neuron& neuron) {
  constexpr double low = -0.5, high = 1.5;
  plot::Panel panel{"",
                    {"x1", plot::Scale::Linear, {0, 1}, {low, high}},
                    {"x2", plot::Scale::Linear, {0, 1}, {low, high}},
                    {}};
  for (const int output : {0, 1}) {
    plot::Series points{fmt::format("{} gives {}", gate.name, output),
                        {},
                        {},
                        plot::curve_ink(static_cast<size_t>(output)),
                        plot::Mark::Dots,
                        6};
    for (size_t row = 0; row < 4; ++row) {
      if (gate.outputs[row] != output) continue;
      points.x.push_back(static_cast<double>(row / 2));
      points.y.push_back(static_cast<double>(row % 2));
    }
    panel.series.push_back(std::move(points));
  }
  plot::Series line{neuron.line(), {}, {}, plot::curve_ink(2), plot::Mark::Line};
  for (int i = 0; i <= 400; ++i) {
    const double along = low + (high - low) * i / 400;
    const bool steep = std::fabs(neuron.w1) > std::fabs(neuron.w2);
    const double across = steep ? -(neuron.w2 * along + neuron.b) / neuron.w1
                                : -(neuron.w1 * along + neuron.b) / neuron.w2;
    if (!(across >= low && across <= high)) continue;
    line.x.push_back(steep ? across : along);
    line.y.push_back(steep ? along : across);
  }
  panel.series.push_back(std::move(line));
  return {fmt::format("a perceptron at {}", gate.name), {std::move(panel)}};
}

int run(Options& options, const Args& args) {
  options.check(args);
  const Gate& gate = find_gate(options.gate);
  Terminal terminal(options.json);
  Sequential model(dense_layers({}, "", "step_ste"), "perceptron");
  model.build({2});
  model.compile(options.compile_options("mse", {"accuracy"}));
  SmallTraining training(options, args.given("--out"), RunPicture::Perceptron, terminal);
  nlohmann::ordered_json more = {{"gate", gate.name},  {"linearly_separable", gate.separable()},
                                 {"learned", nullptr}, {"weights", nullptr},
                                 {"bias", nullptr},    {"table", nullptr}};
  if (training.train(model, gate.data(), {UntilLearned(gate)})) {
    const Neuron neuron(model);
    const TruthTable table(gate, model);
    table.print(terminal);
    terminal.print("weights {}, {}, bias {}\nline    {}\n", plot::short_number(neuron.w1),
                   plot::short_number(neuron.w2), plot::short_number(neuron.b), neuron.line());
    if (table.learned()) {
      terminal.print("{} is learned, in {} epochs\n", gate.name, model.epochs_trained());
    } else if (!gate.separable()) {
      print_why_not(gate, terminal);
    } else {
      const std::string still = standstill(model);
      terminal.print("{} is not learned, but can be: {}\n", gate.name,
                     still.empty() ? "more epochs or another --lr may help" : still);
    }
    training.draw(model, figure_of(gate, neuron));
    more["learned"] = table.learned();
    more["weights"] = {neuron.w1, neuron.w2};
    more["bias"] = neuron.b;
    more["table"] = table.json();
  }
  return training.finish(model, gate.name, more);
}

}  // namespace

Run declare_perceptron(Args& args) {
  auto options = std::make_shared<Options>();
  args.choice("--gate", options->gate, gate_names(), "what to learn (default: and)");
  options->declare_training(args, "the four inputs with the line, and loss and accuracy,");
  args.example(
      "lathe train perceptron --gate xor\n"
      "XOR is not linearly separable, so it is not learned: the exit code is 0 all the same.");
  return [options, &args] { return run(*options, args); };
}

}  // namespace lathe::cli
