// Offsets for blocks of memory: first fit, in time that hardly grows faster than their number.
#include <algorithm>
#include <map>

#include "passes/plan.h"

namespace lathe::passes {

namespace {

/// Bytes that are taken, as a union of ranges that do not touch each other.
class Taken {
 public:
  void add(int64_t from, int64_t to) {
    auto at = ranges_.upper_bound(from);
    if (at != ranges_.begin() && std::prev(at)->second >= from) {
      --at;
      from = at->first;
    }
    while (at != ranges_.end() && at->first <= to) {
      to = std::max(to, at->second);
      at = ranges_.erase(at);
    }
    ranges_.emplace_hint(at, from, to);
  }

  /// `at`, or the first byte from there on that has `bytes` free ones behind it.
  int64_t first_free(int64_t at, int64_t bytes) const {
    auto next = ranges_.upper_bound(at);
    if (next != ranges_.begin()) at = std::max(at, std::prev(next)->second);
    for (; next != ranges_.end() && next->first < at + bytes; ++next) at = next->second;
    return at;
  }

 private:
  std::map<int64_t, int64_t> ranges_;  ///< end by begin
};

/// What is taken in each phase: a segment tree over the phases. A block is noted where its life
/// covers a node's phases as a whole (`whole`, at the topmost such nodes), and there and above
/// (`any`). So what is taken in any of a node's phases is its `any` and the `whole` of all above it.
class Timeline {
 public:
  explicit Timeline(const std::vector<Block>& blocks) {
    for (const Block& b : blocks) {
      phases_.push_back(b.first);
      phases_.push_back(b.last);
    }
    std::sort(phases_.begin(), phases_.end());
    phases_.erase(std::unique(phases_.begin(), phases_.end()), phases_.end());
    nodes_.resize(4 * phases_.size());
  }

  /// The lowest offset at which the block's bytes are free through all of its life.
  int64_t first_free(const Block& b) {
    found_.clear();
    visit(b, [&](Node& n, bool covered) { found_.push_back(covered ? &n.any : &n.whole); });
    int64_t at = 0;
    for (size_t agreed = 0, i = 0; agreed < found_.size(); i = (i + 1) % found_.size()) {
      const int64_t next = found_[i]->first_free(at, b.bytes);
      agreed = next == at ? agreed + 1 : 1;
      at = next;
    }
    return at;
  }

  void take(const Block& b) {
    visit(b, [&](Node& n, bool covered) {
      n.any.add(b.offset, b.offset + b.bytes);
      if (covered) n.whole.add(b.offset, b.offset + b.bytes);
    });
  }

 private:
  struct Node {
    Taken any, whole;
  };

  size_t index(int64_t phase) const {
    return std::lower_bound(phases_.begin(), phases_.end(), phase) - phases_.begin();
  }

  /// Calls f(node, whether the block's life covers it) for the topmost nodes that it covers and all
  /// above them.
  template <class F>
  void visit(const Block& b, const F& f) {
    visit(1, 0, phases_.size() - 1, index(b.first), index(b.last), f);
  }
  template <class F>
  void visit(size_t node, size_t low, size_t high, size_t first, size_t last, const F& f) {
    if (last < low || high < first) return;
    const bool covered = first <= low && high <= last;
    f(nodes_[node], covered);
    if (covered) return;
    const size_t middle = (low + high) / 2;
    visit(2 * node, low, middle, first, last, f);
    visit(2 * node + 1, middle + 1, high, first, last, f);
  }

  std::vector<int64_t> phases_;  ///< in which a life begins or ends
  std::vector<Node> nodes_;      ///< node i has children 2i and 2i + 1
  std::vector<const Taken*> found_;
};

}  // namespace

int64_t place_blocks(std::vector<Block>& blocks) {
  std::vector<size_t> order(blocks.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  Timeline timeline(blocks);
  int64_t total = 0;
  for (size_t i : order) {
    Block& block = blocks[i];
    block.offset = timeline.first_free(block);
    timeline.take(block);
    total = std::max(total, block.offset + block.bytes);
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

}  // namespace lathe::passes
