// What liblathe_llvm.so does, as the rest of Lathe sees it: compile.h without the loading.
#pragma once

#include <string>

#include "codegen/compile.h"

namespace lathe::codegen {

class Backend {
 public:
  /// A hash of the sources that it was built from (build_id.h).
  virtual const char* build() const = 0;
  virtual CpuShape cpu_shape(const LlvmOptions& options) const = 0;
  virtual runtime::CodeImage compile_image(const ir::Module& module,
                                           const LlvmOptions& options) const = 0;
  virtual std::string stage_text(const ir::Module& module, const LlvmOptions& options,
                                 LlvmStage stage) const = 0;
  virtual Standalone compile_standalone(const std::vector<StandaloneCode>& codes,
                                        const StandaloneOptions& options) const = 0;

 protected:
  ~Backend() = default;
};

/// The one function that the library exports, by this name, and its type.
inline constexpr const char* kBackendSymbol = "lathe_llvm_backend";
using BackendFunction = const Backend* (*)();

/// Loads the library on the first call. Error when it is not there.
const Backend& load_backend();

}  // namespace lathe::codegen
