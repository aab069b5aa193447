#include "passes/plan.h"

#include <algorithm>
#include <set>

#include "ir/access.h"
#include "ir/error.h"
#include "passes/fuse.h"

namespace lathe::passes {

using namespace ir;

namespace {

struct Life {
  ValueId value;
  int64_t bytes, first, last;
  int kernel;                ///< that writes it
  int64_t readers_last = 0;  ///< kernels that read it in phase `last`
  int onto = -1;             ///< life whose memory this one takes over
};

class Planner {
 public:
  Planner(const Module& m, Function& f)
      : f_(f), ops_(kernel_ops(f)), touched_(accesses(m, f)), life_of_(f.ops.size(), -1) {}

  void run() {
    collect();
    for (Life& life : lives_) life.onto = overwritten(life);
    place();
  }

 private:
  int64_t phase(size_t k) const { return f_.kernels[k].attrs.integer("phase", 0); }
  std::string layout(ValueId v) const { return f_.op(v).attrs.word("layout"); }

  void collect() {
    std::vector<bool> planned = needs_buffer(f_);
    for (const Output& o : f_.outputs) planned[resolve_view(f_, o.value)] = false;
    for (size_t k = 0; k < touched_.size(); ++k)
      for (const Access& a : touched_[k]) {
        if (a.is_state || !a.write || !planned[a.id]) continue;
        life_of_[a.id] = static_cast<int>(lives_.size());
        lives_.push_back({a.id, buffer_bytes(f_, a.id), phase(k), phase(k), static_cast<int>(k)});
      }
    for (size_t k = 0; k < touched_.size(); ++k)
      for (const Access& a : touched_[k]) {
        if (a.is_state || a.write || life_of_[a.id] < 0) continue;
        Life& life = lives_[life_of_[a.id]];
        if (phase(k) > life.last) life.readers_last = 0;
        life.last = std::max(life.last, phase(k));
        if (phase(k) == life.last) ++life.readers_last;
      }
  }

  /// The life onto which `life` can be written, or -1: of an aligned operand of the same type and
  /// layout that dies in this kernel, and that nothing in the kernel reads once the value is made.
  int overwritten(const Life& life) {
    for (const Access& a : touched_[life.kernel]) {
      if (a.is_state || a.write || !a.aligned || life_of_[a.id] < 0) continue;
      const int j = life_of_[a.id];
      const Life& old = lives_[j];
      if (taken_.contains(j) || old.last != life.first || old.readers_last != 1 ||
          f_.op(old.value).type != f_.op(life.value).type ||
          layout(old.value) != layout(life.value) || read_after(old.value, life))
        continue;
      taken_.insert(j);
      return j;
    }
    return -1;
  }

  bool read_after(ValueId operand, const Life& made) const {
    const auto& ops = ops_[made.kernel];
    return std::any_of(
        std::find(ops.begin(), ops.end(), made.value) + 1, ops.end(), [&](ValueId id) {
          const auto& operands = f_.op(id).operands;
          return std::any_of(operands.begin(), operands.end(),
                             [&](ValueId v) { return resolve_view(f_, v) == operand; });
        });
  }

  /// A chain of lives in one place is one block. An overwritten life begins in an earlier phase, so
  /// lives in the order of their first phase see their block made.
  void place() {
    std::vector<size_t> order(lives_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return lives_[a].first < lives_[b].first; });
    std::vector<size_t> block_of(lives_.size());
    std::vector<Block> blocks;
    for (size_t i : order) {
      const Life& life = lives_[i];
      if (life.onto < 0) {
        block_of[i] = blocks.size();
        blocks.push_back({life.bytes, life.first, life.last});
      } else {
        block_of[i] = block_of[life.onto];
        blocks[block_of[i]].last = std::max(blocks[block_of[i]].last, life.last);
      }
    }
    f_.attrs.set("arena", place_blocks(blocks));
    f_.attrs.set("lower_bound", live_bound(blocks));
    for (size_t i = 0; i < lives_.size(); ++i)
      f_.op(lives_[i].value).attrs.set("offset", blocks[block_of[i]].offset);
  }

  Function& f_;
  std::vector<std::vector<ValueId>> ops_;
  std::vector<std::vector<Access>> touched_;
  std::vector<int> life_of_;  ///< by value: index in lives_, or -1
  std::vector<Life> lives_;
  std::set<int> taken_;  ///< lives that another one overwrites
};

}  // namespace

bool plan_memory(Module& m, const PassOptions& options, Remarks&) {
  bool changed = false;
  for (Function& f : m.functions) {
    require_kernels(f, "plan");
    for (const Kernel& k : f.kernels)
      if (!k.attrs.has("phase"))
        throw Error("plan: kernel @" + k.name + " has no phase; run schedule first");
    const Function before = f;
    bool batch = false;
    for (const Op& op : f.ops)
      batch = batch || (op.type.has_symbol() && op.type.shape[0].is_batch());
    f.attrs.set("max_batch", batch ? options.max_batch : int64_t{1});
    Planner(m, f).run();
    for (size_t i = 0; i < f.ops.size(); ++i)
      changed = changed || f.ops[i].attrs != before.ops[i].attrs;
    changed = changed || f.attrs != before.attrs;
  }
  return changed;
}

}  // namespace lathe::passes
