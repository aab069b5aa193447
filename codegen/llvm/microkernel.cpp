#include "codegen/llvm/microkernel.h"

#include <algorithm>
#include <utility>

#include "codegen/llvm/optimize.h"

namespace lathe::codegen {

using llvm::Value;

std::string MicrokernelKey::name() const {
  std::string fetches;
  for (const bool written : fetched) fetches += written ? "w" : "r";
  // Found by name: a word of the IR, which names functions and kernels, has no dollar.
  return "mm$" + std::to_string(height) + "x" + std::to_string(vectors) + ".a" +
         std::to_string(a_row_step) + "_" + std::to_string(a_k_step) + ".b" +
         std::to_string(b_k_step) +
         (panel_vectors ? "_" + std::to_string(panel_vectors) + "_" + std::to_string(b_panel_step)
                        : "") +
         (b_ahead ? ".ahead" + std::to_string(b_ahead) : "") + (adds ? ".adds" : "") +
         (fetched.empty() ? "" : ".fetch" + fetches) + (masked ? ".masked" : "");
}

int64_t max_height(const CpuModel& cpu, int64_t vectors) {
  // height * vectors accumulators, `vectors` of B, one broadcast A.
  return std::clamp<int64_t>((cpu.registers - vectors - 1) / vectors, 1, 14);
}

namespace {

/// The sums of a block, as they grow.
class Products {
 public:
  Products(llvm::IRBuilder<>& b, const CpuModel& cpu, const MicrokernelKey& key,
           const BlockOperands& o, std::vector<Value*>& sums)
      : b_(b), cpu_(cpu), key_(key), o_(o), sums_(sums), a_(o.a), bp_(o.b) {
    vector_ = llvm::FixedVectorType::get(b.getFloatTy(), static_cast<unsigned>(cpu.lanes));
    masks_.resize(key.vectors, nullptr);
    if (!key.masked) return;
    const int64_t lanes = cpu.lanes;
    for (int64_t v = 0; v < key.vectors; ++v) {
      std::vector<llvm::Constant*> index;
      for (int64_t l = 0; l < lanes; ++l) index.push_back(b.getInt64(v * lanes + l));
      Value* columns = b.CreateVectorSplat(static_cast<unsigned>(lanes), o.columns);
      masks_[v] = b.CreateICmpULT(llvm::ConstantVector::get(index), columns);
    }
  }

  void emit() {
    if (key_.fetched.empty()) return add(o_.k);
    // As many parts as there are rows: lines that are all asked for at once keep those waiting that the
    // products need.
    Value* part = b_.CreateAdd(o_.k, b_.getInt64(key_.height - 1));
    part = b_.CreateUDiv(part, b_.getInt64(key_.height));
    Loop loop(*this, "part");
    auto* left = loop.carry(o_.k);
    std::vector<llvm::PHINode*> lines;
    for (const Fetched& f : o_.fetched) lines.push_back(loop.carry(f.first));
    for (size_t i = 0; i < lines.size(); ++i) {
      // Not in bounds: the last lines may lie past the matrix, where asking for them does nothing.
      for (int64_t j = 0; j < key_.vectors * cpu_.lanes; j += kLineBytes / 4)
        emit_prefetch(b_, b_.CreateConstGEP1_64(b_.getFloatTy(), lines[i], j), key_.fetched[i]);
      loop.next(lines[i], b_.CreateGEP(b_.getFloatTy(), lines[i], o_.fetched[i].step));
    }
    Value* count = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, part, left);
    add(count);
    loop.end(left, b_.CreateNUWSub(left, count));
  }

 private:
  /// A loop of at least one turn, which also carries the sums and where A and B are read.
  class Loop {
   public:
    Loop(Products& p, const char* name) : p_(p), before_(p.b_.GetInsertBlock()) {
      auto* fn = before_->getParent();
      body_ = llvm::BasicBlock::Create(fn->getContext(), name, fn);
      done_ = llvm::BasicBlock::Create(fn->getContext(), "done", fn);
      p_.b_.CreateBr(body_);
      p_.b_.SetInsertPoint(body_);
      for (Value** v : p_.state()) {
        state_.push_back(carry(*v));
        *v = state_.back();
      }
    }

    llvm::PHINode* carry(Value* start) {
      auto* phi = llvm::PHINode::Create(start->getType(), 2);
      phi->insertInto(body_, body_->getFirstNonPHIIt());
      phi->addIncoming(start, before_);
      return phi;
    }
    void next(llvm::PHINode* phi, Value* value) { next_.emplace_back(phi, value); }
    /// Goes on while `left`, which is carried, is not zero.
    void end(llvm::PHINode* phi, Value* left) {
      next(phi, left);
      const auto now = p_.state();
      for (size_t i = 0; i < now.size(); ++i) next(state_[i], *now[i]);
      for (const auto& [carried, value] : next_)
        carried->addIncoming(value, p_.b_.GetInsertBlock());
      p_.b_.CreateCondBr(p_.b_.CreateICmpNE(left, p_.b_.getInt64(0)), body_, done_);
      p_.b_.SetInsertPoint(done_);
    }

