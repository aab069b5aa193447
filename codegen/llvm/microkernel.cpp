#include "codegen/llvm/microkernel.h"

#include <algorithm>

#include "codegen/llvm/optimize.h"

namespace lathe::codegen {

using llvm::Value;

std::string MicrokernelKey::name() const {
  // Found by name: a word of the IR, which names functions and kernels, has no dollar.
  return "mm$" + std::to_string(height) + "x" + std::to_string(vectors) + ".a" +
         std::to_string(a_row_step) + "_" + std::to_string(a_k_step) + ".b" +
         std::to_string(b_k_step) +
         (panel_vectors ? "_" + std::to_string(panel_vectors) + "_" + std::to_string(b_panel_step)
                        : "") +
         (b_ahead ? ".ahead" + std::to_string(b_ahead) : "") + (adds ? ".adds" : "") +
         (masked ? ".masked" : "");
}

int64_t max_height(const CpuModel& cpu, int64_t vectors) {
  // height * vectors accumulators, `vectors` of B, one broadcast A.
  return std::clamp<int64_t>((cpu.registers - vectors - 1) / vectors, 1, 14);
}

llvm::Function* microkernel(llvm::Module& out, const CpuModel& cpu, const MicrokernelKey& key) {
  const std::string name = key.name();
  if (auto* made = out.getFunction(name)) return made;
  auto& context = out.getContext();
  llvm::IRBuilder<> b(context);
  auto* ptr = b.getPtrTy();
  auto* i64 = b.getInt64Ty();
  auto* fn = llvm::Function::Create(
      llvm::FunctionType::get(b.getVoidTy(), {ptr, ptr, ptr, i64, i64}, false),
      llvm::Function::InternalLinkage, name, out);
  fn->addFnAttr(llvm::Attribute::NoInline);
  fn->addFnAttr(llvm::Attribute::NoUnwind);
  fn->addFnAttr(kTidy);
  for (unsigned i = 0; i < 3; ++i) fn->addParamAttr(i, llvm::Attribute::NoAlias);

  const int lanes = static_cast<int>(cpu.lanes);
  auto* vector = llvm::FixedVectorType::get(b.getFloatTy(), lanes);
  const llvm::Align align(4);
  Value *a = fn->getArg(0), *bp = fn->getArg(1), *block = fn->getArg(2), *k = fn->getArg(3);

  auto* entry = llvm::BasicBlock::Create(context, "entry", fn);
  auto* body = llvm::BasicBlock::Create(context, "k", fn);
  auto* done = llvm::BasicBlock::Create(context, "store", fn);
  b.SetInsertPoint(entry);
  std::vector<Value*> masks(key.vectors, nullptr);
  if (key.masked) {
    std::vector<llvm::Constant*> index;
    for (int64_t v = 0; v < key.vectors; ++v) {
      index.clear();
      for (int l = 0; l < lanes; ++l) index.push_back(b.getInt64(v * lanes + l));
      masks[v] = b.CreateICmpULT(llvm::ConstantVector::get(index),
                                 b.CreateVectorSplat(lanes, fn->getArg(4)));
    }
  }
  auto* zero = llvm::ConstantAggregateZero::get(vector);
  const auto in_block = [&](int64_t i) {
    return b.CreateConstInBoundsGEP1_64(b.getFloatTy(), block, i * lanes);
  };
  std::vector<Value*> start(key.height * key.vectors, zero);
  if (key.adds)
    for (size_t i = 0; i < start.size(); ++i)
      start[i] = b.CreateAlignedLoad(vector, in_block(static_cast<int64_t>(i)), align);
  b.CreateBr(body);

  b.SetInsertPoint(body);
  auto* step = b.CreatePHI(i64, 2, "k");
  auto* a_at = b.CreatePHI(ptr, 2, "a");
  auto* b_at = b.CreatePHI(ptr, 2, "b");
  step->addIncoming(k, entry);
  a_at->addIncoming(a, entry);
  b_at->addIncoming(bp, entry);
  std::vector<llvm::PHINode*> acc;
  for (int64_t i = 0; i < key.height * key.vectors; ++i) {
    acc.push_back(b.CreatePHI(vector, 2));
    acc.back()->addIncoming(start[i], entry);
  }
  std::vector<Value*> row;
  for (int64_t v = 0; v < key.vectors; ++v) {
    const int64_t panel = key.panel_vectors ? v / key.panel_vectors : 0;
    const int64_t within = v - panel * key.panel_vectors;
    Value* at = b.CreateConstInBoundsGEP1_64(b.getFloatTy(), b_at,
                                             panel * key.b_panel_step + within * lanes);
    if (key.b_ahead > 0) {
      constexpr int kRead = 0, kKeep = 3, kData = 1;
      b.CreateIntrinsic(llvm::Intrinsic::prefetch, {ptr},
                        {b.CreateConstGEP1_64(b.getFloatTy(), at, key.b_ahead * key.b_k_step),
                         b.getInt32(kRead), b.getInt32(kKeep), b.getInt32(kData)});
    }
    if (masks[v])
      row.push_back(b.CreateMaskedLoad(vector, at, align, masks[v], zero));
    else
      row.push_back(b.CreateAlignedLoad(vector, at, align));
  }
  for (int64_t r = 0; r < key.height; ++r) {
    Value* at = b.CreateConstInBoundsGEP1_64(b.getFloatTy(), a_at, r * key.a_row_step);
    Value* scalar = b.CreateAlignedLoad(b.getFloatTy(), at, align);
    Value* splat = b.CreateVectorSplat(lanes, scalar);
    for (int64_t v = 0; v < key.vectors; ++v) {
      llvm::PHINode* c = acc[r * key.vectors + v];
      Value* next = cpu.math.fma
                        ? b.CreateIntrinsic(llvm::Intrinsic::fma, {vector}, {splat, row[v], c})
                        : b.CreateFAdd(c, b.CreateFMul(splat, row[v]));
      c->addIncoming(next, body);
    }
  }
  a_at->addIncoming(b.CreateConstInBoundsGEP1_64(b.getFloatTy(), a_at, key.a_k_step), body);
  b_at->addIncoming(b.CreateConstInBoundsGEP1_64(b.getFloatTy(), b_at, key.b_k_step), body);
  Value* left = b.CreateNSWSub(step, b.getInt64(1));
  step->addIncoming(left, body);
  b.CreateCondBr(b.CreateICmpNE(left, b.getInt64(0)), body, done);

  b.SetInsertPoint(done);
  for (int64_t i = 0; i < key.height * key.vectors; ++i)
    b.CreateAlignedStore(acc[i]->getIncomingValueForBlock(body), in_block(i), align);
  b.CreateRetVoid();
  return fn;
}

}  // namespace lathe::codegen
