#include "codegen/llvm/split.h"

#include <llvm/IR/Instructions.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "codegen/llvm/optimize.h"

namespace lathe::codegen {

namespace {

using llvm::Function;

/// What compiling a function takes, about: half as much for an instruction that nothing is done to
/// before it is selected.
int64_t work(const Function& f) {
  int64_t count = 0;
  for (const llvm::BasicBlock& block : f) count += static_cast<int64_t>(block.size());
  return f.hasFnAttribute(kTidy) ? count : 2 * count;
}
/// Less is not worth a thread: some 15 ms.
constexpr int64_t kThreadWork = 1500;

/// 0 for functions that call none with a body, otherwise one more than the highest that they call.
class Ranks {
 public:
  int of(const Function& f) {
    if (const auto known = ranks_.find(&f); known != ranks_.end()) return known->second;
    int rank = 0;
    for (const llvm::BasicBlock& block : f)
      for (const llvm::Instruction& i : block)
        if (const auto* call = llvm::dyn_cast<llvm::CallInst>(&i))
          if (const Function* callee = call->getCalledFunction(); callee && !callee->empty())
            rank = std::max(rank, of(*callee) + 1);
    ranks_[&f] = rank;
    return rank;
  }

 private:
  std::map<const Function*, int> ranks_;
};

/// Callees before callers, otherwise as they stand.
std::vector<Function*> in_order(llvm::Module& m) {
  std::vector<Function*> functions;
  for (Function& f : m)
    if (!f.empty()) functions.push_back(&f);
  Ranks ranks;
  std::ranges::stable_sort(functions, {}, [&](const Function* f) { return ranks.of(*f); });
  return functions;
}

}  // namespace

int parts_worth(const llvm::Module& m, int most) {
  int64_t total = 0;
  for (const Function& f : m) total += work(f);
  return static_cast<int>(std::clamp<int64_t>(total / kThreadWork, 1, std::max(most, 1)));
}

void keep_part(llvm::Module& m, int part, int parts) {
  const std::vector<Function*> functions = in_order(m);
  int64_t total = 0, before = 0;
  for (const Function* f : functions) total += work(*f);
  std::vector<Function*> others;
  for (Function* f : functions) {
    // By the middle of the function: borders lie where the parts come out even.
    const int64_t middle = before + work(*f) / 2;
    before += work(*f);
    if (middle * parts / std::max<int64_t>(total, 1) != part) others.push_back(f);
    if (!f->hasLocalLinkage()) continue;
    f->setLinkage(llvm::GlobalValue::ExternalLinkage);
    f->setVisibility(llvm::GlobalValue::HiddenVisibility);
  }
  for (Function* f : others) f->deleteBody();
  for (Function* f : others)
    if (f->use_empty()) f->eraseFromParent();
}

}  // namespace lathe::codegen
