#include "codegen/llvm/packing.h"

#include "codegen/llvm/turn.h"

namespace lathe::codegen {

using llvm::Value;

void pack_columns(KernelContext& c, Value* a, int64_t stride, const Depth& k, int64_t height,
                  Value* out) {
  const int lanes = static_cast<int>(c.cpu.lanes);
  Value* first = c.element_address(a, DType::F32, c.b.CreateMul(k.first, c.i64(stride)));
  c.loop(
      c.i64(0), k.count, 1,
      [&](Value* i) {
        Value* from = c.element_address(first, DType::F32, c.b.CreateMul(i, c.i64(stride)));
        Value* to = c.element_address(out, DType::F32, c.b.CreateMul(i, c.i64(height)));
        // What a store writes past the end of its row, the next one overwrites.
        for (int64_t at = 0; at < height; at += lanes) {
          Value* valid = height - at < lanes ? c.i64(height - at) : nullptr;
          Value* x =
              c.load(c.element_address(from, DType::F32, c.i64(at)), DType::F32, lanes, valid);
          c.store(x, c.element_address(to, DType::F32, c.i64(at)), DType::F32, lanes);
        }
      },
      "pack");
}

void pack_panel(KernelContext& c, Value* b, int64_t stride, const Depth& k, int64_t count,
                int64_t width, Value* out) {
  const int lanes = static_cast<int>(c.cpu.lanes);
  Value* first = c.element_address(b, DType::F32, c.b.CreateMul(k.first, c.i64(stride)));
  c.loop(
      c.i64(0), k.count, 1,
      [&](Value* i) {
        Value* from = c.element_address(first, DType::F32, c.b.CreateMul(i, c.i64(stride)));
        Value* to = c.element_address(out, DType::F32, c.b.CreateMul(i, c.i64(width)));
        for (int64_t at = 0; at < count; at += lanes) {
          Value* valid = count - at < lanes ? c.i64(count - at) : nullptr;
          Value* x =
              c.load(c.element_address(from, DType::F32, c.i64(at)), DType::F32, lanes, valid);
          c.store(x, c.element_address(to, DType::F32, c.i64(at)), DType::F32, lanes);
        }
      },
      "panel");
}

void turn_rows(KernelContext& c, const Place& b, Value* row, int64_t count, const Depth& k,
               int64_t width, Value* out) {
  llvm::IRBuilder<>& builder = c.b;
  const auto square = [&](Value* at, Value* valid) {
    for (int64_t j = 0; j < count; j += kTurnSide) {
      std::vector<Value*> rows;
      for (int64_t i = j; i < j + kTurnSide; ++i) {
        if (i >= count) {
          rows.push_back(llvm::Constant::getNullValue(rows.front()->getType()));
          continue;
        }
        Value* from =
            c.address(b, builder.CreateAdd(row, c.i64(i)), builder.CreateAdd(k.first, at));
        rows.push_back(c.load(from, DType::F32, kTurnSide, valid));
      }
      turn(builder, rows);
      for (int64_t i = 0; i < kTurnSide; ++i) {
        Value* line = builder.CreateMul(builder.CreateAdd(at, c.i64(i)), c.i64(width));
        Value* to = c.element_address(out, DType::F32, builder.CreateAdd(line, c.i64(j)));
        c.store(rows[i], to, DType::F32, kTurnSide);
      }
    }
  };
  Value* rest = builder.CreateURem(k.count, c.i64(kTurnSide));
  Value* whole = builder.CreateSub(k.count, rest);
  c.loop(c.i64(0), whole, kTurnSide, [&](Value* at) { square(at, nullptr); }, "turn");
  c.when(builder.CreateICmpNE(rest, c.i64(0)), [&] { square(whole, rest); });
}

}  // namespace lathe::codegen
