#ifdef LATHE_LLVM

#include "frontend/format/standalone.h"

#include <fmt/format.h>

#include <algorithm>

#include "codegen/compile.h"
#include "codegen/standalone/c_header.h"
#include "codegen/standalone/c_readme.h"
#include "codegen/standalone/c_threads.h"
#include "frontend/engine/lowering.h"
#include "frontend/format/flat_weights.h"

namespace lathe {

namespace {

/// The functions that are asked for, in that order. Others leave no trace: states are made for what is there.
ir::Module chosen_functions(const ir::Module& built, const std::vector<std::string>& names) {
  ir::Module module = built;
  module.functions.clear();
  if (names.empty())
    throw Error("no function is asked for, expected predict, evaluate or train_step");
  for (const std::string& name : names) {
    const bool twice = std::ranges::any_of(module.functions,
                                           [&](const ir::Function& f) { return f.name == name; });
    if (twice) throw Error(fmt::format("function {} is asked for twice", name));
    module.functions.push_back(built.function(name));
  }
  return module;
}

ir::Module planned_functions(Model& model, const StandaloneOptions& options,
                             const codegen::LlvmOptions& llvm) {
  passes::PassOptions pass;
  pass.max_batch = options.max_batch;
  pass.target = {codegen::cpu_shape(llvm).vector_lanes};
  return detail::lower_to_planned(chosen_functions(model.module(), options.functions), pass);
}

std::string machine_text(const StandaloneOptions& options) {
  const std::string cpu = options.cpu.empty() ? "" : fmt::format("the CPU {} of ", options.cpu);
  if (!options.target.empty()) return cpu + options.target;
  return options.cpu.empty()
             ? "CPUs with the instructions of the one that made it"
             : fmt::format("the CPU {} and those with its instructions", options.cpu);
}

}  // namespace

StandaloneFiles make_standalone(Model& model, const StandaloneOptions& options) {
  codegen::check_prefix(options.name);
  const codegen::LlvmOptions llvm{.cpu = options.cpu, .target = options.target};
  const ir::Module module = planned_functions(model, options, llvm);
  const codegen::Standalone made =
      codegen::compile_standalone(module, {.llvm = llvm, .prefix = options.name});
  codegen::CHeader header{.prefix = options.name,
                          .model = fmt::format("The model '{}'", module.name),
                          .machine = machine_text(options)};
  for (const ir::State& s : module.states) header.kinds.push_back(s.attrs.word("role", "weight"));
  const codegen::CThreads threads = codegen::c_threads(made, options.name);
  const std::string& n = options.name;
  return {{{n + ".o", made.object},
           {n + ".h", codegen::c_header(made, header)},
           {n + ".weights", detail::flat_weights(model, module)},
           {n + "_threads.h", threads.header},
           {n + "_threads.c", threads.source},
           {"README", codegen::c_readme(made, header)}}};
}

const std::string& StandaloneFiles::ending(std::string_view end) const {
  for (const StandaloneFile& file : all)
    if (file.name.ends_with(end)) return file.content;
  throw Error("a compiled model has no file *" + std::string(end));
}

}  // namespace lathe

#endif  // LATHE_LLVM
