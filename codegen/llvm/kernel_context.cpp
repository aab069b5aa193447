#include "codegen/llvm/kernel_context.h"

#include <llvm/IR/Intrinsics.h>

#include "ir/access.h"
#include "ir/error.h"

namespace lathe::codegen {

using llvm::Value;

void emit_prefetch(llvm::IRBuilder<>& b, Value* address, bool written) {
  constexpr int kKeep = 3, kData = 1;
  b.CreateIntrinsic(llvm::Intrinsic::prefetch, {b.getPtrTy()},
                    {address, b.getInt32(written), b.getInt32(kKeep), b.getInt32(kData)});
}

void KernelContext::begin(const std::string& name) {
  llvm::Type* args[] = {b.getPtrTy(), b.getInt64Ty()};
  auto* type = llvm::FunctionType::get(b.getVoidTy(), args, false);
  fn = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, out);
  fn->addFnAttr(llvm::Attribute::NoInline);
  fn->addFnAttr(llvm::Attribute::NoUnwind);
  frame_ptr = fn->getArg(0);
  worker = fn->getArg(1);
  b.SetInsertPoint(llvm::BasicBlock::Create(out.getContext(), "entry", fn));
}

void KernelContext::end() {
  b.CreateRetVoid();
}

llvm::Type* KernelContext::value_type(DType t) {
  switch (t) {
    case DType::F32:
      return b.getFloatTy();
    case DType::F64:
      return b.getDoubleTy();
    case DType::I64:
      return b.getInt64Ty();
    case DType::I32:
      return b.getInt32Ty();
    case DType::U8:
      return b.getInt8Ty();
    case DType::Bool:
      return b.getInt1Ty();
  }
  internal_error(__FILE__, __LINE__, "bad element type");
}

llvm::Type* KernelContext::type_of(DType t) {
  return t == DType::Bool ? b.getInt8Ty() : value_type(t);
}

Value* KernelContext::index_vector(int lanes) {
  std::vector<llvm::Constant*> v;
  for (int i = 0; i < lanes; ++i) v.push_back(b.getInt64(i));
  return llvm::ConstantVector::get(v);
}

Value* KernelContext::slot_ptr(int slot) {
  return b.CreateLoad(b.getPtrTy(), b.CreateConstInBoundsGEP1_64(b.getInt64Ty(), frame_ptr, slot));
}

Value* KernelContext::slot_i64(int slot) {
  return b.CreateLoad(b.getInt64Ty(),
                      b.CreateConstInBoundsGEP1_64(b.getInt64Ty(), frame_ptr, slot));
}

Value* KernelContext::dim(Dim d) {
  if (d.is_batch()) return batch();
  if (d.is_rows()) return slot_i64(frame.rows());
  return i64(d.size());
}

int64_t KernelContext::most(Dim d) const {
  return d.is_symbol() ? f.attrs.integer("max_batch", 1) : d.size();
}

namespace {

/// Kernels read and write whole vectors of kRowLanes within a panel.
void check_panels(const Place& p, const CpuModel& cpu) {
  if (p.layout.kind != runtime::Layout::Panels) return;
  if (p.layout.param % kRowLanes != 0 || p.layout.param % cpu.lanes != 0)
    throw Error("layout " + runtime::to_string(p.layout) + " of " + p.type.to_string() +
                ": this cpu needs panels of a multiple of " + std::to_string(kRowLanes) +
                " columns");
}

}  // namespace

Place KernelContext::state_place(ir::StateId s) {
  const ir::State& state = module.states.at(s);
  Place p;
  p.base = slot_ptr(frame.state(s));
  p.type = state.type;
  p.layout = runtime::parse_layout(state.attrs.word("layout", "rows"));
  check_panels(p, cpu);
  return p;
}

Place KernelContext::place(ir::ValueId v) {
  const ir::ValueId owner = ir::resolve_view(f, v);
  const ir::Op& op = f.op(owner);
  Place p;
  if (op.kind == ir::OpKind::State) {
    p = state_place(op.state);
  } else if (op.kind == ir::OpKind::Param) {
    for (size_t i = 0; i < f.params.size(); ++i)
      if (f.params[i] == owner) p.base = slot_ptr(frame.param(static_cast<int>(i)));
  } else {
    for (size_t i = 0; i < f.outputs.size() && !p.base; ++i)
      if (f.outputs[i].value == owner) p.base = slot_ptr(frame.output(static_cast<int>(i)));
    if (!p.base) {
      LATHE_CHECK(op.attrs.has("offset"), "a value without a place in the arena");
      p.base = b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), slot_ptr(frame.arena()),
                                            op.attrs.integer("offset", 0));
    }
    p.layout = runtime::parse_layout(op.attrs.word("layout", "rows"));
    if (op.type.has_symbol()) p.rows = dim(op.type.shape[0]);
  }
  p.type = f.op(v).type;
  check_panels(p, cpu);
  return p;
}

