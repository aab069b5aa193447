#include "passes/kernel_groups.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "ir/access.h"
#include "ir/error.h"

namespace lathe::passes {

using namespace ir;

namespace {
bool needs_kernel(OpKind kind) {
  return kind != OpKind::Param && kind != OpKind::State && kind != OpKind::Reshape &&
         !is_leaf(kind);
}
}  // namespace

KernelGroups::KernelGroups(const Function& f)
    : group_(f.ops.size(), kNone),
      next_(f.ops.size()),
      position_(f.ops.size(), 0),
      owner_(f.ops.size(), kNone) {
  for (size_t v = 0; v < f.ops.size(); ++v) {
    const ValueId owner = resolve_view(f, static_cast<ValueId>(v));
    if (needs_kernel(f.op(owner).kind)) owner_[v] = owner;
  }
  // Values: producer before user. States: every reader before the assign.
  std::vector<std::vector<ValueId>> readers, writers;
  const auto at = [](auto& table, StateId s) -> std::vector<ValueId>& {
    if (static_cast<size_t>(s) >= table.size()) table.resize(s + 1);
    return table[s];
  };
  for (ValueId id : f.body) {
    const Op& op = f.op(id);
    if (!needs_kernel(op.kind)) continue;
    group_[id] = static_cast<int32_t>(members_.size());
    members_.push_back({id});
    for (ValueId operand : op.operands) {
      if (owner_[operand] != kNone) next_[owner_[operand]].push_back(id);
      const Op& source = f.op(resolve_view(f, operand));
      if (source.kind == OpKind::State) at(readers, source.state).push_back(id);
    }
    if (op.kind == OpKind::Assign) at(writers, op.state).push_back(id);
  }
  for (size_t s = 0; s < writers.size() && s < readers.size(); ++s)
    for (ValueId w : writers[s])
      for (ValueId r : readers[s])
        if (r != w) next_[r].push_back(w);

  // A topological order of the ops: edges to assigns may run against the order of the body.
  std::vector<int32_t> waiting(f.ops.size(), 0);
  for (const auto& list : next_)
    for (ValueId to : list) ++waiting[to];
  std::queue<ValueId> ready;
  for (ValueId id : f.body)
    if (group_[id] != kNone && waiting[id] == 0) ready.push(id);
  int32_t count = 0;
  while (!ready.empty()) {
    const ValueId id = ready.front();
    ready.pop();
    position_[id] = count++;
    for (ValueId to : next_[id])
      if (--waiting[to] == 0) ready.push(to);
  }
  LATHE_CHECK(count == static_cast<int32_t>(members_.size()), "a cycle among single ops");
  rank_.assign(members_.size(), 0);
  by_rank_.assign(members_.size(), kNone);
  for (ValueId id : f.body) {
    if (group_[id] == kNone) continue;
    rank_[group_[id]] = position_[id];
    by_rank_[position_[id]] = group_[id];
  }
  seen_.assign(members_.size(), 0);
}

int32_t KernelGroups::producer(ValueId v) const {
  return owner_[v] == kNone ? kNone : group_[owner_[v]];
}

bool KernelGroups::path_through_others(int32_t first, int32_t last) const {
  ++query_;
  found_.clear();
  std::vector<int32_t> stack = {first};
  seen_[first] = query_;
  bool path = false;
  while (!stack.empty()) {
    const int32_t g = stack.back();
    stack.pop_back();
    for (ValueId id : members_[g]) {
      for (ValueId next : next_[id]) {
        const int32_t n = group_[next];
        if (n == last) path |= g != first;
        // Ranks ascend along every edge: nothing at or after `last` leads to it.
        if (seen_[n] == query_ || rank_[n] >= rank_[last]) continue;
        seen_[n] = query_;
        found_.push_back(n);
        stack.push_back(n);
      }
    }
    if (path) return true;
  }
  return false;
}

bool KernelGroups::can_merge(int32_t a, int32_t b) const {
  if (rank_[a] > rank_[b]) std::swap(a, b);
  return !path_through_others(a, b);
}

void KernelGroups::merge(int32_t a, int32_t b) {
  const int32_t first = rank_[a] < rank_[b] ? a : b, last = first == a ? b : a;
  LATHE_CHECK(!path_through_others(first, last), "a merge that closes a cycle");
  // What needs `first` goes behind the merged group, all else before `last` stays in front of it.
  const int32_t from = rank_[first], to = rank_[last];
  const auto place = [&](int32_t g, int32_t rank) {
    by_rank_[rank] = g;
    rank_[g] = rank;
  };
  by_rank_[from] = by_rank_[to] = kNone;
  if (found_.empty()) {
    place(a, to);
  } else {
    std::sort(found_.begin(), found_.end(),
              [&](int32_t x, int32_t y) { return rank_[x] < rank_[y]; });
    for (int32_t g : found_) by_rank_[rank_[g]] = kNone;
    int32_t rank = from;
    for (int32_t r = from + 1; r < to; ++r)
      if (const int32_t g = std::exchange(by_rank_[r], kNone); g != kNone) place(g, rank++);
    place(a, rank++);
    for (int32_t g : found_) place(g, rank++);
  }
  for (ValueId id : members_[b]) group_[id] = a;
  const auto middle = static_cast<std::ptrdiff_t>(members_[a].size());
  members_[a].insert(members_[a].end(), members_[b].begin(), members_[b].end());
  std::inplace_merge(members_[a].begin(), members_[a].begin() + middle, members_[a].end(),
                     [&](ValueId x, ValueId y) { return position_[x] < position_[y]; });
  members_[b].clear();
}

std::vector<int32_t> KernelGroups::order() const {
  std::vector<int32_t> waiting(members_.size(), 0);
  for (size_t id = 0; id < next_.size(); ++id)
    for (ValueId to : next_[id])
      if (group_[id] != group_[to]) ++waiting[group_[to]];
  // Ties go to the group whose first op comes first.
  using Item = std::pair<int32_t, int32_t>;
  std::priority_queue<Item, std::vector<Item>, std::greater<>> ready;
  const auto push = [&](int32_t g) { ready.push({position_[members_[g].front()], g}); };
  size_t groups = 0;
  for (size_t g = 0; g < members_.size(); ++g) {
    if (members_[g].empty()) continue;
    ++groups;
    if (waiting[g] == 0) push(static_cast<int32_t>(g));
  }
  std::vector<int32_t> result;
  while (!ready.empty()) {
    const int32_t g = ready.top().second;
    ready.pop();
    result.push_back(g);
    for (ValueId id : members_[g])
      for (ValueId to : next_[id])
        if (group_[to] != g && --waiting[group_[to]] == 0) push(group_[to]);
  }
  LATHE_CHECK(result.size() == groups, "a cycle among kernels");
  return result;
}

}  // namespace lathe::passes
