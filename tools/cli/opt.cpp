// `lathe opt [FILE]`: reads IR text, runs passes, prints IR text. Without passes it is the
// identity.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "ir/nearest.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/proto.h"
#include "passes/pipeline.h"
#include "tools/cli/command.h"
#include "tools/cli/files.h"
#include "tools/cli/json_line.h"
#include "tools/cli/pass_options.h"
#include "tools/cli/stages.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

struct Options {
  std::string file = "-";
  std::optional<std::string> passes, until, skip;
  PassArgs target;
  bool pipeline = false, list_passes = false;
  bool verify_each = false, print_after = false, remarks = false, timing = false;
  bool json = false;
};

std::vector<std::string> known_passes() {
  std::vector<std::string> names;
  for (const passes::PassInfo& pass : passes::pass_table()) names.emplace_back(pass.name);
  return names;
}

std::vector<std::string> pass_names(const std::string& option, const std::string& text) {
  const std::vector<std::string> names = split_list(text), known = known_passes();
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw UsageError(ir::unknown_name("pass (of " + option + ")", name, known));
    }
  }
  return names;
}

/// The pipeline up to a stage, or up to a pass and with it.
std::vector<std::string> pipeline_until(const std::string& until) {
  std::vector<std::string> names;
  const auto steps = passes::pipeline();
  for (const passes::Step& step : steps) {
    names.emplace_back(step.pass);
    if (step.pass == until) return names;
  }
  const Stage& stage = find_stage(until);
  if (!stage.ir) throw UsageError(fmt::format("--until={} is no stage of the IR", until));
  names.clear();
  for (const passes::Step& step : steps) {
    if (step.stage <= *stage.ir) names.emplace_back(step.pass);
  }
  return names;
}

std::vector<std::string> chosen_passes(const Options& options) {
  if (options.passes && (options.pipeline || options.until)) {
    throw UsageError("--passes with --pipeline or --until: give one of them");
  }
  if (options.passes) return pass_names("--passes", *options.passes);
  if (options.until) return pipeline_until(*options.until);
  return options.pipeline ? pipeline_until("planned") : std::vector<std::string>();
}

void print_text(const std::string& text, bool json) {
  if (json) {
    print_json_line({{"text", text}});
  } else {
    write_stdout(text);
  }
}

int list_passes(bool json) {
  std::string text;
  for (const passes::PassInfo& pass : passes::pass_table()) {
    text += fmt::format("{:<10} {}\n", pass.name, pass.contract);
  }
  print_text(text, json);
  return kDone;
}

bool has_op(const ir::Function& f, ir::OpKind kind) {
  return std::any_of(f.body.begin(), f.body.end(),
                     [&](ir::ValueId id) { return f.op(id).kind == kind; });
}

/// The functions that minimize something, and so should change a state.
std::vector<std::string> minimizing(const ir::Module& module) {
  std::vector<std::string> names;
  for (const ir::Function& f : module.functions) {
    if (has_op(f, ir::OpKind::Minimize)) names.push_back(f.name);
  }
  return names;
}

void warn_of_idle(const ir::Module& module, const std::vector<std::string>& minimized) {
  for (const ir::Function& f : module.functions) {
    if (has_op(f, ir::OpKind::Update) || has_op(f, ir::OpKind::Minimize)) continue;
    if (std::find(minimized.begin(), minimized.end(), f.name) == minimized.end()) continue;
    fmt::print(stderr,
               "lathe: warning: @{} has an optimizer, but its loss depends on no trainable state: "
               "nothing is learned\n",
               f.name);
  }
}

passes::PipelineHooks hooks_of(const Options& options, const ir::Module& module) {
  passes::PipelineHooks hooks;
  if (options.skip) hooks.skip = pass_names("--skip", *options.skip);
  hooks.check = hooks.check || options.verify_each;
  hooks.after = [print = options.print_after, minimized = minimizing(module)](
                    const passes::PassInfo& pass, const ir::Module& m, bool changed) {
    if (std::string_view(pass.name) == "autodiff") warn_of_idle(m, minimized);
    if (!print) return;
    fmt::print(stderr, "// after {}{}\n{}", pass.name, changed ? "" : " (unchanged)", ir::print(m));
  };
  if (options.timing) {
    hooks.timed = [](const passes::PassInfo& pass, double seconds) {
      fmt::print(stderr, "{:<10} {}\n", pass.name, duration(seconds));
    };
  }
  return hooks;
}

int run(const Options& options) {
  if (options.list_passes) return list_passes(options.json);
  const std::vector<std::string> names = chosen_passes(options);
  const std::string text = read_file(options.file, size_t{1} << 28);
  const std::string name = options.file == "-" ? "<stdin>" : options.file;
  ir::Module module =
      ir::is_model(text) ? ir::read_model(text, name).module : ir::parse_verified(text, name);
  const passes::PipelineHooks hooks = hooks_of(options, module);
  passes::Remarks remarks;
  passes::run_passes(module, names, options.target.options(), remarks, hooks);
  if (options.remarks) {
    for (const passes::Remark& r : remarks) {
      fmt::print(stderr, "{}: {}: {}: {}\n", r.pass, r.function, r.subject, r.message);
    }
  }
  print_text(ir::print(module), options.json);
  return kDone;
}

}  // namespace

Run declare_opt(Args& args) {
  auto options = std::make_shared<Options>();
  args.position("FILE", options->file, false,
                "IR text, or a saved model (default: standard input)");
  args.text("--passes", options->passes, "A,B", "run these passes in this order");
  args.flag("--pipeline", options->pipeline, "run all passes in their order");
  args.text("--until", options->until, "PASS", "the pipeline up to this pass, or to this stage");
  args.text("--skip", options->skip, "A,B", "leave these passes out");
  options->target.declare(args);
  args.flag("--verify-each", options->verify_each, "verify the module after each pass");
  args.flag("--print-after", options->print_after, "the module after each pass, on standard error");
  args.flag("--remarks", options->remarks, "what passes decided and why, on standard error");
  args.flag("--time", options->timing, "how long each pass took, on standard error");
  args.flag("--list-passes", options->list_passes, "the passes and what they do; reads nothing");
  args.flag("--json", options->json, "one JSON object on one line, with the text in it");
  args.example("lathe opt run/model.lathe --until=fused");
  return [options] { return run(*options); };
}

}  // namespace lathe::cli
