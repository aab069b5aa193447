// The entry of a function: for each step the frame is filled and the kernels are called in order,
// with a barrier where the phase changes.
#include "codegen/llvm/function_emitter.h"

#include <algorithm>

#include "ir/access.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/verifier.h"

namespace lathe::codegen {

using llvm::Value;

namespace {

/// Fields of runtime::Call, which is laid out as 64-bit slots.
enum CallField {
  kParams,
  kStates,
  kOutputs,
  kArena,
  kScratch,
  kBatch,
  kTotal,
  kRows,
  kWorkers,
  kBarrier,
  kTeam,
  kStop,
  kStepsDone,
  kStopSeen,
  kWatched
};
static_assert(sizeof(runtime::Call) == 15 * 8, "the call contract has changed");
static_assert(offsetof(runtime::Call, watched) == 8 * kWatched);

class EntryEmitter {
 public:
  EntryEmitter(const ir::Function& f, const FrameLayout& frame, llvm::Module& out,
               const std::vector<llvm::Function*>& kernels)
      : f_(f), frame_(frame), out_(out), b_(out.getContext()), kernels_(kernels) {}

  /// Returns the symbol, which is another one than asked for where a kernel has that name.
  std::string emit(const std::string& symbol) {
    llvm::Type* args[] = {b_.getPtrTy(), b_.getInt64Ty()};
    fn_ = llvm::Function::Create(llvm::FunctionType::get(b_.getVoidTy(), args, false),
                                 llvm::Function::ExternalLinkage, symbol, out_);
    fn_->addFnAttr(llvm::Attribute::NoUnwind);
    call_ = fn_->getArg(0);
    worker_ = fn_->getArg(1);
    auto& context = out_.getContext();
    auto* entry = llvm::BasicBlock::Create(context, "entry", fn_);
    auto* step = llvm::BasicBlock::Create(context, "step", fn_);
    auto* done = llvm::BasicBlock::Create(context, "done", fn_);
    b_.SetInsertPoint(entry);
    slots_ = b_.CreateAlloca(b_.getInt64Ty(), b_.getInt64(frame_.size()), "frame");
    workers_ = number(kWorkers);
    batch_ = number(kBatch);
    total_ = number(kTotal);
    is_first_ = b_.CreateICmpEQ(worker_, b_.getInt64(0));
    set(frame_.arena(), pointer(kArena));
    set(frame_.scratch(),
        b_.CreateLoad(b_.getPtrTy(),
                      b_.CreateInBoundsGEP(b_.getPtrTy(), pointer(kScratch), worker_)));
    set(frame_.rows(), number(kRows));
    set(frame_.workers(), workers_);
    for (int i = 0; i < frame_.states; ++i) set(frame_.state(i), element(pointer(kStates), i));
    params_ = pointer(kParams);
    outputs_ = pointer(kOutputs);
    find_watched();
    b_.CreateCondBr(b_.CreateICmpSGT(total_, b_.getInt64(0)), step, done);

    b_.SetInsertPoint(step);
    auto* s = b_.CreatePHI(b_.getInt64Ty(), 2, "s");
    s->addIncoming(b_.getInt64(0), entry);
    fill_frame(s);
    run_phases();
    end_of_step(s, step, done);
    b_.SetInsertPoint(done);
    b_.CreateRetVoid();
    return fn_->getName().str();
  }

 private:
  Value* field(int i) { return b_.CreateConstInBoundsGEP1_64(b_.getInt64Ty(), call_, i); }
  Value* pointer(int i) { return b_.CreateLoad(b_.getPtrTy(), field(i)); }
  Value* number(int i) { return b_.CreateLoad(b_.getInt64Ty(), field(i)); }
  Value* element(Value* table, int i) {
    return b_.CreateLoad(b_.getPtrTy(), b_.CreateConstInBoundsGEP1_64(b_.getPtrTy(), table, i));
  }
  void set(int slot, Value* v) {
    b_.CreateStore(v, b_.CreateConstInBoundsGEP1_64(b_.getInt64Ty(), slots_, slot));
  }

  static bool is_stream(const TensorType& t) { return t.has_symbol() && t.shape[0].is_batch(); }
  static int64_t row_bytes(const TensorType& t) { return t.row_elements() * dtype_size(t.dtype); }

  Value* advance(Value* base, Value* count, int64_t bytes) {
    return b_.CreateInBoundsGEP(b_.getInt8Ty(), base, b_.CreateMul(count, b_.getInt64(bytes)));
  }

