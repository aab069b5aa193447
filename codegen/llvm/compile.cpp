// LLVM's side of compilation: the target, the JIT, and the stages as text.
#include "codegen/llvm/compile.h"

#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>

#include <mutex>

#include "codegen/llvm/function_emitter.h"
#include "codegen/llvm/optimize.h"
#include "ir/error.h"

namespace lathe::codegen {

namespace {

void initialize() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
  });
}

std::string text_of(llvm::Error e) {
  return llvm::toString(std::move(e));
}

struct CpuNames {
  std::string cpu, features;
};

CpuNames names(const LlvmOptions& o) {
  if (!o.cpu.empty()) return {o.cpu, o.features};
  std::string features;
  for (const auto& feature : llvm::sys::getHostCPUFeatures())
    features += (features.empty() ? "" : ",") + std::string(feature.second ? "+" : "-") +
                feature.first().str();
  return {llvm::sys::getHostCPUName().str(), features};
}

std::unique_ptr<llvm::TargetMachine> make_target(const LlvmOptions& o) {
  initialize();
  const std::string triple = llvm::sys::getProcessTriple();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) throw Error("llvm has no code generator for " + triple + ": " + error);
  const CpuNames n = names(o);
  // Asked before the machine is made: making one for an unknown CPU prints on standard error.
  const std::unique_ptr<llvm::MCSubtargetInfo> known(target->createMCSubtargetInfo(triple, "", ""));
  if (!known || !known->isCPUStringValid(n.cpu))
    throw Error("llvm does not know the cpu '" + n.cpu + "'");
  if (llvm::Triple(triple).getArch() == llvm::Triple::x86_64) {
    const std::unique_ptr<llvm::MCSubtargetInfo> asked(
        target->createMCSubtargetInfo(triple, n.cpu, ""));
    if (!asked->checkFeatures("+64bit")) throw Error("the cpu '" + n.cpu + "' has no 64-bit code");
  }
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;  // every rounding is the IR's
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, n.cpu, n.features, options, llvm::Reloc::PIC_, llvm::CodeModel::Small,
      o.opt_level == 0 ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Default));
  if (!machine) throw Error("llvm can't make code for cpu '" + n.cpu + "'");
  return machine;
}

CpuModel model_of(const llvm::TargetMachine& machine) {
  const auto* info = machine.getMCSubtargetInfo();
  CpuModel cpu;
  if (machine.getTargetTriple().isX86()) {
    const bool avx512 = info->checkFeatures("+avx512f") && info->checkFeatures("+avx512vl") &&
                        info->checkFeatures("+avx512dq") && info->checkFeatures("+avx512bw");
    const bool avx = info->checkFeatures("+avx");
    cpu.lanes = avx512 ? 16 : avx ? 8 : 4;
    cpu.registers = avx512 ? 32 : 16;
  } else {
    cpu.lanes = 4;  // AArch64's NEON
    cpu.registers = 32;
  }
  cpu.math = math_options(machine);
  return cpu;
}

void prepare(llvm::Module& m, llvm::TargetMachine& machine, const CpuModel& cpu) {
  m.setTargetTriple(machine.getTargetTriple().str());
  m.setDataLayout(machine.createDataLayout());
  for (llvm::Function& f : m) {
    if (f.isDeclaration()) continue;
    f.addFnAttr("target-cpu", machine.getTargetCPU());
    f.addFnAttr("target-features", machine.getTargetFeatureString());
    // Without this, LLVM splits 512-bit vectors on CPUs that it thinks clock down.
    f.addFnAttr("prefer-vector-width", std::to_string(cpu.lanes * 32));
    f.addFnAttr("denormal-fp-math", "preserve-sign,preserve-sign");
    f.addFnAttr("no-builtins");
  }
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  LATHE_CHECK(!llvm::verifyModule(m, &stream), "emitted LLVM IR is invalid: " + problem);
}

