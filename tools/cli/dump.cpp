// `lathe dump MODEL --stage=STAGE`: a saved model at any stage, from the built graph to the object
// file.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "frontend/format/atomic_file.h"
#include "ir/printer.h"
#include "ir/proto.h"
#include "lathe/model.h"
#include "passes/pipeline.h"
#include "tools/cli/command.h"
#include "tools/cli/cpu_name.h"
#include "tools/cli/ir_json.h"
#include "tools/cli/json_line.h"
#include "tools/cli/log.h"
#include "tools/cli/stages.h"
#include "tools/cli/terminal.h"
#ifdef LATHE_LLVM
#include "codegen/compile.h"
#endif

namespace lathe::cli {
namespace {

struct Options {
  std::string model, stage = "built", format = "text";
  std::string cpu = "native", target;
  std::optional<std::string> only, output;
  int64_t max_batch = 256;
  bool json = false;
};

/// Leaves one function. Error that lists the names for another.
void keep_function(ir::Module& module, const std::string& name) {
  module.function(name);
  std::erase_if(module.functions, [&](const ir::Function& f) { return f.name != name; });
}

std::string ir_text(const ir::Module& module, const std::string& format) {
  if (format == "proto") return ir::write_model({module, {}, {}});
  if (format == "json") return module_json(module);
  if (format == "dot") return module_dot(module);
  return ir::print(module);
}

#ifdef LATHE_LLVM
codegen::LlvmOptions llvm_options(const Options& options) {
  codegen::LlvmOptions llvm;
  // What native means for another machine is code for any of its CPUs.
  llvm.cpu = known_cpu(options.cpu, options.target);
  llvm.target = options.target;
  return llvm;
}

std::string code_text(const ir::Module& module, const Stage& stage, const Options& options) {
  return codegen::llvm_stage_text(module, llvm_options(options), *stage.code);
}
#else
std::string code_text(const ir::Module&, const Stage&, const Options&) {
  throw Error("this build has no LLVM, so there is no stage after planned");
}
#endif

passes::PassOptions pass_options(const Options& options) {
  passes::PassOptions pass;
  pass.max_batch = options.max_batch;
#ifdef LATHE_LLVM
  const codegen::CpuShape shape = codegen::cpu_shape(llvm_options(options));
  pass.target = {shape.vector_lanes};
#endif
  return pass;
}

void write_result(const Options& options, const std::string& bytes, bool binary) {
  nlohmann::ordered_json out;
  out["stage"] = options.stage;
  if (options.output && *options.output != "-") {
    write_file_atomically(*options.output, bytes);
    out["output"] = *options.output;
    if (options.json) print_json_line(out);
    return;
  }
  if (options.json) {
    out["text"] = bytes;
    return print_json_line(out);
  }
  if (binary && isatty(STDOUT_FILENO)) {
    throw UsageError("bytes are not for a terminal: give --output FILE");
  }
  write_stdout(bytes);
}

int run(const Options& options) {
  const Stage& stage = find_stage(options.stage);
  if (!stage.ir && options.format != "text") {
    throw UsageError(
        fmt::format("stage {} has no form {}, expected --format text", stage.name, options.format));
  }
  const bool binary = stage.name == "object" || options.format == "proto";
  if (binary && options.json && options.output.value_or("-") == "-") {
    throw UsageError("bytes are no JSON: give --output FILE with --json");
  }
  Model model = Model::load(options.model);
  ir::Module module = model.module();
  const passes::Stage to = stage.ir.value_or(passes::Stage::Planned);
  if (to != passes::Stage::Built && options.only != "init") {
    // What draws the first weights runs once, on the interpreter, and is never compiled.
    std::erase_if(module.functions, [](const ir::Function& f) { return f.name == "init"; });
  }
  passes::Remarks remarks;
  passes::PipelineHooks hooks;
  hooks.timed = [](const passes::PassInfo& pass, double seconds) {
    log(fmt::format("pass {}: {}", pass.name, duration(seconds)));
  };
  passes::run_to_stage(module, to, pass_options(options), remarks, hooks);
  if (options.only) keep_function(module, *options.only);
  const std::string bytes =
      stage.ir ? ir_text(module, options.format) : code_text(module, stage, options);
  write_result(options, bytes, binary);
  return kDone;
}

std::vector<std::string> stage_names() {
  std::vector<std::string> names;
  for (const Stage& stage : all_stages()) names.push_back(stage.name);
  return names;
}

}  // namespace

Run declare_dump(Args& args) {
  auto options = std::make_shared<Options>();
  args.position("MODEL", options->model, true, "a saved model (model.lathe)");
  args.choice("--stage", options->stage, stage_names(), "how far on the way (default: built)");
  args.choice("--format", options->format, {"text", "proto", "json", "dot"},
              "of a stage of the IR (default: text)");
  args.text("--only", options->only, "FUNCTION", "leave all other functions out");
  args.whole("--max-batch", options->max_batch, 1, 1'000'000,
             "largest batch that memory is planned for (default: 256)");
  args.text("--cpu", options->cpu, "NAME",
            "LLVM's name of a CPU (default: native, this one, or with --target any)");
  args.text("--target", options->target, "TRIPLE",
            "another machine, such as aarch64-linux-gnu (default: this one)");
  args.text("--output", options->output, "FILE", "write here (default, or -: standard output)");
  args.flag("--json", options->json, "one JSON object on one line, with the text in it");
  args.example("lathe dump run/model.lathe --stage=fused --only train_step");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