  void fill_frame(Value* s) {
    Value* first = b_.CreateMul(s, batch_);
    Value* left = b_.CreateSub(total_, first);
    set(frame_.batch(), b_.CreateSelect(b_.CreateICmpSLT(left, batch_), left, batch_));
    for (int i = 0; i < frame_.params; ++i) {
      const TensorType& t = f_.op(f_.params[i]).type;
      Value* base = element(params_, i);
      set(frame_.param(i), is_stream(t) ? advance(base, first, row_bytes(t)) : base);
    }
    for (int i = 0; i < frame_.outputs; ++i) {
      const TensorType& t = f_.op(f_.outputs[i].value).type;
      Value* base = element(outputs_, i);
      set(frame_.output(i), is_stream(t) ? advance(base, first, row_bytes(t))
                                         : advance(base, s, t.elements() * dtype_size(t.dtype)));
    }
  }

  void barrier() {
    auto& context = out_.getContext();
    auto* meet = llvm::BasicBlock::Create(context, "barrier", fn_);
    auto* after = llvm::BasicBlock::Create(context, "phase", fn_);
    b_.CreateCondBr(b_.CreateICmpSGT(workers_, b_.getInt64(1)), meet, after);
    b_.SetInsertPoint(meet);
    auto* type = llvm::FunctionType::get(b_.getVoidTy(), {b_.getPtrTy(), b_.getInt64Ty()}, false);
    b_.CreateCall(type, pointer(kBarrier), {pointer(kTeam), worker_});
    b_.CreateBr(after);
    b_.SetInsertPoint(after);
  }

  void run_phases() {
    int64_t phase = kernels_.empty() ? 0 : f_.kernels[0].attrs.integer("phase", 0);
    for (size_t k = 0; k < kernels_.size(); ++k) {
      const int64_t next = f_.kernels[k].attrs.integer("phase", 0);
      if (next != phase) barrier();
      phase = next;
      b_.CreateCall(kernels_[k], {slots_, worker_});
    }
  }

  /// Where nothing is watched, every step looks at one zero instead: no branch in the step.
  void find_watched() {
    auto* nothing = b_.CreateAlloca(b_.getInt32Ty(), nullptr, "unwatched");
    b_.CreateStore(b_.getInt32(0), nothing);
    Value* watched = pointer(kWatched);
    Value* none = b_.CreateIsNull(watched);
    watched_ = b_.CreateSelect(none, nothing, watched);
    watched_stride_ = b_.CreateSelect(none, b_.getInt64(0), b_.getInt64(1));
  }

  /// Whether step s wrote NaN or an infinity to its watched slot. To be asked after the barrier: any
  /// worker may have written it. No later step writes it, so all read the same.
  Value* is_diverged(Value* s) {
    Value* at = b_.CreateInBoundsGEP(b_.getInt32Ty(), watched_, b_.CreateMul(s, watched_stride_));
    Value* bits = b_.CreateAlignedLoad(b_.getInt32Ty(), at, llvm::Align(4));
    constexpr uint32_t kNoSign = 0x7FFFFFFF, kInfinity = 0x7F800000;
    return b_.CreateICmpUGE(b_.CreateAnd(bits, b_.getInt32(kNoSign)), b_.getInt32(kInfinity));
  }

  /// Worker 0 says that the step is done and whether to stop; all meet; all read the answer. A
  /// second meeting keeps worker 0 from writing the next answer before everybody has read this one.
  void end_of_step(llvm::PHINode* s, llvm::BasicBlock* step, llvm::BasicBlock* done) {
    auto& context = out_.getContext();
    Value* next = b_.CreateNSWAdd(s, b_.getInt64(1));
    auto* tell = llvm::BasicBlock::Create(context, "tell", fn_);
    auto* told = llvm::BasicBlock::Create(context, "told", fn_);
    b_.CreateCondBr(is_first_, tell, told);
    b_.SetInsertPoint(tell);
    b_.CreateStore(next, pointer(kStepsDone));
    auto* flag = b_.CreateAlignedLoad(b_.getInt32Ty(), pointer(kStop), llvm::Align(4));
    flag->setAtomic(llvm::AtomicOrdering::Acquire);
    b_.CreateStore(flag, pointer(kStopSeen));
    b_.CreateBr(told);
    b_.SetInsertPoint(told);
    barrier();
    auto* seen = b_.CreateAlignedLoad(b_.getInt32Ty(), pointer(kStopSeen), llvm::Align(4));
    seen->setVolatile(true);
    Value* stop = b_.CreateOr(b_.CreateICmpNE(seen, b_.getInt32(0)), is_diverged(s));
    const bool one_phase = kernels_.empty() || f_.kernels.back().attrs.integer("phase", 0) ==
                                                   f_.kernels.front().attrs.integer("phase", 0);
    if (one_phase) barrier();  // otherwise the barrier after the next first phase does it
    Value* more = b_.CreateICmpSLT(b_.CreateMul(next, batch_), total_);
    auto* latch = b_.GetInsertBlock();
    s->addIncoming(next, latch);
    b_.CreateCondBr(b_.CreateAnd(more, b_.CreateNot(stop)), step, done);
  }

