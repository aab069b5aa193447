// Transpose kernels: 16 x 16 blocks, turned in registers, from any layout to any layout.
#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

using llvm::Value;

namespace {

constexpr int kSide = 16;

/// Rows become columns: log2(16) rounds, in each of which pairs of rows trade halves of ever
/// smaller blocks.
void turn(llvm::IRBuilder<>& b, std::vector<Value*>& rows) {
  for (int s = kSide / 2; s >= 1; s /= 2) {
    std::vector<int> low, high;
    for (int lane = 0; lane < kSide; ++lane) {
      const bool second = (lane & s) != 0;
      // Lane l of row i (bit s clear) keeps a[l] where l's bit is clear, and takes b[l - s]
      // otherwise.
      low.push_back(second ? kSide + lane - s : lane);
      high.push_back(second ? kSide + lane : lane + s);
    }
    for (int i = 0; i < kSide; ++i) {
      if (i & s) continue;
      Value *x = rows[i], *y = rows[i + s];
      rows[i] = b.CreateShuffleVector(x, y, low);
      rows[i + s] = b.CreateShuffleVector(x, y, high);
    }
  }
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
        std::vector<Value*> block;
        for (int i = 0; i < kSide; ++i) {
          // Rows past the end are read as nothing.
          Value* valid = b.CreateSelect(b.CreateICmpULT(c.i64(i), height), width, c.i64(0));
          block.push_back(
              c.load(c.address(x, b.CreateAdd(row, c.i64(i)), column), DType::F32, kSide, valid));
        }
        turn(b, block);
        for (int i = 0; i < kSide; ++i) {
          Value* valid = b.CreateSelect(b.CreateICmpULT(c.i64(i), width), height, c.i64(0));
          for (const Place& p : targets)
            c.store(block[i], c.address(p, b.CreateAdd(column, c.i64(i)), row), DType::F32, kSide,
                    valid);
        }
      },
      "block");
}

}  // namespace lathe::codegen
