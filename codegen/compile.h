// Planned IR to machine code for the CPU.
//
// The compiler, LLVM and all that uses it, is a library of its own, liblathe_llvm.so, which is loaded
// by the first call here that compiles something: a program that finds its code in the cache
// (runtime/code_cache.h) never pays for it. It is looked for beside the file that holds this code, in
// its neighbour lib/lathe, then where the system looks for libraries. Error, which names these
// places, when it is not there, or is of another build.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "runtime/code_image.h"
#include "runtime/executable.h"

namespace lathe::codegen {

struct LlvmOptions {
  std::string cpu;       ///< LLVM's name (`x86-64-v3`); empty: this machine
  std::string features;  ///< LLVM's feature string; with an empty `cpu`: this machine's
  int opt_level = 2;     ///< 0 … 3
  /// LLVM's triple of another machine (`aarch64-linux-gnu`); empty: this one's. With an empty `cpu`,
  /// code for any CPU of that kind. Only for stages: what runs here is compiled for here.
  std::string target;
};

/// What passes need to know of the CPU that `options` names.
struct CpuShape {
  int64_t vector_lanes;  ///< f32 lanes of a vector register
};
/// Loads LLVM only where `options` name a CPU or a target.
CpuShape cpu_shape(const LlvmOptions& options);

/// Compiles every function of a module at stage `planned` (an Error names what is missing
/// otherwise).
runtime::CodeImage compile_image(const ir::Module& module, const LlvmOptions& options);
/// The same, ready to run.
std::shared_ptr<runtime::Executable> compile_llvm(const ir::Module& module,
                                                  const LlvmOptions& options);

/// All that compiled code depends on but the module: which Lathe and which LLVM made it, the options,
/// and of the machine what LLVM looks at, which decides whether code for a named CPU runs. Never loads LLVM.
std::string compiler_identity(const LlvmOptions& options);

enum class LlvmStage { Llvm, Optimized, Assembly, Object };
/// The stages `llvm`, `llvm-opt`, `asm` as text, `object` as bytes.
std::string llvm_stage_text(const ir::Module& module, const LlvmOptions& options, LlvmStage stage);

/// A model's functions for one kind of CPU. A `target` is taken here.
struct StandaloneCode {
  ir::Module module;  ///< at stage `planned`, for vectors as that CPU has them
  LlvmOptions llvm;
};

/// A model that needs nothing of Lathe: what is in it, for a header and a file of weights.
struct Standalone {
  std::string object;  ///< an ELF file that uses memcpy and memset alone
  std::vector<runtime::FunctionInfo> functions;
  std::vector<std::vector<int64_t>> windows;  ///< of each function, each parameter's (windows_of)
  std::vector<runtime::StateInfo> states;
  std::vector<std::string> cpus;  ///< LLVM's names, in the order of the codes
  int64_t max_rows = 1;           ///< of one step: the largest batch of all functions
  bool embeds = false;            ///< there is PREFIX_weights
  bool freestanding = false;
  bool draws = false;  ///< there is PREFIX_init, by the function kFirstValues of the modules
};

struct StandaloneOptions {
  std::string prefix;         ///< of all names that the object has: a C identifier
  std::string weights;        ///< a file of weights that becomes part of the object; empty: none
  bool freestanding = false;  ///< has memcpy and memset of its own, for systems without a C library
};

/// Compiles every function of the modules, which are of one model, to an object file. Of several, levels of x86-64
/// (`x86-64`, `x86-64-v2`, ...) in rising order, the last that the CPU has is taken when a model is created. Each
/// function NAME becomes PREFIX_NAME and PREFIX_NAME_part; codegen/standalone/interface.h says how they are called.
/// Error for other CPUs or another order.
Standalone compile_standalone(const std::vector<StandaloneCode>& codes,
                              const StandaloneOptions& options);

}  // namespace lathe::codegen
