#include "codegen/llvm/philox_emit.h"

#include <vector>

#include "ir/error.h"

namespace lathe::codegen {

namespace {

using llvm::Value;

/// Words 0 to 3 of some blocks: 32-bit numbers, each in a 64-bit lane whose high half is 0, which
/// is the form that the 32 x 32 bit vector multiply reads.
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
    Words c{{low(block), high(block), number(stream), low(splat(step))}};
    Value* key[2] = {b_.CreateAnd(seed, kLow), b_.CreateLShr(seed, 32)};
    for (int round = 0; round < 10; ++round) {
      if (round > 0) {
        key[0] = b_.CreateAnd(b_.CreateAdd(key[0], b_.getInt64(0x9E3779B9u)), kLow);
        key[1] = b_.CreateAnd(b_.CreateAdd(key[1], b_.getInt64(0xBB67AE85u)), kLow);
      }
      Value* m0 = b_.CreateMul(number(0xD2511F53u), c.w[0]);
      Value* m1 = b_.CreateMul(number(0xCD9E8D57u), c.w[2]);
      c = {{b_.CreateXor(b_.CreateXor(high(m1), c.w[1]), splat(key[0])), low(m1),
            b_.CreateXor(b_.CreateXor(high(m0), c.w[3]), splat(key[1])), low(m0)}};
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

}  // namespace

Value* emit_uniform(llvm::IRBuilder<>& b, Value* seed, Value* step, uint32_t stream,
                    Value* first_element, unsigned lanes) {
  LATHE_CHECK(lanes > 0, "random numbers for no lane");
  for (Value* v : {seed, step, first_element})
    LATHE_CHECK(v->getType()->isIntegerTy(64), "seed, step and element are 64 bits wide");
  Philox philox(b, (lanes + 3) / 4);
  const Words words = philox.run(seed, step, stream, b.CreateLShr(first_element, 2));
  // 24 bits, so that reading them as signed changes nothing; that conversion is the cheap one.
  Value* bits = b.CreateLShr(philox.in_order(words, lanes), 8);
  llvm::Type* type = llvm::FixedVectorType::get(b.getFloatTy(), lanes);
  llvm::IRBuilder<>::FastMathFlagGuard guard(b);
  b.clearFastMathFlags();
  return b.CreateFMul(b.CreateSIToFP(bits, type), llvm::ConstantFP::get(type, 0x1p-24));
}

}  // namespace lathe::codegen
