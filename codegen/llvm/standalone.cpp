#include "codegen/llvm/standalone.h"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicsAArch64.h>
#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/Linker/Linker.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>
#include <llvm/Transforms/Utils/ModuleUtils.h>

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
  place.file_at = file_at;
  return place;
}

/// Constants as the shell reads them.
class Tables {
 public:
  explicit Tables(llvm::Module& m) : m_(m), b_(m.getContext()) {}

  Constant* number(int64_t n) { return b_.getInt64(static_cast<uint64_t>(n)); }
  Constant* real(float x) { return llvm::ConstantFP::get(b_.getFloatTy(), x); }
  Constant* nothing() { return llvm::ConstantPointerNull::get(b_.getPtrTy()); }
  Constant* record(const std::vector<Constant*>& fields) {
    return llvm::ConstantStruct::getAnon(m_.getContext(), fields);
  }
  llvm::GlobalVariable* constant(Constant* value, const std::string& name) {
    auto* g = new llvm::GlobalVariable(m_, value->getType(), true,
                                       llvm::GlobalValue::PrivateLinkage, value, name);
    g->setAlignment(llvm::Align(8));
    return g;
  }
  /// Null without rows.
  Constant* table(const std::vector<Constant*>& rows, const std::string& name) {
    if (rows.empty()) return nothing();
    auto* type = llvm::ArrayType::get(rows[0]->getType(), rows.size());
    return constant(llvm::ConstantArray::get(type, rows), name);
  }
  Constant* bytes(const std::string& text, const std::string& name) {
    return constant(llvm::ConstantDataArray::getRaw(text, text.size(), b_.getInt8Ty()), name);
  }

 private:
  llvm::Module& m_;
  llvm::IRBuilder<> b_;
};

runtime::WeightsPlan weights_of(const std::vector<runtime::StateInfo>& states) {
  std::vector<runtime::WeightsRecord> records;
  for (const runtime::StateInfo& s : states) records.push_back({s.name, s.type});
  return runtime::plan_weights(records);
}

std::string code_name(size_t number) {
  return "lathe.code." + std::to_string(number);
}

// What is written below is what the shell reads.
static_assert(sizeof(shell::State) == 8 * 8 && offsetof(shell::State, stride_bytes) == 3 * 8 &&
              offsetof(shell::State, file_at) == 5 * 8 &&
              offsetof(shell::State, constant) == 7 * 8);
static_assert(sizeof(shell::Function) == 7 * 8 && offsetof(shell::Function, numbers_at) == 4 * 8 &&
              offsetof(shell::Function, skipped) == 6 * 8);
static_assert(sizeof(shell::MachineCode) == 7 * 8 &&
              offsetof(shell::MachineCode, first_values) == 3 * 8 &&
              offsetof(shell::MachineCode, scratch_bytes) == 6 * 8);
static_assert(sizeof(shell::Program) == 10 * 8 && offsetof(shell::Program, header) == 3 * 8 &&
              offsetof(shell::Program, slot_count) == 6 * 8 &&
              offsetof(shell::Program, most_before) == 9 * 8);

/// By the state's `init`, as the frontend's first_value.
void set_first(shell::State& s, const ir::State& state) {
  const std::string init = state.attrs.word("init");
  if (init == "seed") s.first = shell::Seed;
  if (init != "constant" || state.attrs.word("role") == "weight") return;
  LATHE_CHECK(s.rows == 1, "a state that begins with a number is not plain in memory");
  s.first = shell::Constant;
  s.constant = static_cast<float>(state.attrs.real("value", 0));
}

int64_t before(const ir::Function& f) {
  const std::vector<int64_t> windows = windows_of(f);
  return windows.empty() ? 0 : std::ranges::max(windows) - 1;
}

