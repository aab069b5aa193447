#include "tools/cli/net_options.h"

#include "frontend/layers/activations.h"

namespace lathe::cli {

void LectureOptions::declare_training(Args& args, const std::string& plotted) {
  const auto by_default = [](const auto& value) { return fmt::format("(default: {})", value); };
  args.text("--optimizer", optimizer, "NAME",
            "lathe list optimizers; with options: \"adam(beta_1=0.95)\" " + by_default(optimizer));
  args.real("--lr", lr, 0, 1e6,
            fmt::format("learning rate (default: {}; with --optimizer that one's own)", *lr));
  args.real("--momentum", momentum, 0, 1,
            "of sgd, rmsprop or muon (default: that one's own, 0 of sgd)");
  args.flag("--nesterov", nesterov, "Nesterov's form of momentum");
  args.whole("--batch", batch, 1, 1'000'000, "rows a step " + by_default(batch));
  args.whole("--epochs", epochs, 1, 1'000'000, "passes over the data " + by_default(epochs));
  args.whole("--seed", seed, 0, int64_t{1} << 53,
             "of all that is random: weights, shuffles, data (default: 0)");
  run.threads = 1;  // more would only wait for each other
  run.declare(args, "1");
  args.text("--out", out, "DIR", "gets model.lathe and history.csv " + by_default(out));
  args.flag("--plot", plot, fmt::format("draw {} into DIR, as SVG and PNG", plotted));
  args.flag("--json", json, "one JSON object as the last line of standard output");
}

void LectureOptions::check(const Args& args) {
  if (args.given("--optimizer") && !args.given("--lr")) lr.reset();
  require_folder_name("--out", out);
  chosen_optimizer();
  run.options();
}

CompileOptions LectureOptions::compile_options(const std::string& loss,
                                               const std::vector<std::string>& metrics) const {
  CompileOptions compile;
  compile.loss = Loss(loss);
  compile.optimizer = chosen_optimizer();
  compile.metrics = metrics;
  compile.seed = static_cast<uint64_t>(seed);
  compile.run = run.options();
  return compile;
}

void NetOptions::declare_net(Args& args) {
  args.text("--hidden", hidden, "A,B",
            fmt::format("units of the hidden layers; \"\": none (default: {})", hidden));
  args.text("--activation", activation, "NAME",
            fmt::format("of the hidden layers (default: {})", activation));
}

void NetOptions::check(const Args& args) {
  LectureOptions::check(args);
  units();
  check_value("--activation", [&] { detail::check_activation(activation); });
}

std::vector<Layer> dense_layers(const std::vector<int64_t>& hidden, const std::string& activation,
                                const std::string& last_activation) {
  std::vector<Layer> layers;
  for (const int64_t units : hidden) layers.push_back(Dense(units, activation));
  layers.push_back(Dense(1, last_activation));
  return layers;
}

}  // namespace lathe::cli