int64_t KernelContext::most_bytes(const TensorType& t) const {
  if (t.rank() == 0) return dtype_size(t.dtype);
  return most(t.shape[0]) * t.row_elements() * dtype_size(t.dtype);
}

std::vector<Place> KernelContext::destinations(ir::ValueId v) {
  std::vector<Place> list;
  if (buffers.at(v)) list.push_back(place(v));
  bool first = true;  // the first output is the buffer
  for (size_t i = 0; i < f.outputs.size(); ++i) {
    if (f.outputs[i].value != v) continue;
    if (first) {
      first = false;
      continue;
    }
    Place p;
    p.base = slot_ptr(frame.output(static_cast<int>(i)));
    p.type = f.op(v).type;
    list.push_back(p);
  }
  return list;
}

int64_t KernelContext::row_stride(const Place& p) {
  LATHE_CHECK(p.layout.kind == runtime::Layout::RowMajor, "panels have no row stride");
  return p.layout.param > 0 ? p.layout.param : p.type.row_elements();
}

int64_t KernelContext::line_step(const Place& p) {
  return p.layout.kind == runtime::Layout::Panels ? p.layout.param : row_stride(p);
}

Value* KernelContext::element_address(Value* base, DType t, Value* index) {
  return b.CreateInBoundsGEP(type_of(t), base, index);
}

Value* KernelContext::address(const Place& p, Value* row, Value* column, bool flat) {
  if (flat || p.type.rank() == 0) return element_address(p.base, p.type.dtype, column);
  if (p.layout.kind == runtime::Layout::Panels) {
    const int64_t nr = p.layout.param;
    Value* rows = p.rows ? p.rows : i64(p.type.shape[0].size());
    Value* panel = b.CreateUDiv(column, i64(nr));
    Value* within = b.CreateURem(column, i64(nr));
    Value* line = b.CreateAdd(b.CreateMul(panel, rows), row);
    return element_address(p.base, p.type.dtype, b.CreateAdd(b.CreateMul(line, i64(nr)), within));
  }
  Value* index = b.CreateAdd(b.CreateMul(row, i64(row_stride(p))), column);
  return element_address(p.base, p.type.dtype, index);
}

Value* KernelContext::mask(int lanes, Value* valid) {
  // As 32-bit numbers: as wide as most elements, so that LLVM splits nothing.
  Value* count = b.CreateBinaryIntrinsic(llvm::Intrinsic::umin, valid, b.getInt64(lanes));
  count = b.CreateTrunc(count, b.getInt32Ty());
  auto* type = llvm::FixedVectorType::get(b.getInt32Ty(), static_cast<unsigned>(lanes));
  return b.CreateICmpULT(b.CreateTrunc(index_vector(lanes), type),
                         b.CreateVectorSplat(static_cast<unsigned>(lanes), count));
}

Value* KernelContext::load(Value* address, DType t, int lanes, Value* valid) {
  const llvm::Align align(dtype_size(t));
  auto* type = llvm::FixedVectorType::get(type_of(t), lanes);
  Value* v = nullptr;
  if (valid)
    v = b.CreateMaskedLoad(type, address, align, mask(lanes, valid),
                           llvm::Constant::getNullValue(type));
  else
    v = b.CreateAlignedLoad(type, address, align);
  if (t == DType::Bool) v = b.CreateICmpNE(v, llvm::Constant::getNullValue(type));
  return v;
}

void KernelContext::store(Value* value, Value* address, DType t, int lanes, Value* valid) {
  const llvm::Align align(dtype_size(t));
  if (t == DType::Bool)
    value = b.CreateZExt(value, llvm::FixedVectorType::get(b.getInt8Ty(), lanes));
  if (valid)
    b.CreateMaskedStore(value, address, align, mask(lanes, valid));
  else
    b.CreateAlignedStore(value, address, align);
}

Value* KernelContext::load_scalar(Value* address, DType t) {
  Value* v = b.CreateAlignedLoad(type_of(t), address, llvm::Align(dtype_size(t)));
  return t == DType::Bool ? b.CreateICmpNE(v, b.getInt8(0)) : v;
}

void KernelContext::store_scalar(Value* value, Value* address, DType t) {
  if (t == DType::Bool) value = b.CreateZExt(value, b.getInt8Ty());
  b.CreateAlignedStore(value, address, llvm::Align(dtype_size(t)));
}

Value* KernelContext::index(Value* x, DType t) {
  return t == DType::U8 ? b.CreateZExt(x, b.getInt64Ty()) : b.CreateSExt(x, b.getInt64Ty());
}

KernelContext::Picked KernelContext::picked(const ir::Op& gather, Value* index) {
  const TensorType &data = f.op(gather.operands[0]).type, &list = f.op(gather.operands[1]).type;
  Value* last = this->index(index, list.dtype);
  Value* inside = b.CreateICmpULT(last, dim(data.shape[0]));
  const int64_t before = std::max<int64_t>(gather.attrs.integer("window", 0), 1) - 1;
  if (before > 0) inside = b.CreateAnd(inside, b.CreateICmpUGE(last, i64(before)));
  return {b.CreateSelect(inside, b.CreateSub(last, i64(before)), i64(0)), inside};
}