/// Bytes of each parameter that lie before what the caller gives.
std::vector<Constant*> skipped(Tables& t, const ir::Function& f) {
  std::vector<Constant*> all;
  const std::vector<int64_t> windows = windows_of(f);
  for (size_t i = 0; i < windows.size(); ++i) {
    const TensorType& type = f.op(f.params[i]).type;
    const bool resident = type.rank() > 0 && type.shape[0].is_rows();
    const int64_t row = resident ? type.row_elements() * dtype_size(type.dtype) : 0;
    all.push_back(t.number((before(f) + 1 - windows[i]) * row));
  }
  return all;
}

/// Gives an emitted module a shell::MachineCode, the one name that is seen outside of it until all are joined.
void add_code(EmittedModule& e, const ir::Module& planned, size_t number, int64_t level) {
  llvm::Module& m = *e.module;
  for (Function& f : m)
    if (!f.isDeclaration()) f.setLinkage(llvm::GlobalValue::InternalLinkage);
  Tables t(m);
  const runtime::WeightsPlan weights = weights_of(e.states);
  std::vector<Constant*> states, functions;
  int64_t states_bytes = 0, arena = 0, scratch = 0;
  for (size_t i = 0; i < e.states.size(); ++i) {
    shell::State s = place_of(e.states[i], states_bytes, weights.offsets[i]);
    set_first(s, planned.states[i]);
    states_bytes += rounded(runtime::physical_bytes(e.states[i].type, e.states[i].layout));
    states.push_back(t.record({t.number(s.rows), t.number(s.row_bytes), t.number(s.part_bytes),
                               t.number(s.stride_bytes), t.number(s.at), t.number(s.file_at),
                               t.number(s.first), t.real(s.constant)}));
  }
  Constant* first_values = t.nothing();
  for (size_t i = 0; i < e.functions.size(); ++i) {
    const runtime::FunctionInfo& f = e.functions[i];
    arena = std::max(arena, f.arena_bytes);
    scratch = std::max(scratch, f.scratch_bytes);
    if (f.name == kFirstValues) {
      first_values = m.getFunction(e.entries[i]);
      continue;
    }
    functions.push_back(t.record(
        {m.getFunction(e.entries[i]), t.number(static_cast<int64_t>(f.params.size())),
         t.number(static_cast<int64_t>(f.outputs.size())), t.number(takes_steps(f) ? 1 : 0),
         t.number(numbers_at(f)), t.number(before(planned.functions[i])),
         t.table(skipped(t, planned.functions[i]), "skipped")}));
  }
  auto* code = t.constant(
      t.record({t.number(level), t.table(states, "states"), t.table(functions, "functions"),
                first_values, t.number(states_bytes), t.number(arena), t.number(scratch)}),
      code_name(number));
  code->setLinkage(llvm::GlobalValue::ExternalLinkage);
}

/// Those that C calls by their names.
std::vector<runtime::FunctionInfo> callable(std::vector<runtime::FunctionInfo> all) {
  std::erase_if(all, [](const runtime::FunctionInfo& f) { return f.name == kFirstValues; });
  return all;
}

