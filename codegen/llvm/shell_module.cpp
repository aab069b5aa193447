#include "codegen/llvm/shell_module.h"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicsAArch64.h>
#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/Transforms/Utils/ModuleUtils.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "codegen/llvm/shell_bitcode.h"
#include "codegen/llvm/standalone_tables.h"
#include "codegen/standalone/interface.h"
#include "ir/error.h"
#include "runtime/fp_mode_bits.h"

namespace lathe::codegen {

namespace {

using llvm::Constant;
using llvm::Function;
using llvm::Value;

class ShellEmitter {
 public:
  /// `like`: the functions and states of any of the codes.
  ShellEmitter(llvm::LLVMContext& context, const EmittedModule& like, const ir::Module& planned,
               size_t codes, const StandaloneOptions& options, llvm::TargetMachine& machine)
      : like_(like),
        functions_(callable(like.functions)),
        codes_(codes),
        options_(options),
        machine_(machine),
        b_(context) {
    for (const ir::Function& f : planned.functions)
      most_before_ = std::max(most_before_, before(f));
  }

  std::unique_ptr<llvm::Module> emit() {
    read_shell();
    define_modes();
    emit_program();
    for (size_t i = 0; i < functions_.size(); ++i) {
      emit_call(i, false);
      emit_call(i, true);
    }
    emit_services();
    if (!options_.weights.empty()) emit_weights();
    if (options_.freestanding) own_copies();
    return std::move(m_);
  }

 private:
  llvm::PointerType* ptr() { return b_.getPtrTy(); }
  llvm::IntegerType* i64() { return b_.getInt64Ty(); }
  llvm::IntegerType* i32() { return b_.getInt32Ty(); }
  Value* number(int64_t n) { return b_.getInt64(static_cast<uint64_t>(n)); }

  void read_shell() {
    auto shell = llvm::parseBitcodeFile(
        llvm::MemoryBufferRef(llvm::StringRef(lathe_shell_bitcode, shell_bitcode_size()), "shell"),
        b_.getContext());
    if (!shell) internal_error(__FILE__, __LINE__, llvm::toString(shell.takeError()));
    m_ = std::move(*shell);
    // Compiled for a 64-bit machine with the baseline of one kind: what it says of that is the target's to say.
    if (llvm::NamedMDNode* flags = m_->getModuleFlagsMetadata()) flags->eraseFromParent();
    if (llvm::NamedMDNode* ident = m_->getNamedMetadata("llvm.ident")) ident->eraseFromParent();
    for (Function& f : *m_) {
      for (const char* of_cpu : {"target-cpu", "target-features", "tune-cpu"})
        f.removeFnAttr(of_cpu);
      if (f.isDeclaration()) continue;
      f.setComdat(nullptr);  // each model has its own
      f.setLinkage(llvm::GlobalValue::InternalLinkage);
    }
    if (machine_.getTargetTriple().isX86()) return;
    // By x86's instructions; elsewhere there are no levels.
    Function* level = m_->getFunction("lathe_shell_level");
    level->deleteBody();
    level->setLinkage(llvm::GlobalValue::InternalLinkage);
    b_.SetInsertPoint(llvm::BasicBlock::Create(m_->getContext(), "", level));
    b_.CreateRet(number(0));
  }

  /// lathe_shell_enter and lathe_shell_leave: as runtime::FpMode does it.
  void define_modes() {
    Function* enter = m_->getFunction("lathe_shell_enter");
    Function* leave = m_->getFunction("lathe_shell_leave");
    for (Function* f : {enter, leave}) {
      f->setLinkage(llvm::GlobalValue::InternalLinkage);
      llvm::BasicBlock::Create(m_->getContext(), "", f);
    }
    const bool x86 = machine_.getTargetTriple().isX86();
    b_.SetInsertPoint(&enter->getEntryBlock());
    if (x86) {
      auto* word = b_.CreateAlloca(i32());
      b_.CreateIntrinsic(llvm::Intrinsic::x86_sse_stmxcsr, {}, {word});
      Value* old = b_.CreateLoad(i32(), word);
      b_.CreateStore(b_.getInt32(runtime::kX86Mode), word);
      b_.CreateIntrinsic(llvm::Intrinsic::x86_sse_ldmxcsr, {}, {word});
      b_.CreateRet(b_.CreateZExt(old, i64()));
    } else {
      Value* old = b_.CreateIntrinsic(llvm::Intrinsic::aarch64_get_fpcr, {}, {});
      Value* mode = b_.CreateOr(b_.CreateAnd(old, b_.getInt64(~runtime::kArmCleared)),
                                b_.getInt64(runtime::kArmFlush));
      b_.CreateIntrinsic(llvm::Intrinsic::aarch64_set_fpcr, {}, {mode});
      b_.CreateRet(old);
    }
    b_.SetInsertPoint(&leave->getEntryBlock());
    Value* mode = leave->getArg(0);
    if (x86) {
      auto* word = b_.CreateAlloca(i32());
      b_.CreateStore(b_.CreateTrunc(mode, i32()), word);
      b_.CreateIntrinsic(llvm::Intrinsic::x86_sse_ldmxcsr, {}, {word});
    } else {
      b_.CreateIntrinsic(llvm::Intrinsic::aarch64_set_fpcr, {}, {mode});
    }
    b_.CreateRetVoid();
  }