Value* KernelContext::splat(Value* scalar, int lanes) {
  return lanes == 0 ? scalar : b.CreateVectorSplat(lanes, scalar);
}

std::vector<Value*> KernelContext::loop_carry(
    Value* from, Value* to, int64_t step, std::vector<Value*> init,
    const std::function<std::vector<Value*>(Value*, std::vector<Value*>)>& body, const char* name) {
  auto& context = out.getContext();
  auto* before = b.GetInsertBlock();
  auto* head = llvm::BasicBlock::Create(context, std::string(name) + ".body", fn);
  auto* after = llvm::BasicBlock::Create(context, std::string(name) + ".end", fn);
  b.CreateCondBr(b.CreateICmpSLT(from, to), head, after);
  b.SetInsertPoint(head);
  auto* i = b.CreatePHI(b.getInt64Ty(), 2, name);
  i->addIncoming(from, before);
  std::vector<llvm::PHINode*> phis;
  std::vector<Value*> carried;
  for (Value* v : init) {
    auto* phi = b.CreatePHI(v->getType(), 2);
    phi->addIncoming(v, before);
    phis.push_back(phi);
    carried.push_back(phi);
  }
  std::vector<Value*> next = body(i, carried);
  Value* i_next = b.CreateNSWAdd(i, i64(step));
  auto* latch = b.GetInsertBlock();
  b.CreateCondBr(b.CreateICmpSLT(i_next, to), head, after);
  i->addIncoming(i_next, latch);
  b.SetInsertPoint(after);
  std::vector<Value*> results;
  for (size_t k = 0; k < init.size(); ++k) {
    phis[k]->addIncoming(next[k], latch);
    auto* phi = b.CreatePHI(init[k]->getType(), 2);
    phi->addIncoming(init[k], before);
    phi->addIncoming(next[k], latch);
    results.push_back(phi);
  }
  return results;
}

void KernelContext::loop(Value* from, Value* to, int64_t step,
                         const std::function<void(Value*)>& body, const char* name) {
  loop_carry(
      from, to, step, {},
      [&](Value* i, std::vector<Value*>) {
        body(i);
        return std::vector<Value*>{};
      },
      name);
}

void KernelContext::walk(Value* from, Value* to, const std::function<Value*(Value*)>& body,
                         const char* name) {
  auto* before = b.GetInsertBlock();
  auto* head = llvm::BasicBlock::Create(out.getContext(), std::string(name) + ".body", fn);
  auto* after = llvm::BasicBlock::Create(out.getContext(), std::string(name) + ".end", fn);
  b.CreateCondBr(b.CreateICmpSLT(from, to), head, after);
  b.SetInsertPoint(head);
  auto* i = b.CreatePHI(b.getInt64Ty(), 2, name);
  i->addIncoming(from, before);
  Value* next = body(i);
  i->addIncoming(next, b.GetInsertBlock());
  b.CreateCondBr(b.CreateICmpSLT(next, to), head, after);
  b.SetInsertPoint(after);
}

void KernelContext::when(Value* condition, const std::function<void()>& body) {
  auto* yes = llvm::BasicBlock::Create(out.getContext(), "then", fn);
  auto* after = llvm::BasicBlock::Create(out.getContext(), "after", fn);
  b.CreateCondBr(condition, yes, after);
  b.SetInsertPoint(yes);
  body();
  b.CreateBr(after);
  b.SetInsertPoint(after);
}

std::pair<Value*, Value*> KernelContext::share(Value* count) {
  Value* n = workers();
  Value* from = b.CreateUDiv(b.CreateMul(count, worker), n);
  Value* to = b.CreateUDiv(b.CreateMul(count, b.CreateAdd(worker, i64(1))), n);
  return {from, to};
}

Value* KernelContext::scratch_at(int64_t offset, int64_t bytes) {
  scratch_bytes = std::max(scratch_bytes, offset + (bytes + 63) / 64 * 64);
  return b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), scratch(), offset);
}

Value* KernelContext::real_constant(double v, DType t) {
  llvm::Type* type = value_type(t);
  if (t == DType::Bool) return b.getInt1(v != 0);
  if (is_float(t)) return llvm::ConstantFP::get(type, t == DType::F32 ? static_cast<float>(v) : v);
  return llvm::ConstantInt::getSigned(type, static_cast<int64_t>(v));
}

Value* KernelContext::leaf(ir::ValueId v) {
  const ir::Op& op = f.op(ir::resolve_view(f, v));
  if (op.kind == ir::OpKind::BatchSize) return b.CreateSIToFP(batch(), b.getFloatTy());
  if (op.kind != ir::OpKind::Constant) return nullptr;
  return real_constant(op.attrs.real("value", 0), op.type.dtype);
}

}  // namespace lathe::codegen
