#include "codegen/llvm/target.h"

#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "ir/error.h"
#include "ir/nearest.h"

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

/// Those of all machines that this LLVM can make code for: takes some milliseconds.
void initialize_all() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
  });
}

struct CpuNames {
  std::string cpu, features;
};

CpuNames names(const LlvmOptions& o) {
  if (!o.cpu.empty()) return {o.cpu, o.features};
  if (!o.target.empty()) return {"generic", o.features};
  std::string features;
  for (const auto& feature : llvm::sys::getHostCPUFeatures())
    features += (features.empty() ? "" : ",") + std::string(feature.second ? "+" : "-") +
                feature.first().str();
  return {llvm::sys::getHostCPUName().str(), features};
}

}  // namespace

std::unique_ptr<llvm::TargetMachine> make_target(const LlvmOptions& o) {
  if (o.target.empty())
    initialize();
  else
    initialize_all();
  const std::string triple =
      o.target.empty() ? llvm::sys::getProcessTriple() : llvm::Triple::normalize(o.target);
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) throw Error("llvm has no code generator for " + triple + ": " + error);
  const CpuNames n = names(o);
  // Asked before the machine is made: making one for an unknown CPU prints on standard error.
  const std::unique_ptr<llvm::MCSubtargetInfo> known(target->createMCSubtargetInfo(triple, "", ""));
  if (!known || !known->isCPUStringValid(n.cpu)) {
    std::vector<std::string> names;
    if (known)
      for (const llvm::SubtargetSubTypeKV& row : known->getAllProcessorDescriptions())
        names.emplace_back(row.Key);
    const std::string near = ir::nearest_name(n.cpu, names);
    throw Error("llvm does not know the cpu '" + n.cpu + "'" +
                (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  const llvm::Triple::ArchType arch = llvm::Triple(triple).getArch();
  if (arch != llvm::Triple::x86_64 && arch != llvm::Triple::aarch64)
    throw Error("there are no kernels for " + triple + ", expected an x86_64 or aarch64 target");
  if (arch == llvm::Triple::x86_64) {
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

namespace {

/// Beginnings of the names of instructions that kernels are made of. A CPU has many more that nothing but
/// a system asks for, and which a virtual machine hides.
constexpr const char* kOfKernels[] = {"sse",  "ssse3",   "avx",      "fma",   "f16c", "xop",
                                      "bmi",  "lzcnt",   "popcnt",   "movbe", "cx16", "sahf",
                                      "gfni", "vaes",    "vpclmul",  "tbm",   "adx",  "neon",
                                      "sve",  "dotprod", "fullfp16", "bf16",  "i8mm", "lse"};

bool is_of_kernels(const std::string& feature) {
  return std::any_of(std::begin(kOfKernels), std::end(kOfKernels),
                     [&](const char* name) { return feature.starts_with(name); });
}

}  // namespace

void check_runs_here(const LlvmOptions& o, const llvm::TargetMachine& machine) {
  if (o.cpu.empty()) return;
  const auto* info = machine.getMCSubtargetInfo();
  std::set<std::string> lacking;
  for (const auto& feature : llvm::sys::getHostCPUFeatures()) {
    const std::string name = feature.first().str();
    if (!feature.second && is_of_kernels(name) && info->checkFeatures("+" + name))
      lacking.insert(name);
  }
  if (lacking.empty()) return;
  throw Error("code for cpu '" + o.cpu + "' does not run here: this machine lacks " +
              *lacking.begin());
}

CpuModel cpu_model(const llvm::TargetMachine& machine) {
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

}  // namespace lathe::codegen
