// Compiled code as a backend.
#ifdef LATHE_LLVM

#include "codegen/compile.h"
#include "frontend/engine/engine.h"
#include "frontend/engine/lowering.h"
#include "ir/error.h"
#include "runtime/executable.h"

namespace lathe::detail {

namespace {

class LlvmEngine final : public Engine {
 public:
  LlvmEngine(const ir::Module& planned, const codegen::LlvmOptions& options,
             const std::shared_ptr<runtime::WorkerTeam>& team)
      : executable_(codegen::compile_llvm(planned, options)),
        store_(std::make_shared<runtime::StateStore>(*executable_)),
        session_(executable_, store_, team) {
    states_ = planned.states;
  }

  int64_t run(std::string_view function, std::span<const void* const> params,
              std::span<void* const> outputs, int64_t batch, int64_t total, int64_t rows,
              const std::atomic<int32_t>* stop, int watched) override {
    return session_.run(find(function), params, outputs, batch, total, rows, stop, watched);
  }
  runtime::RunCounts counts(std::string_view function) const override {
    return session_.counts(find(function));
  }

  Array get(std::string_view state) const override { return store_->get(state); }
  void set(std::string_view state, const ArrayView& value) override { store_->set(state, value); }

 private:
  int find(std::string_view function) const {
    const int f = executable_->find_function(function);
    LATHE_CHECK(f >= 0, "there is no function " + std::string(function));
    return f;
  }

  std::shared_ptr<runtime::Executable> executable_;
  std::shared_ptr<runtime::StateStore> store_;
  runtime::Session session_;
};

}  // namespace

std::unique_ptr<Engine> make_llvm_engine(const ir::Module& module, const RunOptions& options,
                                         int64_t max_batch,
                                         const std::shared_ptr<runtime::WorkerTeam>& team) {
  const codegen::LlvmOptions llvm{.cpu = options.cpu, .features = options.features};
  const codegen::CpuShape shape = codegen::cpu_shape(llvm);
  const passes::PassOptions pass{.max_batch = max_batch, .target = {shape.vector_lanes}};
  return std::make_unique<LlvmEngine>(lower_to_planned(module, pass), llvm, team);
}

}  // namespace lathe::detail

#endif  // LATHE_LLVM
