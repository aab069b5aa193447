#include "codegen/llvm/standalone.h"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicsAArch64.h>
#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/Linker/Linker.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>

#include <algorithm>
#include <vector>

#include "codegen/llvm/function_emitter.h"
#include "codegen/llvm/object_file.h"
#include "codegen/llvm/optimize.h"
#include "codegen/llvm/shell_bitcode.h"
#include "codegen/llvm/target.h"
#include "codegen/standalone/interface.h"
#include "codegen/standalone/shell.h"
#include "ir/error.h"
#include "runtime/weights_file.h"

namespace lathe::codegen {

namespace {

using llvm::Constant;
using llvm::Function;
using llvm::Value;

int64_t rounded(int64_t bytes) {
  return (bytes + runtime::kAlignment - 1) / runtime::kAlignment * runtime::kAlignment;
}

shell::State place_of(const runtime::StateInfo& s, int64_t at, int64_t file_at) {
  const int64_t size = dtype_size(s.type.dtype);
  shell::State place{};
  place.rows = 1;
  place.row_bytes = place.part_bytes = place.stride_bytes = s.type.elements() * size;
  if (s.type.rank() == 2 && s.layout != runtime::Layout::rows()) {
    place.rows = s.type.shape[0].size();
    place.row_bytes = s.type.shape[1].size() * size;
    place.stride_bytes = runtime::row_stride(s.type, s.layout) * size;
    place.part_bytes = std::min(place.row_bytes, place.stride_bytes);
  }
  place.at = at;
  place.bytes = rounded(runtime::physical_bytes(s.type, s.layout));
  place.file_at = file_at;
  return place;
}

/// Joins an emitted module with the shell and gives it the names that C calls.
class StandaloneEmitter {
 public:
  StandaloneEmitter(EmittedModule& emitted, const std::string& prefix, llvm::TargetMachine& machine)
      : e_(emitted), m_(*emitted.module), prefix_(prefix), machine_(machine), b_(m_.getContext()) {}

  int64_t emit() {
    for (Function& f : m_)
      if (!f.isDeclaration()) f.setLinkage(llvm::GlobalValue::InternalLinkage);
    link_shell();
    define_modes();
    emit_program();
    for (size_t i = 0; i < e_.functions.size(); ++i) {
      emit_call(e_.functions[i], i, false);
      emit_call(e_.functions[i], i, true);
    }
    emit_services();
    drop_unused();
    return max_rows_;
  }

 private:
  llvm::PointerType* ptr() { return b_.getPtrTy(); }
  llvm::IntegerType* i64() { return b_.getInt64Ty(); }
  llvm::IntegerType* i32() { return b_.getInt32Ty(); }
  Constant* number(int64_t n) { return b_.getInt64(static_cast<uint64_t>(n)); }

  void link_shell() {
    auto shell = llvm::parseBitcodeFile(
        llvm::MemoryBufferRef(llvm::StringRef(lathe_shell_bitcode, shell_bitcode_size()), "shell"),
        m_.getContext());
    if (!shell) internal_error(__FILE__, __LINE__, llvm::toString(shell.takeError()));
    // Compiled for a 64-bit machine with the baseline of one kind: what it says of that is the target's to say.
    (*shell)->setTargetTriple(machine_.getTargetTriple().str());
    (*shell)->setDataLayout(machine_.createDataLayout());
    if (llvm::NamedMDNode* flags = (*shell)->getModuleFlagsMetadata()) flags->eraseFromParent();
    if (llvm::NamedMDNode* ident = (*shell)->getNamedMetadata("llvm.ident"))
      ident->eraseFromParent();
    for (Function& f : **shell) {
      f.removeFnAttr("target-cpu");
      f.removeFnAttr("target-features");
      f.removeFnAttr("tune-cpu");
    }
    m_.setTargetTriple((*shell)->getTargetTriple());
    m_.setDataLayout((*shell)->getDataLayout());
    std::vector<std::string> names;
    for (const Function& f : **shell)
      if (!f.isDeclaration()) names.push_back(f.getName().str());
    LATHE_CHECK(!llvm::Linker::linkModules(m_, std::move(*shell)), "the shell does not link");
    for (const std::string& name : names) {
      m_.getFunction(name)->setComdat(nullptr);  // each model has its own
      m_.getFunction(name)->setLinkage(llvm::GlobalValue::InternalLinkage);
    }
  }