  const ir::Function& f_;
  const FrameLayout& frame_;
  llvm::Module& out_;
  llvm::IRBuilder<> b_;
  const std::vector<llvm::Function*>& kernels_;
  llvm::Function* fn_ = nullptr;
  Value *call_ = nullptr, *worker_ = nullptr, *slots_ = nullptr, *workers_ = nullptr,
        *batch_ = nullptr, *total_ = nullptr, *is_first_ = nullptr, *params_ = nullptr,
        *outputs_ = nullptr, *watched_ = nullptr, *watched_stride_ = nullptr;
};

KernelEmitter emitter(ir::KernelKind kind) {
  switch (kind) {
#define KERNEL_KIND(name, text) \
  case ir::KernelKind::name:    \
    return emit_##text;
#include "ir/kernel_kinds.def"
#undef KERNEL_KIND
  }
  internal_error(__FILE__, __LINE__, "bad kernel kind");
}

void check_planned(const ir::Function& f) {
  const auto fail = [&](const std::string& what) {
    throw Error("function '" + f.name + "' is not planned: " + what +
                "; run the passes up to the stage 'planned' first");
  };
  if (!f.attrs.has("max_batch") || !f.attrs.has("arena")) fail("it has no max_batch and arena");
  for (const ir::Kernel& k : f.kernels)
    if (!k.attrs.has("phase")) fail("kernel @" + k.name + " has no phase");
  const std::vector<bool> buffers = ir::needs_buffer(f);
  std::vector<bool> output(f.ops.size(), false);
  for (const ir::Output& o : f.outputs) {
    output[o.value] = true;
    if (f.op(o.value).attrs.has("layout")) fail("output '" + o.name + "' has a layout");
  }
  for (ir::ValueId id : f.body) {
    const ir::Op& op = f.op(id);
    if (op.kernel == ir::kNone && !ir::is_free(op.kind))
      fail("a '" + std::string(ir::op_info(op.kind).text) + "' is in no kernel");
    if (buffers[id] && !output[id] && !op.attrs.has("offset"))
      fail("the result of a '" + std::string(ir::op_info(op.kind).text) + "' has no offset");
    if (op.kind == ir::OpKind::Reduce && op.attrs.word("kind") == "mean")
      fail("a mean is not split into a sum and a division");
  }
}

runtime::FunctionInfo emit_function(const ir::Module& m, const ir::Function& f, const CpuModel& cpu,
                                    llvm::Module& out, std::string& symbol) {
  check_planned(f);
  FrameLayout frame{static_cast<int>(f.params.size()), static_cast<int>(m.states.size()),
                    static_cast<int>(f.outputs.size())};
  KernelContext c(m, f, cpu, frame, out);
  c.buffers = ir::needs_buffer(f);
  const auto ops = ir::kernel_ops(f);
  std::vector<llvm::Function*> kernels;
  for (size_t k = 0; k < f.kernels.size(); ++k) {
    c.begin(f.name + "." + f.kernels[k].name);
    emitter(f.kernels[k].kind)(c, static_cast<int>(k), ops[k]);
    c.end();
    kernels.push_back(c.fn);
  }
  symbol = EntryEmitter(f, frame, out, kernels).emit("lathe." + f.name);

  runtime::FunctionInfo info;
  info.name = f.name;
  for (ir::ValueId p : f.params) info.params.push_back({f.op(p).name, f.op(p).type});
  for (const ir::Output& o : f.outputs) info.outputs.push_back({o.name, f.op(o.value).type});
  info.max_batch = f.attrs.integer("max_batch", 1);
  info.arena_bytes = f.attrs.integer("arena", 0);
  info.scratch_bytes = c.scratch_bytes;
  return info;
}

}  // namespace

EmittedModule emit_module(const ir::Module& m, const CpuModel& cpu, llvm::LLVMContext& context) {
  EmittedModule e;
  e.module = std::make_unique<llvm::Module>(m.name, context);
  for (const ir::State& s : m.states)
    e.states.push_back({s.name, s.type, runtime::parse_layout(s.attrs.word("layout", "rows"))});
  for (const ir::Function& f : m.functions) {
    e.entries.emplace_back();
    e.functions.push_back(emit_function(m, f, cpu, *e.module, e.entries.back()));
  }
  // What is not planned has been refused in plainer words. The emitters trust phases and offsets: a
  // wrong one would be a race or a lost value.
  ir::verify_all(m);
  return e;
}

}  // namespace lathe::codegen
