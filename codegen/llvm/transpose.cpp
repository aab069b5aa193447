// Transpose kernels: 16 x 16 blocks, turned in registers, from any layout to any layout.
#include "codegen/llvm/kernel_context.h"
#include "codegen/llvm/turn.h"

namespace lathe::codegen {

using llvm::Value;

namespace {

constexpr int kSide = kTurnSide;

/// One block at (row, column) of `x`, which has `height` rows and `width` columns there; null: all 16.
void turn_block(KernelContext& c, const Place& x, const std::vector<Place>& targets, Value* row,
                Value* column, Value* height, Value* width) {
  llvm::IRBuilder<>& b = c.b;
  // Rows past the end are read and written as nothing.
  const auto valid = [&](int line, Value* lines, Value* length) -> Value* {
    if (!lines) return nullptr;
    return b.CreateSelect(b.CreateICmpULT(c.i64(line), lines), length, c.i64(0));
  };
  std::vector<Value*> block;
  for (int i = 0; i < kSide; ++i)
    block.push_back(c.load(c.address(x, b.CreateAdd(row, c.i64(i)), column), DType::F32, kSide,
                           valid(i, height, width)));
  turn(b, block);
  for (int i = 0; i < kSide; ++i)
    for (const Place& p : targets)
      c.store(block[i], c.address(p, b.CreateAdd(column, c.i64(i)), row), DType::F32, kSide,
              valid(i, width, height));
}

}  // namespace

void emit_transpose(KernelContext& c, int, const std::vector<ir::ValueId>& ops) {
  llvm::IRBuilder<>& b = c.b;
  const ir::Op& op = c.f.op(ops.front());
  const Place x = c.place(op.operands[0]);
  std::vector<Place> targets = c.destinations(ops.front());
  const int64_t columns = x.type.shape[1].size();
  Value* rows = c.dim(x.type.shape[0]);
  Value* row_blocks = b.CreateUDiv(b.CreateAdd(rows, c.i64(kSide - 1)), c.i64(kSide));
  const int64_t column_blocks = (columns + kSide - 1) / kSide;

  auto [from, to] = c.share(b.CreateMul(row_blocks, c.i64(column_blocks)));
  c.loop(
      from, to, 1,
      [&](Value* t) {
        Value* row = b.CreateMul(b.CreateURem(t, row_blocks), c.i64(kSide));
        Value* column = b.CreateMul(b.CreateUDiv(t, row_blocks), c.i64(kSide));
        const auto at_most = [&](Value* n) {
          return b.CreateSelect(b.CreateICmpULT(n, c.i64(kSide)), n, c.i64(kSide));
        };
        Value* height = at_most(b.CreateSub(rows, row));
        Value* width = at_most(b.CreateSub(c.i64(columns), column));
        Value* whole = b.CreateICmpEQ(b.CreateAdd(height, width), c.i64(2 * kSide));
        c.when(whole, [&] { turn_block(c, x, targets, row, column, nullptr, nullptr); });
        c.when(b.CreateNot(whole), [&] { turn_block(c, x, targets, row, column, height, width); });
      },
      "block");
}

}  // namespace lathe::codegen
