#include "codegen/llvm/object_file.h"

#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include <string>

#include "ir/error.h"

namespace lathe::codegen {

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
#if defined(LATHE_DEBUG)
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  LATHE_CHECK(!llvm::verifyModule(m, &stream), "emitted LLVM IR is invalid: " + problem);
#endif
}

Bytes object_or_assembly(llvm::Module& m, llvm::TargetMachine& machine,
                         llvm::CodeGenFileType type) {
  Bytes bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  LATHE_CHECK(!machine.addPassesToEmitFile(passes, stream, nullptr, type),
              "this target can't emit files");
  passes.run(m);
  return bytes;
}

}  // namespace lathe::codegen
