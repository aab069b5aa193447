#ifdef LATHE_LLVM

#include "frontend/format/standalone.h"

#include <fmt/format.h>

#include <algorithm>

#include "codegen/compile.h"
#include "codegen/standalone/c_header.h"
#include "codegen/standalone/c_main.h"
#include "codegen/standalone/c_readme.h"
#include "codegen/standalone/c_threads.h"
#include "codegen/standalone/interface.h"
#include "frontend/engine/lowering.h"
#include "frontend/format/flat_weights.h"
#include "frontend/model/model_impl.h"
#include "frontend/train/initializers.h"
#include "passes/widen.h"

namespace lathe {

namespace {

/// The functions that are asked for, in that order. Others leave no trace: states are made for what is there.
ir::Module chosen_functions(const ir::Module& built, const std::vector<std::string>& names) {
  ir::Module module = built;
  module.functions.clear();
  if (names.empty())
    throw Error(fmt::format("no function is asked for, expected some of {}",
                            fmt::join(standalone_functions(), ", ")));
  for (const std::string& name : names) {
    const bool twice = std::ranges::any_of(module.functions,
                                           [&](const ir::Function& f) { return f.name == name; });
    if (twice) throw Error(fmt::format("function {} is asked for twice", name));
    module.functions.push_back(built.function(name));
  }
  return module;
}

/// Whether the first values of all weights are what the IR's function `init` writes.
bool is_drawn_by_ir(Model& model) {
  for (const detail::ModelGraph::Layer& layer : model.impl().graph().layers) {
    if (layer.layer->first_weights(layer.weights) || layer.layer->adapter()) return false;
    for (const detail::WeightSpec& w : layer.weights)
      if (detail::is_finished_by_host(w.initializer)) return false;
  }
  return true;
}

/// What the interpreter does when Lathe draws weights, for compiled code.
void add_first_values(ir::Module& module, const ir::Module& built) {
  module.functions.push_back(built.function("init"));
  module.functions.back().name = codegen::kFirstValues;
  passes::widen_maps(module, module.functions.back());
}

std::vector<codegen::StandaloneCode> codes_of(Model& model, const StandaloneOptions& options) {
  ir::Module module = chosen_functions(model.module(), options.functions);
  if (is_drawn_by_ir(model)) add_first_values(module, model.module());
  std::vector<std::string> cpus = options.cpus;
  if (cpus.empty()) cpus.emplace_back();
  std::vector<codegen::StandaloneCode> codes;
  for (const std::string& cpu : cpus) {
    const codegen::LlvmOptions llvm{.cpu = cpu, .target = options.target};
    passes::PassOptions pass;
    pass.max_batch = options.max_batch;
    pass.target = {codegen::cpu_shape(llvm).vector_lanes};
    codes.push_back({detail::lower_to_planned(module, pass), llvm});
  }
  return codes;
}

std::string machine_text(const StandaloneOptions& options) {
  const std::string of = options.target.empty() ? "" : " of " + options.target;
  if (!options.cpus.empty()) return fmt::format("{}{}", fmt::join(options.cpus, ", "), of);
  return options.target.empty() ? "CPUs with the instructions of the one that made it"
                                : "any CPU" + of;
}

}  // namespace

const std::vector<std::string>& standalone_functions() {
  static const std::vector<std::string> kFunctions = {"predict", "evaluate", "train_step"};
  return kFunctions;
}

StandaloneFiles make_standalone(Model& model, const StandaloneOptions& options) {
  codegen::check_prefix(options.name);
  model.impl().check_adapted();
  const std::vector<codegen::StandaloneCode> codes = codes_of(model, options);
  const ir::Module& module = codes[0].module;
  const std::string weights = detail::flat_weights(model, module);
  const codegen::Standalone made = codegen::compile_standalone(
      codes, {.prefix = options.name,
              .weights = options.embed_weights || options.program ? weights : "",
              .freestanding = options.freestanding});
  codegen::CHeader header{.prefix = options.name,
                          .model = fmt::format("The model '{}'", module.name),
                          .machine = machine_text(options)};
  for (const ir::State& s : module.states) header.kinds.push_back(s.attrs.word("role", "weight"));
  const codegen::CThreads threads = codegen::c_threads(made, options.name);
  const std::string& n = options.name;
  StandaloneFiles files{{{n + ".o", made.object},
                         {n + ".h", codegen::c_header(made, header)},
                         {n + ".weights", weights},
                         {n + "_threads.h", threads.header},
                         {n + "_threads.c", threads.source},
                         {n + ".README", codegen::c_readme(made, header)}}};
  if (options.program) files.all.push_back({n + "_main.c", codegen::c_main(made, n)});
  return files;
}

const std::string& StandaloneFiles::ending(std::string_view end) const {
  for (const StandaloneFile& file : all)
    if (file.name.ends_with(end)) return file.content;
  throw Error("a compiled model has no file *" + std::string(end));
}

}  // namespace lathe

#endif  // LATHE_LLVM
