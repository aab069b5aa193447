// compile.h by way of the library that has LLVM.
#include "codegen/compile.h"

#include "codegen/backend.h"
#include "codegen/build_id.h"
#include "codegen/host_cpu.h"

namespace lathe::codegen {

CpuShape cpu_shape(const LlvmOptions& options) {
  if (options.cpu.empty() && options.target.empty()) return {host_vector_lanes()};
  return load_backend().cpu_shape(options);
}

runtime::CodeImage compile_image(const ir::Module& module, const LlvmOptions& options) {
  return load_backend().compile_image(module, options);
}

std::shared_ptr<runtime::Executable> compile_llvm(const ir::Module& module,
                                                  const LlvmOptions& options) {
  return runtime::map_image(compile_image(module, options));
}

std::string compiler_identity(const LlvmOptions& options) {
  std::string text = "lathe " + std::string(kBuildId) + "\nllvm " LATHE_LLVM_VERSION "\nlevel " +
                     std::to_string(options.opt_level) + "\nthis cpu " + host_cpu_identity() + "\n";
  if (options.cpu.empty()) return text;
  return text + "cpu " + options.cpu + "\nfeatures " + options.features + "\n";
}

std::string llvm_stage_text(const ir::Module& module, const LlvmOptions& options, LlvmStage stage) {
  return load_backend().stage_text(module, options, stage);
}

Standalone compile_standalone(const std::vector<StandaloneCode>& codes,
                              const StandaloneOptions& options) {
  return load_backend().compile_standalone(codes, options);
}

}  // namespace lathe::codegen