  void emit_program() {
    Tables t(*m_);
    const runtime::WeightsPlan weights = weights_of(like_.states);
    int64_t slots = 0, slot_bytes = 0;
    for (const runtime::FunctionInfo& f : functions_) {
      if (!takes_steps(f)) continue;
      slots = std::max(slots, static_cast<int64_t>(f.outputs.size()));
      for (const runtime::OutputInfo& o : f.outputs)
        slot_bytes =
            std::max(slot_bytes, whole_lines(o.type.elements() * dtype_size(o.type.dtype)));
    }
    std::vector<Constant*> codes;
    for (size_t i = 0; i < codes_; ++i)
      codes.push_back(new llvm::GlobalVariable(*m_, i64(), true, llvm::GlobalValue::ExternalLinkage,
                                               nullptr, code_name(i)));
    program_ =
        t.constant(t.record({t.table(codes, "codes"), t.number(static_cast<int64_t>(codes.size())),
                             t.number(static_cast<int64_t>(like_.states.size())),
                             t.bytes(weights.header, "header"),
                             t.number(static_cast<int64_t>(weights.header.size())),
                             t.number(weights.payload_bytes), t.number(slots), t.number(slot_bytes),
                             t.number(most_rows(functions_)), t.number(most_before_)}),
                   "program");
  }

  Function* make(const std::string& name, llvm::Type* result, llvm::ArrayRef<llvm::Type*> args) {
    auto* f =
        Function::Create(llvm::FunctionType::get(result, args, false),
                         llvm::GlobalValue::ExternalLinkage, options_.prefix + "_" + name, *m_);
    f->addFnAttr(llvm::Attribute::NoUnwind);
    b_.SetInsertPoint(llvm::BasicBlock::Create(m_->getContext(), "", f));
    return f;
  }
  Value* call(const char* name, llvm::ArrayRef<Value*> args) {
    return b_.CreateCall(m_->getFunction(name), args);
  }

  /// PREFIX_NAME(model, inputs..., rows, outputs...) and PREFIX_NAME_part(..., worker, workers, barrier, team), as
  /// interface.h says.
  void emit_call(size_t function, bool part) {
    const runtime::FunctionInfo& f = functions_[function];
    const bool steps = takes_steps(f);
    const std::vector<int> inputs = given_params(f);
    std::vector<llvm::Type*> types{ptr()};
    types.insert(types.end(), inputs.size(), ptr());
    types.push_back(i64());
    if (!steps) types.insert(types.end(), f.outputs.size(), ptr());
    const size_t part_at = types.size();
    if (part) types.insert(types.end(), {i64(), i64(), ptr(), ptr()});
    Function* fn = make(part ? f.name + "_part" : f.name, steps ? b_.getFloatTy() : i32(), types);
    Value* params =
        b_.CreateAlloca(ptr(), number(static_cast<int64_t>(std::max<size_t>(f.params.size(), 1))));
    Value* outputs =
        b_.CreateAlloca(ptr(), number(static_cast<int64_t>(std::max<size_t>(f.outputs.size(), 1))));
    unsigned at = 1;
    for (const int i : inputs)
      b_.CreateStore(fn->getArg(at++), b_.CreateConstInBoundsGEP1_64(ptr(), params, i));
    Value* rows = fn->getArg(at++);
    for (size_t i = 0; !steps && i < f.outputs.size(); ++i)
      b_.CreateStore(fn->getArg(at++), b_.CreateConstInBoundsGEP1_64(ptr(), outputs, i));
    Value* who = llvm::ConstantPointerNull::get(ptr());
    if (part) {
      who = b_.CreateAlloca(i64(), number(4));
      for (unsigned i = 0; i < 4; ++i)
        b_.CreateStore(fn->getArg(static_cast<unsigned>(part_at) + i),
                       b_.CreateConstInBoundsGEP1_64(i64(), who, i));
    }
    Value* code =
        call("lathe_shell_run", {fn->getArg(0), program_, number(static_cast<int64_t>(function)),
                                 params, outputs, rows, who});
    if (steps) code = call("lathe_shell_result", {fn->getArg(0), program_, code});
    b_.CreateRet(code);
  }

