#include "codegen/llvm/turn.h"

#include <utility>
#include <vector>

namespace lathe::codegen {

using llvm::Value;

namespace {

/// log2(16) rounds, in each of which pairs of rows trade halves of ever smaller blocks.
void turn(llvm::IRBuilder<>& b, std::vector<Value*>& rows) {
  for (int s = kTurnSide / 2; s >= 1; s /= 2) {
    std::vector<int> low, high;
    for (int lane = 0; lane < kTurnSide; ++lane) {
      const bool second = (lane & s) != 0;
      // Lane l of row i (bit s clear) keeps a[l] where l's bit is clear, and takes b[l - s]
      // otherwise.
      low.push_back(second ? kTurnSide + lane - s : lane);
      high.push_back(second ? kTurnSide + lane : lane + s);
    }
    for (int i = 0; i < kTurnSide; ++i) {
      if (i & s) continue;
      Value *x = rows[i], *y = rows[i + s];
      rows[i] = b.CreateShuffleVector(x, y, low);
      rows[i + s] = b.CreateShuffleVector(x, y, high);
    }
  }
}

/// `void (ptr from, i64 step, ptr to, i64 step, i64 height, i64 width)`: made on first use.
llvm::Function* turn_function(KernelContext& c) {
  // Found by name: a word of the IR has no dollar.
  const char* name = "turn$16x16";
  if (auto* made = c.out.getFunction(name)) return made;
  llvm::IRBuilder<>& b = c.b;
  auto& context = c.out.getContext();
  const llvm::IRBuilder<>::InsertPointGuard back(b);
  llvm::Type *ptr = b.getPtrTy(), *i64 = b.getInt64Ty();
  auto* type = llvm::FunctionType::get(b.getVoidTy(), {ptr, i64, ptr, i64, i64, i64}, false);
  auto* fn = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, c.out);
  fn->addFnAttr(llvm::Attribute::NoInline);
  fn->addFnAttr(llvm::Attribute::NoUnwind);
  Value *height = fn->getArg(4), *width = fn->getArg(5);
  const auto at = [&](unsigned base, Value* row) {
    return c.element_address(fn->getArg(base), DType::F32, b.CreateMul(fn->getArg(base + 1), row));
  };
  auto* whole = llvm::BasicBlock::Create(context, "whole", fn);
  auto* part = llvm::BasicBlock::Create(context, "part", fn);
  b.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", fn, whole));
  b.CreateCondBr(b.CreateICmpEQ(b.CreateAdd(height, width), c.i64(2 * kTurnSide)), whole, part);

  b.SetInsertPoint(whole);
  std::vector<Value*> rows;
  for (int i = 0; i < kTurnSide; ++i)
    rows.push_back(c.load(at(0, c.i64(i)), DType::F32, kTurnSide));
  turn(b, rows);
  for (int i = 0; i < kTurnSide; ++i) c.store(rows[i], at(2, c.i64(i)), DType::F32, kTurnSide);
  b.CreateRetVoid();

  // A square at an edge, one of many but for a thin matrix: number by number, which is short code.
  b.SetInsertPoint(part);
  llvm::Function* const kernel = std::exchange(c.fn, fn);
  c.loop(c.i64(0), height, 1, [&](Value* i) {
    c.loop(c.i64(0), width, 1, [&](Value* j) {
      Value* x = c.load_scalar(c.element_address(at(0, i), DType::F32, j), DType::F32);
      c.store_scalar(x, c.element_address(at(2, j), DType::F32, i), DType::F32);
    });
  });
  b.CreateRetVoid();
  c.fn = kernel;
  return fn;
}

}  // namespace

void turn_square(KernelContext& c, Value* from, int64_t from_step, Value* to, int64_t to_step,
                 Value* height, Value* width) {
  c.b.CreateCall(turn_function(c), {from, c.i64(from_step), to, c.i64(to_step), height, width});
}

}  // namespace lathe::codegen
