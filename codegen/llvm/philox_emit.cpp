#include "codegen/llvm/philox_emit.h"

#include <vector>

#include "ir/error.h"

namespace lathe::codegen {

namespace {

using llvm::Value;

/// Words 0 to 3 of some blocks: 32-bit numbers, each in the low half of a 64-bit lane, which is what
/// the 32 x 32 bit vector multiply reads. The high halves are anything, and cut off just before
/// a multiplication: of a word that comes from another basic block, LLVM would not see that its high
/// half is 0, and multiply 64 x 64 bits.
struct Words {
  Value* w[4];
};

class Philox {
 public:
  Philox(llvm::IRBuilder<>& b, unsigned blocks)
      : b_(b), blocks_(blocks), type_(llvm::FixedVectorType::get(b.getInt64Ty(), blocks)) {}

  Words run(Value* seed, Value* step, uint32_t stream, Value* first_block) {
    std::vector<llvm::Constant*> steps;
    for (unsigned i = 0; i < blocks_; ++i) steps.push_back(b_.getInt64(i));
    Value* block = b_.CreateAdd(splat(first_block), llvm::ConstantVector::get(steps));
    Words c{{block, high(block), number(stream), splat(step)}};
    Value* key[2] = {seed, b_.CreateLShr(seed, 32)};
    for (int round = 0; round < 10; ++round) {
      if (round > 0) {
        key[0] = b_.CreateAdd(key[0], b_.getInt64(0x9E3779B9u));
        key[1] = b_.CreateAdd(key[1], b_.getInt64(0xBB67AE85u));
      }
      Value* m0 = b_.CreateMul(number(0xD2511F53u), low(c.w[0]));
      Value* m1 = b_.CreateMul(number(0xCD9E8D57u), low(c.w[2]));
      c = {{b_.CreateXor(b_.CreateXor(high(m1), c.w[1]), splat(key[0])), m1,
            b_.CreateXor(b_.CreateXor(high(m0), c.w[3]), splat(key[1])), m0}};
    }
    return c;
  }

  /// The 32-bit words in the order of their elements: w0 w1 w2 w3 of block 0, then of block 1, …
  Value* in_order(const Words& c, unsigned lanes) {
    auto* narrow = llvm::FixedVectorType::get(b_.getInt32Ty(), blocks_);
    Value* w[4];
    for (int i = 0; i < 4; ++i) w[i] = b_.CreateTrunc(c.w[i], narrow);
    std::vector<int> join, order;
    for (unsigned i = 0; i < 2 * blocks_; ++i) join.push_back(static_cast<int>(i));
    for (unsigned i = 0; i < lanes; ++i) order.push_back(static_cast<int>(i % 4 * blocks_ + i / 4));
    return b_.CreateShuffleVector(b_.CreateShuffleVector(w[0], w[1], join),
                                  b_.CreateShuffleVector(w[2], w[3], join), order);
  }

 private:
  static constexpr uint64_t kLow = 0xFFFFFFFFu;

  Value* splat(Value* v) { return b_.CreateVectorSplat(blocks_, v); }
  Value* number(uint64_t v) { return llvm::ConstantInt::get(type_, v); }
  Value* low(Value* v) { return b_.CreateAnd(v, number(kLow)); }
  Value* high(Value* v) { return b_.CreateLShr(v, number(32)); }

  llvm::IRBuilder<>& b_;
  unsigned blocks_;
  llvm::Type* type_;
};

/// The 32-bit words of `lanes` elements from the first one of a block on.
Value* words_from(llvm::IRBuilder<>& b, Value* seed, Value* step, uint32_t stream, Value* block,
                  unsigned lanes) {
  for (Value* v : {seed, step, block})
    LATHE_CHECK(v->getType()->isIntegerTy(64), "seed, step and element are 64 bits wide");
  Philox philox(b, (lanes + 3) / 4);
  return philox.in_order(philox.run(seed, step, stream, block), lanes);
}

/// runtime::uniform_from_bits.
Value* to_uniform(llvm::IRBuilder<>& b, Value* words, unsigned lanes) {
  // 24 bits, so that reading them as signed changes nothing; that conversion is the cheap one.
  Value* bits = b.CreateLShr(words, 8);
  llvm::Type* type = llvm::FixedVectorType::get(b.getFloatTy(), lanes);
  llvm::IRBuilder<>::FastMathFlagGuard guard(b);
  b.clearFastMathFlags();
  return b.CreateFMul(b.CreateSIToFP(bits, type), llvm::ConstantFP::get(type, 0x1p-24));
}

/// Lanes `first` to first + lanes - 1.
Value* part(llvm::IRBuilder<>& b, Value* x, unsigned first, unsigned lanes) {
  std::vector<int> order;
  for (unsigned i = 0; i < lanes; ++i) order.push_back(static_cast<int>(first + i));
  return b.CreateShuffleVector(x, order);
}

}  // namespace

Value* emit_uniform(llvm::IRBuilder<>& b, Value* seed, Value* step, uint32_t stream,
                    Value* first_element, unsigned lanes) {
  LATHE_CHECK(lanes > 0, "random numbers for no lane");
  Value* block = b.CreateLShr(first_element, 2);
  return to_uniform(b, words_from(b, seed, step, stream, block, lanes), lanes);
}

Value* emit_uniform_from(llvm::IRBuilder<>& b, Value* seed, Value* step, uint32_t stream,
                         Value* first_element, unsigned lanes) {
  LATHE_CHECK(lanes > 0, "random numbers for no lane");
  Value* block = b.CreateLShr(first_element, 2);
  Value* words = words_from(b, seed, step, stream, block, lanes + 3);
  // Lanes move down by 2, then by 1, as the place within the block says. The conditions are
  // vectors: of a number, LLVM would make branches.
  Value* place = b.CreateTrunc(first_element, b.getInt32Ty());
  for (const unsigned by : {2u, 1u}) {
    const unsigned left = lanes + by - 1;
    llvm::Type* type = llvm::FixedVectorType::get(b.getInt32Ty(), left);
    Value* bit = b.CreateAnd(b.CreateVectorSplat(left, place), llvm::ConstantInt::get(type, by));
    Value* move = b.CreateICmpNE(bit, llvm::Constant::getNullValue(type));
    words = b.CreateSelect(move, part(b, words, by, left), part(b, words, 0, left));
  }
  return to_uniform(b, words, lanes);
}

Value* emit_uniform_at(llvm::IRBuilder<>& b, Value* seed, Value* step, uint32_t stream,
                       Value* element) {
  Value* four = emit_uniform(b, seed, step, stream, element, 4);
  return b.CreateExtractElement(four, b.CreateAnd(element, b.getInt64(3)));
}

}  // namespace lathe::codegen