   private:
    Products& p_;
    llvm::BasicBlock *before_, *body_, *done_;
    std::vector<llvm::PHINode*> state_;
    std::vector<std::pair<llvm::PHINode*, Value*>> next_;
  };

  std::vector<Value**> state() {
    std::vector<Value**> all{&a_, &bp_};
    for (Value*& sum : sums_) all.push_back(&sum);
    return all;
  }

  Value* at(Value* base, int64_t offset) {
    return b_.CreateConstInBoundsGEP1_64(b_.getFloatTy(), base, offset);
  }

  /// `count` products more, of each sum.
  void add(Value* count) {
    const llvm::Align align(4);
    Loop loop(*this, "k");
    auto* left = loop.carry(count);
    std::vector<Value*> row;
    for (int64_t v = 0; v < key_.vectors; ++v) {
      const int64_t panel = key_.panel_vectors ? v / key_.panel_vectors : 0;
      const int64_t within = v - panel * key_.panel_vectors;
      Value* from = at(bp_, panel * key_.b_panel_step + within * cpu_.lanes);
      if (key_.b_ahead > 0)
        emit_prefetch(
            b_, b_.CreateConstGEP1_64(b_.getFloatTy(), from, key_.b_ahead * key_.b_k_step), false);
      row.push_back(masks_[v] ? b_.CreateMaskedLoad(vector_, from, align, masks_[v],
                                                    llvm::Constant::getNullValue(vector_))
                              : static_cast<Value*>(b_.CreateAlignedLoad(vector_, from, align)));
    }
    for (int64_t r = 0; r < key_.height; ++r) {
      Value* scalar = b_.CreateAlignedLoad(b_.getFloatTy(), at(a_, r * key_.a_row_step), align);
      Value* splat = b_.CreateVectorSplat(static_cast<unsigned>(cpu_.lanes), scalar);
      for (int64_t v = 0; v < key_.vectors; ++v) {
        Value*& sum = sums_[r * key_.vectors + v];
        sum = cpu_.math.fma
                  ? b_.CreateIntrinsic(llvm::Intrinsic::fma, {vector_}, {splat, row[v], sum})
                  : b_.CreateFAdd(sum, b_.CreateFMul(splat, row[v]));
      }
    }
    a_ = at(a_, key_.a_k_step);
    bp_ = at(bp_, key_.b_k_step);
    loop.end(left, b_.CreateNSWSub(left, b_.getInt64(1)));
  }

  llvm::IRBuilder<>& b_;
  const CpuModel& cpu_;
  const MicrokernelKey& key_;
  const BlockOperands& o_;
  std::vector<Value*>& sums_;
  Value *a_, *bp_;  ///< where the next products begin
  llvm::FixedVectorType* vector_;
  std::vector<Value*> masks_;
};

}  // namespace

void add_products(llvm::IRBuilder<>& b, const CpuModel& cpu, const MicrokernelKey& key,
                  const BlockOperands& o, std::vector<Value*>& sums) {
  Products(b, cpu, key, o, sums).emit();
}

llvm::Function* microkernel(llvm::Module& out, const CpuModel& cpu, const MicrokernelKey& key) {
  const std::string name = key.name();
  if (auto* made = out.getFunction(name)) return made;
  auto& context = out.getContext();
  llvm::IRBuilder<> b(context);
  auto* ptr = b.getPtrTy();
  auto* i64 = b.getInt64Ty();
  std::vector<llvm::Type*> types{ptr, ptr, ptr, i64, i64};
  for (size_t i = 0; i < key.fetched.size(); ++i) types.insert(types.end(), {ptr, i64});
  auto* fn = llvm::Function::Create(llvm::FunctionType::get(b.getVoidTy(), types, false),
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
  BlockOperands o{fn->getArg(0), fn->getArg(1), fn->getArg(3), fn->getArg(4), {}};
  for (unsigned i = 5; i < types.size(); i += 2)
    o.fetched.push_back({fn->getArg(i), fn->getArg(i + 1)});
  add_products(b, cpu, key, o, sums);
  for (size_t i = 0; i < sums.size(); ++i) b.CreateAlignedStore(sums[i], in_block(i), align);
  b.CreateRetVoid();
  return fn;
}

}  // namespace lathe::codegen
