#include "codegen/llvm/turn.h"

namespace lathe::codegen {

using llvm::Value;

// log2(16) rounds, in each of which pairs of rows trade halves of ever smaller blocks.
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

}  // namespace lathe::codegen
