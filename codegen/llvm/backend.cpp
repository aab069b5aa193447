// LLVM's side of compilation: from a planned module to an image, and the stages as text.
#include "codegen/llvm/backend.h"

#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include <algorithm>
#include <future>
#include <system_error>
#include <vector>

#include "codegen/build_id.h"
#include "codegen/host_cpu.h"
#include "codegen/llvm/function_emitter.h"
#include "codegen/llvm/link_image.h"
#include "codegen/llvm/object_file.h"
#include "codegen/llvm/optimize.h"
#include "codegen/llvm/split.h"
#include "codegen/llvm/standalone.h"
#include "codegen/llvm/target.h"
#include "ir/error.h"
#include "runtime/worker_team.h"

namespace lathe::codegen {

namespace {

/// The threads that one compilation uses, this one included.
constexpr int kMostThreads = 4;

/// Part number `part` as an object file.
Bytes compile_part(llvm::Module& m, const LlvmOptions& options, int part, int parts) {
  const auto machine = make_target(options);
  if (parts > 1) keep_part(m, part, parts);
  prepare(m, *machine, cpu_model(*machine));
  optimize(m, *machine, options.opt_level);
  return object_or_assembly(m, *machine, llvm::CodeGenFileType::ObjectFile);
}

/// The objects of all parts. LLVM's modules are of one thread each, and emitting takes little beside
/// the rest, so each thread emits all and keeps its part.
std::vector<Bytes> compile_parts(const ir::Module& module, const LlvmOptions& options,
                                 const CpuModel& cpu, llvm::Module& first) {
  const int parts = parts_worth(first, std::min(kMostThreads, runtime::usable_cores()));
  std::vector<std::future<Bytes>> others;
  for (int part = 1; part < parts; ++part) {
    const auto compile_other = [&, part] {
      llvm::LLVMContext context;
      const EmittedModule emitted = emit_module(module, cpu, context);
      return compile_part(*emitted.module, options, part, parts);
    };
    try {
      others.push_back(std::async(std::launch::async, compile_other));
    } catch (const std::system_error&) {  // no thread left: this one does it afterwards
      others.push_back(std::async(std::launch::deferred, compile_other));
    }
  }
  std::vector<Bytes> objects;
  objects.push_back(compile_part(first, options, 0, parts));
  for (std::future<Bytes>& other : others) objects.push_back(other.get());
  return objects;
}

runtime::CodeImage compile(const ir::Module& module, const LlvmOptions& options) {
  if (!options.target.empty())
    throw Error("code for " + options.target + " does not run here: expected no target");
  const std::unique_ptr<llvm::TargetMachine> machine = make_target(options);
  check_runs_here(options, *machine);
  const CpuModel cpu = cpu_model(*machine);
  LATHE_CHECK(!options.cpu.empty() || cpu.lanes == host_vector_lanes(),
              "llvm sees other vectors in this cpu than the passes");
  llvm::LLVMContext context;
  EmittedModule emitted = emit_module(module, cpu, context);
  const std::vector<Bytes> parts = compile_parts(module, options, cpu, *emitted.module);
  std::vector<llvm::StringRef> objects;
  for (const Bytes& part : parts) objects.emplace_back(part.data(), part.size());
  LinkedCode linked = link_objects(objects, emitted.entries);
  runtime::CodeImage image;
  image.functions = std::move(emitted.functions);
  image.states = std::move(emitted.states);
  image.entries = std::move(linked.entries);
  image.segments = std::move(linked.segments);
  image.code = std::move(linked.code);
  return image;
}

std::string text(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string stage_text(const ir::Module& module, const LlvmOptions& options, LlvmStage stage) {
  auto machine = make_target(options);
  const CpuModel cpu = cpu_model(*machine);
  llvm::LLVMContext context;
  EmittedModule emitted = emit_module(module, cpu, context);
  prepare(*emitted.module, *machine, cpu);
  if (stage != LlvmStage::Llvm) optimize(*emitted.module, *machine, options.opt_level);
  switch (stage) {
    case LlvmStage::Llvm:
    case LlvmStage::Optimized: {
      std::string ir;
      llvm::raw_string_ostream stream(ir);
      emitted.module->print(stream, nullptr);
      return ir;
    }
    case LlvmStage::Assembly:
      return text(
          object_or_assembly(*emitted.module, *machine, llvm::CodeGenFileType::AssemblyFile));
    case LlvmStage::Object:
      return text(object_or_assembly(*emitted.module, *machine, llvm::CodeGenFileType::ObjectFile));
  }
  internal_error(__FILE__, __LINE__, "bad stage");
}

class LlvmBackend final : public Backend {
 public:
  const char* build() const override { return kBuildId; }
  CpuShape cpu_shape(const LlvmOptions& options) const override {
    return {cpu_model(*make_target(options)).lanes};
  }
  runtime::CodeImage compile_image(const ir::Module& module,
                                   const LlvmOptions& options) const override {
    return compile(module, options);
  }
  std::string stage_text(const ir::Module& module, const LlvmOptions& options,
                         LlvmStage stage) const override {
    return codegen::stage_text(module, options, stage);
  }
  Standalone compile_standalone(const std::vector<StandaloneCode>& codes,
                                const StandaloneOptions& options) const override {
    return make_standalone(codes, options);
  }
};

}  // namespace

const Backend& llvm_backend() {
  static const LlvmBackend backend;
  return backend;
}

}  // namespace lathe::codegen