/// The shell as a module of its own, with what is the same for all CPUs and the names that C calls.
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

  int64_t max_rows() const {
    int64_t most = 1;
    for (const runtime::FunctionInfo& f : functions_) most = std::max(most, f.max_batch);
    return most;
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

  void emit_program() {
    Tables t(*m_);
    const runtime::WeightsPlan weights = weights_of(like_.states);
    int64_t slots = 0, slot_bytes = 0;
    for (const runtime::FunctionInfo& f : functions_) {
      if (!takes_steps(f)) continue;
      slots = std::max(slots, static_cast<int64_t>(f.outputs.size()));
      for (const runtime::OutputInfo& o : f.outputs)
        slot_bytes = std::max(slot_bytes, rounded(o.type.elements() * dtype_size(o.type.dtype)));
    }
    std::vector<Constant*> codes;
    for (size_t i = 0; i < codes_; ++i)
      codes.push_back(new llvm::GlobalVariable(*m_, i64(), true, llvm::GlobalValue::ExternalLinkage,
                                               nullptr, code_name(i)));
    program_ = t.constant(
        t.record(
            {t.table(codes, "codes"), t.number(static_cast<int64_t>(codes.size())),
             t.number(static_cast<int64_t>(like_.states.size())), t.bytes(weights.header, "header"),
             t.number(static_cast<int64_t>(weights.header.size())), t.number(weights.payload_bytes),
             t.number(slots), t.number(slot_bytes), t.number(max_rows()), t.number(most_before_)}),
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

/// The levels of x86-64 that a model is compiled for; one CPU by itself is not asked for.
std::vector<int64_t> levels_of(const std::vector<StandaloneCode>& codes) {
  if (codes.size() == 1) return {0};
  static constexpr const char* kLevels[] = {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
  std::vector<int64_t> levels;
  for (const StandaloneCode& code : codes) {
    const auto* at = std::ranges::find(kLevels, code.llvm.cpu);
    if (at == std::end(kLevels))
      throw Error("one of several cpus is '" + code.llvm.cpu +
                  "', expected x86-64, x86-64-v2, x86-64-v3 or x86-64-v4");
    levels.push_back(at - std::begin(kLevels) + 1);
    if (levels.size() > 1 && levels.back() <= levels[levels.size() - 2])
      throw Error("cpus are in rising order, which " + code.llvm.cpu + " is not");
  }
  return levels;
}

void drop_unused(llvm::Module& m) {
  llvm::ModuleAnalysisManager none;
  llvm::PassBuilder().registerModuleAnalyses(none);
  llvm::GlobalDCEPass().run(m, none);
}

}  // namespace

Standalone make_standalone(const std::vector<StandaloneCode>& codes,
                           const StandaloneOptions& options) {
  const std::vector<int64_t> levels = levels_of(codes);
  llvm::LLVMContext context;
  std::vector<EmittedModule> emitted;
  Standalone out;
  const auto base = make_target(codes.at(0).llvm);
  if (base->createDataLayout().getPointerSize() != 8)
    throw Error("compiled models have addresses of 64 bits, which " +
                base->getTargetTriple().str() + " has not");
  if (!base->getTargetTriple().isOSBinFormatELF())
    throw Error("compiled models are ELF files, which " + base->getTargetTriple().str() +
                " has not");
  for (size_t i = 0; i < codes.size(); ++i) {
    const auto machine = make_target(codes[i].llvm);
    const CpuModel cpu = cpu_model(*machine);
    emitted.push_back(emit_module(codes[i].module, cpu, context));
    add_code(emitted.back(), codes[i].module, i, levels[i]);
    prepare(*emitted.back().module, *machine, cpu);
    optimize(*emitted.back().module, *machine, codes[i].llvm.opt_level);
    out.cpus.push_back(machine->getTargetCPU().str());
  }
  ShellEmitter shell(context, emitted[0], codes[0].module, codes.size(), options, *base);
  std::unique_ptr<llvm::Module> all = shell.emit();
  prepare(*all, *base, cpu_model(*base));
  for (size_t i = 0; i < codes.size(); ++i) {
    LATHE_CHECK(!llvm::Linker::linkModules(*all, std::move(emitted[i].module)),
                "the shell and the code do not link");
    all->getNamedGlobal(code_name(i))->setLinkage(llvm::GlobalValue::PrivateLinkage);
  }
  drop_unused(*all);
  const Bytes object = object_or_assembly(*all, *base, llvm::CodeGenFileType::ObjectFile);
  out.object.assign(object.begin(), object.end());
  out.max_rows = shell.max_rows();
  out.functions = callable(emitted[0].functions);
  for (const runtime::FunctionInfo& f : out.functions)
    out.windows.push_back(windows_of(codes[0].module.function(f.name)));
  out.embeds = !options.weights.empty();
  out.freestanding = options.freestanding;
  out.draws = out.functions.size() < emitted[0].functions.size();
  out.states = std::move(emitted[0].states);
  return out;
}

}  // namespace lathe::codegen
