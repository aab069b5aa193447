// `lathe predict MODEL FILE...`: class and probabilities of pictures, IDX images, and rows of
// numbers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/base/grouped.h"
#include "lathe/model.h"
#include "lathe/price_model.h"
#include "tools/cli/command.h"
#include "tools/cli/etf/predict_prices.h"
#include "tools/cli/image_tasks.h"
#include "tools/cli/json_line.h"
#include "tools/cli/probabilities.h"
#include "tools/cli/rows_input.h"
#include "tools/cli/run_options.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

struct Options {
  std::string model;
  std::vector<std::string> files;
  RunArgs run;
  PricePrediction prices;
  bool json = false;
};

struct Prediction {
  std::string input;
  int64_t row = 0, rows = 1;  ///< of the input
  std::vector<float> values;
  std::optional<double> truth;  ///< where the input says it: a class, or a number

  size_t best() const {
    return static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin());
  }
};

std::string text_line(const Model& model, const Prediction& p) {
  std::string line = p.input;
  if (p.rows > 1) line += fmt::format(":{}", p.row + 1);
  if (p.values.size() == 1) {
    line += fmt::format("  {:.6g}", p.values[0]);
    if (p.truth) line += fmt::format("  is {:.6g}", *p.truth);
    return line + "\n";
  }
  const size_t best = p.best();
  line += fmt::format("  {}  {:.4f}  ", class_name(model, best), p.values[best]);
  for (size_t i = 0; i < p.values.size(); ++i) {
    line += fmt::format(" {}:{:.4f}", class_name(model, i), p.values[i]);
  }
  if (p.truth) {
    const auto truth = static_cast<size_t>(*p.truth);
    line += fmt::format("  {} {}", truth == best ? "is" : "but is", class_name(model, truth));
  }
  return line + "\n";
}

nlohmann::ordered_json json_entry(const Model& model, const Prediction& p) {
  nlohmann::ordered_json out;
  out["input"] = p.input;
  out["row"] = p.row;
  if (p.values.size() > 1) {
    const size_t best = p.best();
    out["class"] = best;
    out["name"] = class_name(model, best);
    out["probability"] = p.values[best];
    out["probabilities"] = p.values;
    if (p.truth) out["truth"] = static_cast<int64_t>(*p.truth);
  } else {
    out["value"] = p.values[0];
    if (p.truth) out["truth"] = *p.truth;
  }
  return out;
}

/// FILE..., which a model of prices may be given as --csv too.
int run_prices(Model& model, const Options& options) {
  PricePrediction what = options.prices;
  what.files.insert(what.files.begin(), options.files.begin(), options.files.end());
  what.json = options.json;
  Terminal terminal(options.json);
  return predict_prices(model, options.model, what, terminal);
}

int run(const Options& options, const Args& args) {
  if (options.files.empty() && options.prices.files.empty()) {
    throw UsageError(
        fmt::format("an argument is missing: FILE, what to predict\nusage: {}", args.usage()));
  }
  if (options.prices.data) require_folder("--data", *options.prices.data);
  Model model = Model::load(options.model, options.run.options());
  if (forecasts_prices(model)) return run_prices(model, options);
  for (const char* option : {"--csv", "--all", "--data"}) {
    if (args.given(option)) {
      throw UsageError(
          fmt::format("{} is for models of prices, which {} is not", option, options.model));
    }
  }
  const int64_t columns = runtime::element_count(only_input(model));
  Terminal terminal(options.json);
  nlohmann::ordered_json out;
  out["model"] = options.model;
  out["predictions"] = nlohmann::ordered_json::array();
  int64_t labelled = 0, right = 0;
  for (const std::string& file : options.files) {
    const std::string name = file == "-" ? "stdin" : file;
    const InputRows input = read_input_rows(file, name, columns);
    const Array& rows = input.x;
    const Array result = as_probabilities(model, model.predict(as_input(model, rows)));
    const auto values = result.data<float>();
    const int64_t n = rows.shape()[0];
    const size_t width = values.size() / static_cast<size_t>(n);
    std::string lines;  // written when all of the file is known to be good
    for (int64_t i = 0; i < n; ++i) {
      const auto part = values.subspan(static_cast<size_t>(i) * width, width);
      Prediction p{name, i, n, {part.begin(), part.end()}, std::nullopt};
      if (!input.labels.empty() && width > 1) {
        const int32_t truth = class_label(input, i, static_cast<int64_t>(width), name);
        p.truth = truth;
        labelled += 1;
        right += static_cast<size_t>(truth) == p.best();
      } else if (!input.labels.empty()) {
        p.truth = input.labels[static_cast<size_t>(i)];
      }
      if (options.json) {
        out["predictions"].push_back(json_entry(model, p));
      } else {
        lines += text_line(model, p);
      }
    }
    terminal.write(lines);
  }
  const double accuracy =
      labelled > 0 ? static_cast<double>(right) / static_cast<double>(labelled) : 0;
  if (labelled > 0 && options.json) out["accuracy"] = accuracy;
  if (labelled > 0 && !options.json) {
    terminal.print("accuracy {:.2f} %: {} of {} rows\n", 100 * accuracy, grouped(right),
                   grouped(labelled));
  }
  if (options.json) print_json_line(out);
  return kDone;
}

}  // namespace

Run declare_predict(Args& args) {
  auto options = std::make_shared<Options>();
  args.position("MODEL", options->model, true, "a saved model (model.lathe)");
  args.positions(
      "FILE", options->files, false,
      "PNG or PGM pictures of one digit, IDX images (plain or gzip), .npy arrays, rows "
      "of numbers as CSV; - is standard input; of a model of prices CSV files of prices");
  options->run.declare(args);
  args.texts("--csv", options->prices.files, "FILE",
             "of a model of prices: a CSV file, a folder or a ticker, once for each");
  args.text("--data", options->prices.data, "DIR", "where tickers are looked for");
  args.flag("--all", options->prices.all,
            "of a model of prices: every day's forecast, as CSV, not the last one's alone");
  args.flag("--json", options->json, "one JSON object on one line");
  args.example(
      "lathe predict run/model.lathe digit.png\n"
      "lathe predict run/etf/model.lathe --csv SPY.csv\n"
      "Of a model of prices a line a forecast, of the next trading day, the next one and so on;\n"
      "otherwise a line an input: name, class, probability, that of each class. Pixels are\n"
      "0 to 255 in all forms: the model itself scales them as it was trained. A CSV header that\n"
      "names a column label makes that column the truth: what is right is counted.");
  return [options, &args] { return run(*options, args); };
}

}  // namespace lathe::cli
