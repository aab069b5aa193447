#include "tests/llvm/scalar_emit_probe.h"

#include <llvm/ADT/SmallString.h>
#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <functional>
#include <vector>

#include "codegen/llvm/optimize.h"
#include "codegen/llvm/philox_emit.h"
#include "codegen/llvm/scalar_emit.h"
#include "ir/error.h"

namespace lathe::codegen {

namespace {

using llvm::Value;

void check(llvm::Error error) {
  if (error) throw InternalError("probe: " + llvm::toString(std::move(error)));
}

template <typename T>
T check(llvm::Expected<T> value) {
  check(value.takeError());
  return std::move(*value);
}

llvm::orc::JITTargetMachineBuilder target_of(const std::string& cpu) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto host = check(llvm::orc::JITTargetMachineBuilder::detectHost());
  if (cpu.empty()) return host;
  llvm::orc::JITTargetMachineBuilder named(host.getTargetTriple());
  named.setCPU(cpu);
  return named;
}

std::string assembly_of(const llvm::Module& module, llvm::TargetMachine& target) {
  auto copy = llvm::CloneModule(module);
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream out(text);
  llvm::legacy::PassManager passes;
  LATHE_CHECK(
      !target.addPassesToEmitFile(passes, out, nullptr, llvm::CodeGenFileType::AssemblyFile),
      "the target writes no assembly");
  passes.run(*copy);
  return std::string(text);
}

}  // namespace

struct ScalarProbe::State {
  using Entry = void(const void* const* in, void* out, int64_t n);
  /// The values of elements i to i + lanes - 1, where `in` points to the arrays.
  using Body = std::function<Value*(llvm::IRBuilder<>& b, MathOptions math, Value* in, Value* i)>;

  State(const Options& options, const Body& body);

  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::string assembly;
  Entry* entry = nullptr;
  unsigned lanes;
};

// for (i = 0; i < n; i += lanes) out[i ...] = body(i)
ScalarProbe::State::State(const Options& options, const Body& body) : lanes(options.lanes) {
  auto builder = target_of(options.cpu);
  auto target = check(builder.createTargetMachine());
  auto context = std::make_unique<llvm::LLVMContext>();
  auto module = std::make_unique<llvm::Module>("probe", *context);
  module->setDataLayout(target->createDataLayout());
  module->setTargetTriple(target->getTargetTriple().str());

  llvm::IRBuilder<> b(*context);
  auto* type =
      llvm::FunctionType::get(b.getVoidTy(), {b.getPtrTy(), b.getPtrTy(), b.getInt64Ty()}, false);
  auto* function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, "probe", *module);
  function->getArg(1)->addAttr(llvm::Attribute::NoAlias);
  auto* start = llvm::BasicBlock::Create(*context, "start", function);
  auto* loop = llvm::BasicBlock::Create(*context, "loop", function);
  auto* end = llvm::BasicBlock::Create(*context, "end", function);
  Value *in = function->getArg(0), *out = function->getArg(1), *n = function->getArg(2);
  b.SetInsertPoint(start);
  b.CreateCondBr(b.CreateICmpSGT(n, b.getInt64(0)), loop, end);
  b.SetInsertPoint(loop);
  auto* i = b.CreatePHI(b.getInt64Ty(), 2);
  if (options.fast) b.setFastMathFlags(llvm::FastMathFlags::getFast());
  Value* y = body(b, math_options(*target), in, i);
  if (y->getType()->isIntOrIntVectorTy(1)) y = b.CreateZExt(y, y->getType()->getWithNewBitWidth(8));
  b.CreateAlignedStore(y, b.CreateGEP(y->getType()->getScalarType(), out, i), llvm::Align(1));
  Value* next = b.CreateAdd(i, b.getInt64(lanes));
  i->addIncoming(b.getInt64(0), start);
  i->addIncoming(next, loop);
  b.CreateCondBr(b.CreateICmpSLT(next, n), loop, end);
  b.SetInsertPoint(end);
  b.CreateRetVoid();

  std::string faults;
  llvm::raw_string_ostream report(faults);
  LATHE_CHECK(!llvm::verifyModule(*module, &report), "the probe is not valid LLVM IR: " + faults);
  optimize(*module, *target, 2);
  if (options.assembly) assembly = assembly_of(*module, *target);
  jit = check(llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(builder)).create());
  check(jit->addIRModule({std::move(module), std::move(context)}));
  entry = check(jit->lookup("probe")).toPtr<Entry>();
}

ScalarProbe::ScalarProbe(std::unique_ptr<State> state) : state_(std::move(state)) {}
ScalarProbe::ScalarProbe(ScalarProbe&&) noexcept = default;
ScalarProbe::~ScalarProbe() = default;

ScalarProbe ScalarProbe::map(const ir::ScalarExpr& e, DType dtype, const Options& options) {
  return ScalarProbe(std::make_unique<State>(
      options, [&](llvm::IRBuilder<>& b, MathOptions math, Value* in, Value* i) {
        llvm::Type* element = element_type(b.getContext(), dtype);
        llvm::Type* type = element;
        if (options.lanes > 1) type = llvm::FixedVectorType::get(element, options.lanes);
        std::vector<Value*> args;
        for (int k = 0; k < std::max(1, e.arity()); ++k) {
          Value* array = b.CreateLoad(b.getPtrTy(), b.CreateConstGEP1_64(b.getPtrTy(), in, k));
          args.push_back(b.CreateAlignedLoad(type, b.CreateGEP(element, array, i), llvm::Align(1)));
        }
        return emit_scalar(b, e, args, dtype, math);
      }));
}

ScalarProbe ScalarProbe::uniform(uint32_t stream, const Options& options, bool at_block) {
  return ScalarProbe(
      std::make_unique<State>(options, [&](llvm::IRBuilder<>& b, MathOptions, Value* in, Value* i) {
        Value* numbers = b.CreateLoad(b.getPtrTy(), in);
        auto number = [&](int k) {
          return b.CreateLoad(b.getInt64Ty(), b.CreateConstGEP1_64(b.getInt64Ty(), numbers, k));
        };
        const auto emit = at_block ? emit_uniform : emit_uniform_from;
        return emit(b, number(0), number(1), stream, b.CreateAdd(number(2), i), options.lanes);
      }));
}

void ScalarProbe::operator()(std::span<const void* const> in, void* out, int64_t n) const {
  LATHE_CHECK(n % state_->lanes == 0, "a number of elements that is no multiple of the lanes");
  state_->entry(in.data(), out, n);
}

const std::string& ScalarProbe::assembly() const {
  return state_->assembly;
}

}  // namespace lathe::codegen