class LlvmExecutable : public runtime::Executable {
 public:
  const std::vector<runtime::FunctionInfo>& functions() const override { return functions_; }
  const std::vector<runtime::StateInfo>& states() const override { return states_; }
  runtime::Entry entry(int function) const override { return entries_.at(function); }

  std::vector<runtime::FunctionInfo> functions_;
  std::vector<runtime::StateInfo> states_;
  std::vector<runtime::Entry> entries_;
  std::unique_ptr<llvm::orc::LLJIT> jit_;
};

std::string object_or_assembly(llvm::Module& m, llvm::TargetMachine& machine,
                               llvm::CodeGenFileType type) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  LATHE_CHECK(!machine.addPassesToEmitFile(passes, stream, nullptr, type),
              "this target can't emit files");
  passes.run(m);
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

CpuShape cpu_shape(const LlvmOptions& options) {
  return {model_of(*make_target(options)).lanes};
}

std::shared_ptr<runtime::Executable> compile_llvm(const ir::Module& module,
                                                  const LlvmOptions& options) {
  auto machine = make_target(options);
  const CpuModel cpu = model_of(*machine);
  auto context = std::make_unique<llvm::LLVMContext>();
  EmittedModule emitted = emit_module(module, cpu, *context);
  prepare(*emitted.module, *machine, cpu);
  optimize(*emitted.module, *machine, options.opt_level);

  const CpuNames n = names(options);
  llvm::orc::JITTargetMachineBuilder builder(machine->getTargetTriple());
  builder.setCPU(n.cpu);
  std::vector<std::string> features;
  for (llvm::StringRef rest = n.features; !rest.empty();) {
    auto [feature, tail] = rest.split(',');
    features.push_back(feature.str());
    rest = tail;
  }
  builder.addFeatures(features);
  builder.setRelocationModel(llvm::Reloc::PIC_);
  builder.setCodeModel(llvm::CodeModel::Small);
  builder.getOptions().AllowFPOpFusion = llvm::FPOpFusion::Strict;
  builder.setCodeGenOptLevel(options.opt_level == 0 ? llvm::CodeGenOptLevel::None
                                                    : llvm::CodeGenOptLevel::Default);
  auto jit = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(builder)).create();
  if (!jit) throw Error("llvm's jit does not start: " + text_of(jit.takeError()));
  if (auto e = (*jit)->addIRModule(
          llvm::orc::ThreadSafeModule(std::move(emitted.module), std::move(context))))
    throw Error("llvm's jit refuses the module: " + text_of(std::move(e)));

  auto result = std::make_shared<LlvmExecutable>();
  result->functions_ = std::move(emitted.functions);
  result->states_ = std::move(emitted.states);
  for (const std::string& symbol : emitted.entries) {
    auto address = (*jit)->lookup(symbol);
    if (!address) throw Error("llvm's jit does not link: " + text_of(address.takeError()));
    result->entries_.push_back(address->toPtr<runtime::Entry>());
  }
  result->jit_ = std::move(*jit);
  return result;
}

std::string llvm_stage_text(const ir::Module& module, const LlvmOptions& options, LlvmStage stage) {
  auto machine = make_target(options);
  const CpuModel cpu = model_of(*machine);
  llvm::LLVMContext context;
  EmittedModule emitted = emit_module(module, cpu, context);
  prepare(*emitted.module, *machine, cpu);
  if (stage != LlvmStage::Llvm) optimize(*emitted.module, *machine, options.opt_level);
  switch (stage) {
    case LlvmStage::Llvm:
    case LlvmStage::Optimized: {
      std::string text;
      llvm::raw_string_ostream stream(text);
      emitted.module->print(stream, nullptr);
      return text;
    }
    case LlvmStage::Assembly:
      return object_or_assembly(*emitted.module, *machine, llvm::CodeGenFileType::AssemblyFile);
    case LlvmStage::Object:
      return object_or_assembly(*emitted.module, *machine, llvm::CodeGenFileType::ObjectFile);
  }
  internal_error(__FILE__, __LINE__, "bad stage");
}

}  // namespace lathe::codegen
