#include "codegen/llvm/packing.h"

#include <algorithm>

#include "codegen/llvm/turn.h"

namespace lathe::codegen {

using llvm::Value;

void copy_columns(KernelContext& c, Value* from, int64_t stride, const Depth& k, int64_t count,
                  int64_t width, Value* out) {
  const int lanes = static_cast<int>(c.cpu.lanes);
  Value* first = c.element_address(from, DType::F32, c.b.CreateMul(k.first, c.i64(stride)));
  c.loop(
      c.i64(0), k.count, 1,
      [&](Value* i) {
        Value* row = c.element_address(first, DType::F32, c.b.CreateMul(i, c.i64(stride)));
        Value* to = c.element_address(out, DType::F32, c.b.CreateMul(i, c.i64(width)));
        // What a store writes past the end of its row, the next one overwrites.
        for (int64_t at = 0; at < count; at += lanes) {
          Value* valid = count - at < lanes ? c.i64(count - at) : nullptr;
          Value* x =
              c.load(c.element_address(row, DType::F32, c.i64(at)), DType::F32, lanes, valid);
          c.store(x, c.element_address(to, DType::F32, c.i64(at)), DType::F32, lanes);
        }
      },
      "copy");
}

void turn_rows(KernelContext& c, const Place& b, Value* row, int64_t count, const Depth& k,
               int64_t width, Value* out) {
  const auto squares = [&](Value* at, Value* deep) {
    for (int64_t j = 0; j < count; j += kTurnSide) {
      Value* from = c.address(b, c.b.CreateAdd(row, c.i64(j)), c.b.CreateAdd(k.first, at));
      Value* to = c.element_address(out, DType::F32,
                                    c.b.CreateAdd(c.b.CreateMul(at, c.i64(width)), c.i64(j)));
      turn_square(c, from, c.line_step(b), to, width,
                  c.i64(std::min<int64_t>(kTurnSide, count - j)), deep);
    }
  };
  Value* rest = c.b.CreateURem(k.count, c.i64(kTurnSide));
  Value* whole = c.b.CreateSub(k.count, rest);
  c.loop(c.i64(0), whole, kTurnSide, [&](Value* at) { squares(at, c.i64(kTurnSide)); }, "turn");
  c.when(c.b.CreateICmpNE(rest, c.i64(0)), [&] { squares(whole, rest); });
}

}  // namespace lathe::codegen