  /// lathe_shell_enter and lathe_shell_leave: as runtime::FpMode does it.
  void define_modes() {
    Function* enter = m_.getFunction("lathe_shell_enter");
    Function* leave = m_.getFunction("lathe_shell_leave");
    for (Function* f : {enter, leave}) {
      f->setLinkage(llvm::GlobalValue::InternalLinkage);
      llvm::BasicBlock::Create(m_.getContext(), "", f);
    }
    const bool x86 = machine_.getTargetTriple().isX86();
    b_.SetInsertPoint(&enter->getEntryBlock());
    if (x86) {
      auto* word = b_.CreateAlloca(i32());
      b_.CreateIntrinsic(llvm::Intrinsic::x86_sse_stmxcsr, {}, {word});
      Value* old = b_.CreateLoad(i32(), word);
      constexpr uint32_t kMaskedFlushing = 0x1F80 | 0x8000 | 0x0040;
      b_.CreateStore(b_.getInt32(kMaskedFlushing), word);
      b_.CreateIntrinsic(llvm::Intrinsic::x86_sse_ldmxcsr, {}, {word});
      b_.CreateRet(b_.CreateZExt(old, i64()));
    } else {
      Value* old = b_.CreateIntrinsic(llvm::Intrinsic::aarch64_get_fpcr, {}, {});
      constexpr uint64_t kFlush = uint64_t{1} << 24, kRounding = uint64_t{3} << 22;
      constexpr uint64_t kTraps = (uint64_t{0x1F} << 8) | (uint64_t{1} << 15);
      Value* mode =
          b_.CreateOr(b_.CreateAnd(old, b_.getInt64(~(kRounding | kTraps))), b_.getInt64(kFlush));
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

  llvm::GlobalVariable* constant(Constant* value, const char* name) {
    auto* g = new llvm::GlobalVariable(m_, value->getType(), true,
                                       llvm::GlobalValue::PrivateLinkage, value, name);
    g->setAlignment(llvm::Align(8));
    return g;
  }
  Constant* record(const std::vector<Constant*>& fields) {
    return llvm::ConstantStruct::getAnon(m_.getContext(), fields);
  }
  Constant* table(const std::vector<Constant*>& rows, const char* name) {
    if (rows.empty()) return llvm::ConstantPointerNull::get(ptr());
    return constant(
        llvm::ConstantArray::get(llvm::ArrayType::get(rows[0]->getType(), rows.size()), rows),
        name);
  }

  void emit_program() {
    std::vector<runtime::WeightsRecord> records;
    for (const runtime::StateInfo& s : e_.states) records.push_back({s.name, s.type});
    const runtime::WeightsPlan weights = runtime::plan_weights(records);
    std::vector<Constant*> states;
    int64_t states_bytes = 0;
    for (size_t i = 0; i < e_.states.size(); ++i) {
      const shell::State s = place_of(e_.states[i], states_bytes, weights.offsets[i]);
      states_bytes += s.bytes;
      states.push_back(
          record({number(s.rows), number(s.row_bytes), number(s.part_bytes), number(s.stride_bytes),
                  number(s.at), number(s.bytes), number(s.file_at)}));
    }
    int64_t arena = 0, scratch = 0, slots = 0, slot_bytes = 0;
    for (size_t i = 0; i < e_.functions.size(); ++i) {
      const runtime::FunctionInfo& f = e_.functions[i];
      arena = std::max(arena, f.arena_bytes);
      scratch = std::max(scratch, f.scratch_bytes);
      max_rows_ = std::max(max_rows_, f.max_batch);
      const bool steps = takes_steps(f);
      if (steps) {
        slots = std::max(slots, static_cast<int64_t>(f.outputs.size()));
        for (const runtime::OutputInfo& o : f.outputs)
          slot_bytes = std::max(slot_bytes, rounded(o.type.elements() * dtype_size(o.type.dtype)));
      }
      functions_.push_back(constant(
          record({m_.getFunction(e_.entries[i]), number(static_cast<int64_t>(f.params.size())),
                  number(static_cast<int64_t>(f.outputs.size())), number(steps ? 1 : 0),
                  number(numbers_at(f))}),
          "function"));
    }
    auto* header =
        llvm::ConstantDataArray::getRaw(weights.header, weights.header.size(), b_.getInt8Ty());
    program_ = constant(
        record({table(states, "states"), number(static_cast<int64_t>(states.size())),
                constant(header, "header"), number(static_cast<int64_t>(weights.header.size())),
                number(weights.payload_bytes), number(states_bytes), number(arena), number(scratch),
                number(slots), number(slot_bytes), number(max_rows_)}),
        "program");
  }

  Function* make(const std::string& name, llvm::Type* result, llvm::ArrayRef<llvm::Type*> args) {
    auto* f = Function::Create(llvm::FunctionType::get(result, args, false),
                               llvm::GlobalValue::ExternalLinkage, prefix_ + "_" + name, m_);
    f->addFnAttr(llvm::Attribute::NoUnwind);
    b_.SetInsertPoint(llvm::BasicBlock::Create(m_.getContext(), "", f));
    return f;
  }
  Value* call(const char* name, llvm::ArrayRef<Value*> args) {
    return b_.CreateCall(m_.getFunction(name), args);
  }

  /// PREFIX_NAME(model, inputs..., rows, outputs...) and PREFIX_NAME_part(..., worker, workers, barrier, team), as
  /// interface.h says.
  void emit_call(const runtime::FunctionInfo& f, size_t number_of, bool part) {
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
    Value* code = call("lathe_shell_run", {fn->getArg(0), program_, functions_[number_of], params,
                                           outputs, rows, who});
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
    forward("create_for", "lathe_shell_create", ptr(), {ptr(), i64(), i64()}, false);
    forward("load", "lathe_shell_load", i32(), {ptr(), ptr(), i64()}, true);
    forward("weights_bytes", "lathe_shell_weights_bytes", i64(), {}, false);
    forward("save", "lathe_shell_save", i32(), {ptr(), ptr(), i64()}, true);
    forward("output", "lathe_shell_output", ptr(), {ptr(), i64()}, true);
    forward("error", "lathe_shell_error", i32(), {ptr()}, true);
    Function* bytes = make("bytes", i64(), {i64()});
    b_.CreateRet(call("lathe_shell_bytes", {program_, bytes->getArg(0), number(1)}));
    Function* create = make("create", ptr(), {ptr(), i64()});
    b_.CreateRet(
        call("lathe_shell_create", {program_, create->getArg(0), create->getArg(1), number(1)}));
  }

  void drop_unused() {
    llvm::ModuleAnalysisManager none;
    llvm::PassBuilder().registerModuleAnalyses(none);
    llvm::GlobalDCEPass().run(m_, none);
  }

  EmittedModule& e_;
  llvm::Module& m_;
  const std::string& prefix_;
  llvm::TargetMachine& machine_;
  llvm::IRBuilder<> b_;
  Constant* program_ = nullptr;
  std::vector<Constant*> functions_;
  int64_t max_rows_ = 1;
};

}  // namespace

Standalone make_standalone(const ir::Module& module, const StandaloneOptions& options) {
  const auto machine = make_target(options.llvm);
  const CpuModel cpu = cpu_model(*machine);
  llvm::LLVMContext context;
  EmittedModule emitted = emit_module(module, cpu, context);
  Standalone out;
  out.max_rows = StandaloneEmitter(emitted, options.prefix, *machine).emit();
  prepare(*emitted.module, *machine, cpu);
  optimize(*emitted.module, *machine, options.llvm.opt_level);
  const Bytes object =
      object_or_assembly(*emitted.module, *machine, llvm::CodeGenFileType::ObjectFile);
  out.object.assign(object.begin(), object.end());
  out.functions = std::move(emitted.functions);
  out.states = std::move(emitted.states);
  return out;
}

}  // namespace lathe::codegen
