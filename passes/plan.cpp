#include "passes/plan.h"

#include <algorithm>
#include <map>

#include "ir/access.h"

namespace lathe::passes {

using namespace ir;

int64_t place_blocks(std::vector<Block>& blocks) {
  std::vector<size_t> order(blocks.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  std::vector<const Block*> placed;  // by offset
  int64_t total = 0;
  for (size_t i : order) {
    Block& block = blocks[i];
    int64_t at = 0;
    for (const Block* p : placed) {
      if (p->last < block.first || block.last < p->first) continue;
      if (at + block.bytes <= p->offset) break;
      at = std::max(at, p->offset + p->bytes);
    }
    block.offset = at;
    total = std::max(total, at + block.bytes);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), &block,
                         [](const Block* a, const Block* b) { return a->offset < b->offset; }),
        &block);
  }
  return total;
}

int64_t live_bound(const std::vector<Block>& blocks) {
  std::map<int64_t, int64_t> change;
  for (const Block& b : blocks) {
    change[b.first] += b.bytes;
    change[b.last + 1] -= b.bytes;
  }
  int64_t live = 0, bound = 0;
  for (auto& [phase, delta] : change) bound = std::max(bound, live += delta);
  return bound;
}

namespace {

struct Life {
  ValueId value;
  int64_t bytes, first, last;
  int kernel;     ///< that writes it
  int onto = -1;  ///< life whose memory this one takes over
};

void plan_function(const Module& m, Function& f) {
  std::vector<bool> buffer = needs_buffer(f);
  for (const Output& o : f.outputs) buffer[resolve_view(f, o.value)] = false;
  std::map<ValueId, size_t> index;
  std::vector<Life> lives;
  const int kernels = static_cast<int>(f.kernels.size());
  std::vector<std::vector<Access>> touched(kernels);
  const auto phase = [&](int k) { return f.kernels[k].attrs.integer("phase", 0); };
  for (int k = 0; k < kernels; ++k) {
    touched[k] = accesses(m, f, k);
    for (const Access& a : touched[k]) {
      if (a.is_state || !buffer[a.id]) continue;
      if (a.write) {
        index[a.id] = lives.size();
        lives.push_back({a.id, buffer_bytes(f, a.id), phase(k), phase(k), k});
      }
    }
  }
  for (int k = 0; k < kernels; ++k)
    for (const Access& a : touched[k])
      if (!a.is_state && !a.write && index.contains(a.id)) {
        Life& life = lives[index[a.id]];
        life.last = std::max(life.last, phase(k));
      }

  // In place: onto an aligned operand of the same size and layout that dies in this kernel. A
  // kernel that reduces its rows walks over a row more than once, and might read what it has
  // overwritten.
  std::vector<bool> walks_twice(kernels, false);
  for (ValueId id : f.body)
    if (const Op& op = f.op(id);
        op.kernel != kNone && f.kernels[op.kernel].kind == KernelKind::Rows)
      if (op.kind == OpKind::Reduce || op.kind == OpKind::ArgMax) walks_twice[op.kernel] = true;
  std::vector<bool> taken(lives.size(), false);
  for (size_t i = 0; i < lives.size(); ++i) {
    Life& life = lives[i];
    if (walks_twice[life.kernel]) continue;
    for (const Access& a : touched[life.kernel]) {
      if (a.is_state || a.write || !a.aligned || !index.contains(a.id)) continue;
      const size_t j = index[a.id];
      const Life& old = lives[j];
      const auto layout = [&](ValueId v) { return f.op(v).attrs.word("layout"); };
      if (taken[j] || old.last != life.first || old.bytes != life.bytes ||
          f.op(old.value).type != f.op(life.value).type || layout(old.value) != layout(life.value))
        continue;
      // No other kernel of this phase may still read it.
      bool shared = false;
      for (int k = 0; k < kernels; ++k)
        for (const Access& b : touched[k])
          shared =
              shared || (k != life.kernel && phase(k) == life.first && !b.is_state && b.id == a.id);
      if (shared) continue;
      life.onto = static_cast<int>(j);
      taken[j] = true;
      break;
    }
  }

  // A chain of lives in one place is one block.
  std::vector<int> block_of(lives.size(), -1);
  std::vector<Block> blocks;
  for (size_t i = 0; i < lives.size(); ++i) {
    if (lives[i].onto >= 0) continue;
    block_of[i] = static_cast<int>(blocks.size());
    blocks.push_back({lives[i].bytes, lives[i].first, lives[i].last});
  }
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < lives.size(); ++i) {
      if (block_of[i] >= 0 || block_of[lives[i].onto] < 0) continue;
      block_of[i] = block_of[lives[i].onto];
      Block& b = blocks[block_of[i]];
      b.last = std::max(b.last, lives[i].last);
      more = true;
    }
  }
  const int64_t arena = place_blocks(blocks);
  for (size_t i = 0; i < lives.size(); ++i)
    f.op(lives[i].value).attrs.set("offset", blocks[block_of[i]].offset);
  f.attrs.set("arena", arena);
  f.attrs.set("lower_bound", live_bound(blocks));
}

}  // namespace

bool plan_memory(Module& m, const PassOptions& options, Remarks&) {
  bool changed = false;
  for (Function& f : m.functions) {
    const Function before = f;
    bool batch = false;
    for (const Op& op : f.ops)
      batch = batch || (op.type.has_symbol() && op.type.shape[0].is_batch());
    f.attrs.set("max_batch", batch ? options.max_batch : int64_t{1});
    plan_function(m, f);
    for (size_t i = 0; i < f.ops.size(); ++i)
      changed = changed || f.ops[i].attrs != before.ops[i].attrs;
    changed = changed || f.attrs != before.attrs;
  }
  return changed;
}

}  // namespace lathe::passes
