// `lathe convert FROM TO`: between Lathe's files and Keras's.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/format/atomic_file.h"
#include "lathe/model_json.h"
#include "tools/cli/command.h"
#include "tools/cli/json_line.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

struct Options {
  std::string from, to;
  std::optional<std::string> weights;
  bool json = false, keras2 = false;
};

struct Format {
  std::string_view end, text;
  void (*write)(Model& model, const std::string& path, KerasForm form);
};

/// By the end of the name; the longer of two that fit stands first.
constexpr Format kFormats[] = {
    {".lathe", "a saved model", [](Model& m, const std::string& path, KerasForm) { m.save(path); }},
    {".json", "Keras's model JSON",
     [](Model& m, const std::string& path, KerasForm form) {
       write_file_atomically(path, m.to_json(form) + "\n");
     }},
    {".weights", "weights and all other states, as compiled models read and write them",
     [](Model& m, const std::string& path, KerasForm) { m.save_weights(path); }},
    {".weights.h5", "weights as of Keras 3",
     [](Model& m, const std::string& path, KerasForm) { m.save_weights(path); }},
    {".h5", "weights as of Keras 2",
     [](Model& m, const std::string& path, KerasForm) { m.save_weights(path); }},
};

const Format& format_of(const std::string& path) {
  std::string all;
  for (const Format& f : kFormats) {
    if (path.ends_with(f.end)) return f;
    all += fmt::format("{}{} ({})", all.empty() ? "" : ", ", f.end, f.text);
  }
  throw UsageError(fmt::format("TO is '{}', expected a name that ends in {}", path, all));
}

/// Keras's files that hold more, or less, than a model's layers.
void check_from(const std::string& path) {
  if (path.ends_with(".keras"))
    throw Error(path +
                ": Keras's .keras files are not read: give its to_json as NAME.json, and its "
                "save_weights by --weights");
  if (path.ends_with(".h5"))
    throw Error(path + ": is taken by --weights: give the model's to_json as NAME.json");
}

int run(const Options& options) {
  check_from(options.from);
  const Format& format = format_of(options.to);
  if (options.keras2 && format.end != ".json")
    throw UsageError("--keras2 is about NAME.json: the end of a file of weights says its form");
  Model model = options.from.ends_with(".json") ? model_from_json_file(options.from)
                                                : Model::load(options.from);
  if (!model.built() && format.end != ".json") {
    throw Error(options.from + ": does not say the shape of its input, which weights depend on");
  }
  if (options.weights) model.load_weights(*options.weights);
  format.write(model, options.to, options.keras2 ? KerasForm::Keras2 : KerasForm::Keras3);
  if (options.json) {
    nlohmann::ordered_json out;
    out["from"] = options.from;
    out["to"] = options.to;
    out["format"] = format.end;
    if (model.built()) out["parameters"] = model.parameter_count();
    if (model.built()) out["weights_sha256"] = model.weights_sha256();
    print_json_line(out);
    return kDone;
  }
  Terminal(false).print("{}: {}\n", options.to, format.text);
  return kDone;
}

}  // namespace

Run declare_convert(Args& args) {
  auto options = std::make_shared<Options>();
  args.position("FROM", options->from, true,
                "a saved model (model.lathe), or a model as JSON, Lathe's or Keras's (NAME.json)");
  args.position("TO", options->to, true,
                "NAME.lathe, NAME.json (as Keras 3), NAME.weights.h5 (weights, as Keras 3), "
                "NAME.h5 (weights, as Keras 2) or NAME.weights (all states, of compiled models)");
  args.text("--weights", options->weights, "FILE",
            "take the weights from this file: NAME.weights.h5 or NAME.h5 of Keras's, or "
            "NAME.weights of a "
            "compiled model");
  args.flag("--keras2", options->keras2, "write NAME.json in the form of Keras 2");
  args.flag("--json", options->json, "one JSON object on one line");
  args.example("lathe convert model.json model.lathe --weights model.weights.h5");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
