// Transpose kernels: 16 x 16 blocks, turned in registers, from any layout to any layout.
#include "codegen/llvm/kernel_context.h"
#include "codegen/llvm/turn.h"

namespace lathe::codegen {

using llvm::Value;

void emit_transpose(KernelContext& c, int, const std::vector<ir::ValueId>& ops) {
  llvm::IRBuilder<>& b = c.b;
  const ir::Op& op = c.f.op(ops.front());
  const Place x = c.place(op.operands[0]);
  std::vector<Place> targets = c.destinations(ops.front());
  const int64_t columns = x.type.shape[1].size();
  Value* rows = c.dim(x.type.shape[0]);
  Value* row_blocks = b.CreateUDiv(b.CreateAdd(rows, c.i64(kTurnSide - 1)), c.i64(kTurnSide));
  const int64_t column_blocks = (columns + kTurnSide - 1) / kTurnSide;

  auto [from, to] = c.share(b.CreateMul(row_blocks, c.i64(column_blocks)));
  c.loop(
      from, to, 1,
      [&](Value* t) {
        Value* row = b.CreateMul(b.CreateURem(t, row_blocks), c.i64(kTurnSide));
        Value* column = b.CreateMul(b.CreateUDiv(t, row_blocks), c.i64(kTurnSide));
        const auto at_most = [&](Value* n) {
          return b.CreateSelect(b.CreateICmpULT(n, c.i64(kTurnSide)), n, c.i64(kTurnSide));
        };
        Value* height = at_most(b.CreateSub(rows, row));
        Value* width = at_most(b.CreateSub(c.i64(columns), column));
        for (const Place& p : targets)
          turn_square(c, c.address(x, row, column), c.line_step(x), c.address(p, column, row),
                      c.line_step(p), height, width);
      },
      "block");
}

}  // namespace lathe::codegen
