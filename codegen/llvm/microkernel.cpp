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

void add_products(llvm::IRBuilder<>& b, const CpuModel& cpu, const MicrokernelKey& key,
                  const BlockOperands& o, std::vector<Value*>& sums) {
  auto& context = b.getContext();
  auto* ptr = b.getPtrTy();
  const int lanes = static_cast<int>(cpu.lanes);
  auto* vector = llvm::FixedVectorType::get(b.getFloatTy(), lanes);
  const llvm::Align align(4);
  std::vector<Value*> masks(key.vectors, nullptr);
  if (key.masked) {
    std::vector<llvm::Constant*> index;
    for (int64_t v = 0; v < key.vectors; ++v) {
      index.clear();
      for (int l = 0; l < lanes; ++l) index.push_back(b.getInt64(v * lanes + l));
      masks[v] =
          b.CreateICmpULT(llvm::ConstantVector::get(index), b.CreateVectorSplat(lanes, o.columns));
    }
  }
  auto* zero = llvm::ConstantAggregateZero::get(vector);
  auto* before = b.GetInsertBlock();
  auto* body = llvm::BasicBlock::Create(context, "k", before->getParent());
  auto* done = llvm::BasicBlock::Create(context, "sums", before->getParent());
  b.CreateBr(body);

  b.SetInsertPoint(body);
  auto* step = b.CreatePHI(b.getInt64Ty(), 2, "k");
  auto* a_at = b.CreatePHI(ptr, 2, "a");
  auto* b_at = b.CreatePHI(ptr, 2, "b");
  step->addIncoming(o.k, before);
  a_at->addIncoming(o.a, before);
  b_at->addIncoming(o.b, before);
  std::vector<llvm::PHINode*> acc;
  for (Value* sum : sums) {
    acc.push_back(b.CreatePHI(vector, 2));
    acc.back()->addIncoming(sum, before);
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
      Value*& next = sums[r * key.vectors + v];
      next = cpu.math.fma ? b.CreateIntrinsic(llvm::Intrinsic::fma, {vector}, {splat, row[v], c})
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

  auto* entry = llvm::BasicBlock::Create(context, "entry", fn);
  b.SetInsertPoint(entry);
  Value* block = fn->getArg(2);
  const auto in_block = [&](size_t i) {
    return b.CreateConstInBoundsGEP1_64(b.getFloatTy(), block, i * cpu.lanes);
  };
  auto* vector = llvm::FixedVectorType::get(b.getFloatTy(), static_cast<unsigned>(cpu.lanes));
  const llvm::Align align(4);
  std::vector<Value*> sums(key.height * key.vectors, llvm::Constant::getNullValue(vector));
  if (key.adds)
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] = b.CreateAlignedLoad(vector, in_block(i), align);
  add_products(b, cpu, key, {fn->getArg(0), fn->getArg(1), fn->getArg(3), fn->getArg(4)}, sums);
  for (size_t i = 0; i < sums.size(); ++i) b.CreateAlignedStore(sums[i], in_block(i), align);
  b.CreateRetVoid();
  return fn;
}

}  // namespace lathe::codegen
