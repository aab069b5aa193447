// Compiled code as a backend.
#ifdef LATHE_LLVM

#include <map>

#include "codegen/compile.h"
#include "frontend/engine/compiled_functions.h"
#include "frontend/engine/engine.h"
#include "ir/error.h"
#include "runtime/executable.h"

namespace lathe::detail {

namespace {

class LlvmEngine final : public Engine {
 public:
  LlvmEngine(const ir::Module& module, const codegen::LlvmOptions& options, int64_t max_batch,
             runtime::CodeCache cache, std::shared_ptr<runtime::WorkerTeam> team)
      : functions_(module, options, max_batch, std::move(cache)),
        memory_(std::make_shared<runtime::WorkingMemory>(team)) {
    // The others follow when they are first run.
    const std::string& first = module.functions.back().name;
    const auto code = functions_.compile(first);
    states_ = functions_.states();
    store_ = std::make_shared<runtime::StateStore>(*code);
    sessions_.emplace(first, runtime::Session(code, store_, memory_));
  }

  int64_t run(std::string_view function, std::span<const void* const> params,
              std::span<void* const> outputs, int64_t batch, int64_t total, int64_t rows,
              const std::atomic<int32_t>* stop, int watched) override {
    return session(function).run(0, params, outputs, batch, total, rows, stop, watched);
  }
  runtime::RunCounts counts(std::string_view function) const override {
    const auto at = sessions_.find(function);
    return at == sessions_.end() ? runtime::RunCounts{} : at->second.counts(0);
  }

  Array get(std::string_view state) const override { return store_->get(state); }
  void set(std::string_view state, const ArrayView& value) override { store_->set(state, value); }

 private:
  runtime::Session& session(std::string_view function) {
    const auto at = sessions_.find(function);
    if (at != sessions_.end()) return at->second;
    runtime::Session made(functions_.compile(function), store_, memory_);
    return sessions_.emplace(function, std::move(made)).first->second;
  }

  CompiledFunctions functions_;
  std::shared_ptr<runtime::WorkingMemory> memory_;
  std::shared_ptr<runtime::StateStore> store_;
  std::map<std::string, runtime::Session, std::less<>> sessions_;  ///< of functions run so far
};

}  // namespace

std::unique_ptr<Engine> make_llvm_engine(const ir::Module& module, const RunOptions& options,
                                         int64_t max_batch,
                                         const std::shared_ptr<runtime::WorkerTeam>& team) {
  const codegen::LlvmOptions llvm{.cpu = options.cpu, .features = options.features};
  runtime::CodeCache cache =
      options.cache ? runtime::CodeCache::of_user() : runtime::CodeCache(std::nullopt);
  return std::make_unique<LlvmEngine>(module, llvm, max_batch, std::move(cache), team);
}

}  // namespace lathe::detail

#endif  // LATHE_LLVM