  /// What does not depend on the model's functions.
  void emit_services() {
    const auto forward = [&](const std::string& name, const char* shell, llvm::Type* result,
                             llvm::ArrayRef<llvm::Type*> args, bool with_model) {
      Function* f = make(name, result, args);
      std::vector<Value*> values;
      for (llvm::Argument& a : f->args()) values.push_back(&a);
      values.insert(values.begin() + (with_model ? 1 : 0), program_);
      b_.CreateRet(call(shell, values));
    };
    forward("bytes_for", "lathe_shell_bytes", i64(), {i64(), i64()}, false);
    forward("create_on", "lathe_shell_create", ptr(), {ptr(), i64(), i64(), i64()}, false);
    if (functions_.size() < like_.functions.size())
      forward("init", "lathe_shell_init", i32(), {ptr(), i64()}, true);
    forward("load", "lathe_shell_load", i32(), {ptr(), ptr(), i64()}, true);
    forward("weights_bytes", "lathe_shell_weights_bytes", i64(), {}, false);
    forward("save", "lathe_shell_save", i32(), {ptr(), ptr(), i64()}, true);
    forward("output", "lathe_shell_output", ptr(), {ptr(), i64()}, true);
    forward("error", "lathe_shell_error", i32(), {ptr()}, true);
    Function* bytes = make("bytes", i64(), {i64()});
    b_.CreateRet(call("lathe_shell_bytes", {program_, bytes->getArg(0), number(1)}));
    for (const bool workers : {false, true}) {
      std::vector<llvm::Type*> args{ptr(), i64()};
      if (workers) args.push_back(i64());
      Function* create = make(workers ? "create_for" : "create", ptr(), args);
      b_.CreateRet(
          call("lathe_shell_create", {program_, create->getArg(0), create->getArg(1),
                                      workers ? create->getArg(2) : number(1), number(-1)}));
    }
  }

  void emit_weights() {
    Constant* weights = Tables(*m_).bytes(options_.weights, "weights");
    llvm::cast<llvm::GlobalVariable>(weights)->setAlignment(llvm::Align(runtime::kAlignment));
    make("weights", ptr(), {});
    b_.CreateRet(weights);
  }

  /// Code calls these by name, when LLVM has made it: so they are kept, whoever seems to use them.
  void own_copies() {
    std::vector<llvm::GlobalValue*> kept;
    for (const char* name : {"memcpy", "memset"}) {
      if (Function* declared = m_->getFunction(name)) {
        declared->replaceAllUsesWith(m_->getFunction("lathe_shell_" + std::string(name)));
        declared->eraseFromParent();
      }
      kept.push_back(m_->getFunction("lathe_shell_" + std::string(name)));
      kept.back()->setName(name);
    }
    llvm::appendToCompilerUsed(*m_, kept);
  }

  const EmittedModule& like_;
  std::vector<runtime::FunctionInfo> functions_;
  size_t codes_;
  const StandaloneOptions& options_;
  llvm::TargetMachine& machine_;
  llvm::IRBuilder<> b_;
  std::unique_ptr<llvm::Module> m_;
  Constant* program_ = nullptr;
  int64_t most_before_ = 0;
};

}  // namespace

std::unique_ptr<llvm::Module> shell_module(llvm::LLVMContext& context, const EmittedModule& like,
                                           const ir::Module& planned, size_t codes,
                                           const StandaloneOptions& options,
                                           llvm::TargetMachine& machine) {
  return ShellEmitter(context, like, planned, codes, options, machine).emit();
}

}  // namespace lathe::codegen
