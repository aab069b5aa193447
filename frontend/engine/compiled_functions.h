// The functions of a module as compiled code: from the user's cache, or else from the compiler.
#pragma once

#ifdef LATHE_LLVM

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "codegen/compile.h"
#include "ir/graph.h"
#include "runtime/code_cache.h"
#include "runtime/executable.h"

namespace lathe::detail {

/// Each function is compiled, and kept in the cache, by itself: a first step waits for no other
/// function. All see the same states, in the same layouts.
class CompiledFunctions {
 public:
  /// `module` is at stage `built`; what it says about a function `init` is left out.
  CompiledFunctions(ir::Module module, const codegen::LlvmOptions& options, int64_t max_batch,
                    runtime::CodeCache cache);

  /// Code with that one function. Error for what can't be compiled.
  std::shared_ptr<runtime::Executable> compile(std::string_view function);
  /// The states of the module when its updates have been expanded; after a first compile.
  const std::vector<ir::State>& states() const { return states_; }

 private:
  std::string key(std::string_view function) const;
  std::optional<runtime::CodeImage> cached(const std::string& key);
  const ir::Module& planned();

  ir::Module built_;
  codegen::LlvmOptions options_;
  int64_t max_batch_;
  runtime::CodeCache cache_;
  std::optional<ir::Module> planned_;  ///< made when something is not in the cache
  std::vector<ir::State> states_;
};

}  // namespace lathe::detail

#endif  // LATHE_LLVM
