#include "codegen/llvm/microkernel.h"

#include <algorithm>
#include <utility>

#include "codegen/llvm/optimize.h"

namespace lathe::codegen {

using llvm::Value;

std::string MicrokernelKey::name() const {
  std::string fetches;
  for (const bool is_written : fetched) fetches += is_written ? "w" : "r";
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
    if (o_.fetched.empty()) return add(o_.k);
    // Lines that are all asked for at once keep those waiting that the products need: the sums are made in as
    // many parts as there are rows to fetch, one before each. Of fewer products than rows the first part has
    // the rows that are left over.
    Value *rows = b_.getInt64(key_.height), *one = b_.getInt64(1);
    Value* parts = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, o_.k, rows);
    Value* shorter = b_.CreateUDiv(o_.k, parts);
    Value* longer_parts = b_.CreateSub(o_.k, b_.CreateMul(shorter, parts));
    std::vector<Value*> lines;
    for (const Fetched& f : o_.fetched) lines.push_back(f.first);
    std::vector<Value**> carried = state();
    for (Value*& line : lines) carried.push_back(&line);
    Loop loop(b_, "part", parts, carried);
    Value* part = b_.CreateSub(parts, loop.left());
    Value* of_first = b_.CreateAdd(b_.CreateSub(rows, parts), one);
    fetch(lines, b_.CreateSelect(b_.CreateICmpEQ(loop.left(), parts), of_first, one));
    Value* longer = b_.CreateZExt(b_.CreateICmpULT(part, longer_parts), b_.getInt64Ty());
    add(b_.CreateAdd(shorter, longer));
    loop.end();
  }

 private:
  /// A loop of so many turns, at least one, which carries values from turn to turn.
  class Loop {
   public:
    Loop(llvm::IRBuilder<>& b, const char* name, Value* turns, std::vector<Value**> carried)
        : b_(b), carried_(std::move(carried)) {
      auto* before = b.GetInsertBlock();
      auto* fn = before->getParent();
      body_ = llvm::BasicBlock::Create(fn->getContext(), name, fn);
      b.CreateBr(body_);
      b.SetInsertPoint(body_);
      const auto phi = [&](Value* start) {
        phis_.push_back(b.CreatePHI(start->getType(), 2));
        phis_.back()->addIncoming(start, before);
        return phis_.back();
      };
      for (Value** v : carried_) *v = phi(*v);
      left_ = phi(turns);
    }

    Value* left() const { return left_; }  ///< turns, with this one

    void end() {
      auto* done = llvm::BasicBlock::Create(b_.getContext(), "done", body_->getParent());
      Value* left = b_.CreateNSWSub(left_, b_.getInt64(1));
      carried_.push_back(&left);
      for (size_t i = 0; i < phis_.size(); ++i)
        phis_[i]->addIncoming(*carried_[i], b_.GetInsertBlock());
      b_.CreateCondBr(b_.CreateICmpNE(left, b_.getInt64(0)), body_, done);
      b_.SetInsertPoint(done);
    }

   private:
    llvm::IRBuilder<>& b_;
    std::vector<Value**> carried_;
    std::vector<llvm::PHINode*> phis_;
    llvm::BasicBlock* body_;
    Value* left_;
  };

  /// A and B where the next products begin, and the sums.
  std::vector<Value**> state() {
    std::vector<Value**> all{&a_, &bp_};
    for (Value*& sum : sums_) all.push_back(&sum);
    return all;
  }

  Value* at(Value* base, int64_t offset) {
    return b_.CreateConstInBoundsGEP1_64(b_.getFloatTy(), base, offset);
  }

  /// Asks for the next `rows` rows of each matrix.
  void fetch(std::vector<Value*>& lines, Value* rows) {
    std::vector<Value**> carried;
    for (Value*& line : lines) carried.push_back(&line);
    Loop loop(b_, "fetch", rows, carried);
    for (size_t i = 0; i < lines.size(); ++i) {
      // Not in bounds: a block may be wider than what is left of the matrix.
      for (int64_t j = 0; j < key_.vectors * cpu_.lanes; j += kLineBytes / dtype_size(DType::F32))
        emit_prefetch(b_, b_.CreateConstGEP1_64(b_.getFloatTy(), lines[i], j),
                      o_.fetched[i].written);
      lines[i] = b_.CreateGEP(b_.getFloatTy(), lines[i], o_.fetched[i].step);
    }
    loop.end();
  }

  /// `count` products more, of each sum.
  void add(Value* count) {
    const llvm::Align align(4);
    Loop loop(b_, "k", count, state());
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
    loop.end();
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
    o.fetched.push_back({fn->getArg(i), fn->getArg(i + 1), key.fetched[(i - 5) / 2]});
  add_products(b, cpu, key, o, sums);
  for (size_t i = 0; i < sums.size(); ++i) b.CreateAlignedStore(sums[i], in_block(i), align);
  b.CreateRetVoid();
  return fn;
}

}  // namespace lathe::codegen
