// Greedy fusion in body order: an op joins the kernel of a value it reads, contractions first, then
// column sums, then rows. What may join is said in fuse_rules.h; what is refused is remarked.
#include "passes/fuse.h"

#include <algorithm>
#include <map>
#include <set>

#include "ir/access.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/printer.h"
#include "passes/bare_values.h"
#include "passes/fuse_rules.h"
#include "passes/kernel_groups.h"

namespace lathe::passes {

using namespace ir;

namespace {

class Fuser {
 public:
  /// `pinned` ops start kernels of their own; without `fuse_ops` all but assigns do.
  Fuser(Module& m, Function& f, const std::map<ValueId, std::string>& pinned, bool fuse_ops)
      : m_(m),
        f_(f),
        groups_(f),
        rules_(m, f, groups_),
        users_(users(f)),
        kind_(f.ops.size()),
        column_(f.ops.size(), false),
        pinned_(pinned),
        fuse_ops_(fuse_ops) {}

  /// Assigns that can't be done where their value is made, and why: they need a copy of it.
  std::map<ValueId, std::string> lone_assigns;

  void run() {
    for (ValueId id : f_.body)
      if (groups_.of(id) != kNone) kind_[id] = rules_.kind_alone(id);
    for (ValueId id : f_.body)
      if (groups_.of(id) != kNone) join(id);
    commit();
  }

  /// Says each refusal that stands: not of ops that another way led into one kernel after all.
  void remark(Remarks& remarks) const {
    const std::vector<std::string> names = value_names(m_, f_);
    const auto kernel = [&](ValueId id) { return "@" + f_.kernels[f_.op(id).kernel].name; };
    const auto describe = [&](ValueId id) {
      const Op& op = f_.op(id);
      const std::string layer = op.attrs.word("layer");
      return names[id] + " (" + std::string(op_info(op.kind).text) +
             (layer.empty() ? "" : " of " + layer) + ")";
    };
    std::set<std::pair<ValueId, int32_t>> said;
    for (const Refusal& r : refusals_) {
      const int32_t other = f_.op(r.other).kernel;
      if (f_.op(r.op).kernel == other || !said.insert({r.op, other}).second) continue;
      remarks.push_back({"fuse", f_.name, describe(r.op),
                         kernel(r.op) + ", not in " + kernel(r.other) + ": " + r.why});
    }
    for (const auto& [copy, why] : pinned_)
      remarks.push_back({"fuse", f_.name, describe(copy),
                         "copied in " + kernel(copy) + " for its assign: " + why});
  }

 private:
  KernelKind kind_of(int32_t group) const { return kind_[groups_.members(group).front()]; }

  void refuse(ValueId id, int32_t group, const std::string& why) {
    refusals_.push_back({id, groups_.members(group).front(), why});
  }

  /// What speaks against one kernel for both groups, whatever their kinds hold.
  std::string merge_refusal(int32_t into, int32_t own) const {
    if (groups_.members(into).size() + groups_.members(own).size() > kMostOps)
      return "the kernel is full";
    std::string why = rules_.state_refusal(into, own, kind_of(into));
    if (why.empty() && !groups_.can_merge(into, own))
      why = "it needs, by way of another kernel, what this kernel makes";
    return why;
  }

  /// Joins when nothing speaks against it; `why` is a reason found before.
  bool try_merge(ValueId id, int32_t into, std::string why = "") {
    const int32_t own = groups_.of(id);
    if (own == into) return true;
    if (why.empty()) why = merge_refusal(into, own);
    if (!why.empty()) {
      refuse(id, into, why);
      return false;
    }
    const KernelKind kind = kind_of(into);
    for (ValueId member : groups_.members(own)) kind_[member] = kind;
    groups_.merge(into, own);
    return true;
  }

  /// Groups of the op's operands, without doubles, in operand order.
  std::vector<int32_t> sources(const Op& op) const {
    std::vector<int32_t> list;
    for (ValueId v : op.operands)
      if (int32_t g = groups_.producer(v);
          g != kNone && std::find(list.begin(), list.end(), g) == list.end())
        list.push_back(g);
    return list;
  }

  /// What a map of a contraction's result reads of random numbers, an element of them for each of its
  /// own, is drawn there, on the block that is in cache.
  void draw_with(const Op& map, int32_t group) {
    for (ValueId v : map.operands) {
      const Op& op = f_.op(v);
      if (op.kind != OpKind::RandomUniform || op.type.shape != map.type.shape) continue;
      if (groups_.members(groups_.of(v)).size() == 1) try_merge(v, group);
    }
  }

  bool join_map(ValueId id) {
    const Op& op = f_.op(id);
    // The operand that is made last first: it can't depend on what the others' kernels make.
    std::vector<int32_t> from = sources(op);
    std::stable_sort(from.begin(), from.end(), [&](int32_t a, int32_t b) {
      return groups_.last_position(a) > groups_.last_position(b);
    });
    for (int32_t g : from) {
      if (kind_of(g) != KernelKind::Contraction || op.kind != OpKind::Map) continue;
      const std::string why = rules_.contraction_refusal(op, g, column_);
      bool column = false;
      for (ValueId v : op.operands) column = column || (groups_.producer(v) == g && column_[v]);
      if (try_merge(id, g, why)) {
        column_[id] = column;
        if (!column) draw_with(op, g);
        return true;
      }
    }
    for (int32_t g : from) {
      if (kind_of(g) != KernelKind::Columns || op.kind != OpKind::Map) continue;
      if (try_merge(id, g, rules_.columns_refusal(op, g))) return true;
    }
    return false;
  }

  void join_rows(ValueId id) {
    for (int32_t g : sources(f_.op(id))) {
      const int32_t own = groups_.of(id);
      if (g == own || kind_of(g) != KernelKind::Rows) continue;
      // Every edge between the two groups has to stay within a row.
      std::string why;
      for (ValueId member : groups_.members(own))
        if (why.empty()) why = rules_.rows_refusal(f_.op(member), g);
      for (ValueId member : groups_.members(g))
        if (why.empty()) why = rules_.rows_refusal(f_.op(member), own);
      try_merge(id, g, why);
    }
  }

  /// The column sum of dz joins x^T dz.
  bool join_column_sum(ValueId id) {
    const Op& op = f_.op(id);
    const ValueId dz = op.operands[0];
    if (op.type.dtype != DType::F32 || f_.op(dz).type.rank() < 2) return false;
    if (op.type.shape != Shape{f_.op(dz).type.shape.back()}) return false;  // of other axes
    for (ValueId user : users_[dz]) {
      const Op& u = f_.op(user);
      if (u.kind != OpKind::MatMul || kind_[user] != KernelKind::Contraction) continue;
      if (u.operands[1] != dz || u.operands[0] == dz || !u.attrs.flag("transpose_a") ||
          u.attrs.flag("transpose_b"))
        continue;
      const int32_t g = groups_.of(user);
      const bool taken = std::any_of(groups_.members(g).begin(), groups_.members(g).end(),
                                     [&](ValueId m) { return f_.op(m).kind == OpKind::Reduce; });
      std::string why = taken ? "it has a column sum" : "";
      if (groups_.producer(u.operands[0]) == groups_.of(id)) why = "the matmul reads the sum";
      if (try_merge(id, g, why)) {
        column_[id] = true;
        return true;
      }
    }
    return false;
  }

  void join(ValueId id) {
    const Op& op = f_.op(id);
    if (op.kind == OpKind::Assign) {
      const int32_t g = groups_.producer(op.operands[0]);
      LATHE_CHECK(g != kNone && f_.op(op.operands[0]).kind != OpKind::Reshape,
                  "an assign of a bare value");
      const KernelKind kind = kind_of(g);
      const bool holds_assigns = kind != KernelKind::Transpose && kind != KernelKind::Scatter;
      if (holds_assigns && try_merge(id, g)) {
        column_[id] = column_[op.operands[0]];
        return;
      }
      lone_assigns[id] =
          holds_assigns ? refusals_.back().why
                        : "a " + std::string(kernel_kind_name(kind)) + " kernel holds no assign";
      return;
    }
    if (pinned_.contains(id) || !fuse_ops_) return;
    if (kind_[id] == KernelKind::Columns && join_column_sum(id)) return;
    // The rows of a contraction are the last axis alone: a vector that no rows kernel can take for
    // each of its rows, as a bias of [B,4,5], is one of them there.
    const bool last_axis = op.kind == OpKind::Map && op.type.rank() > 2;
    if ((kind_[id] == KernelKind::Rows || last_axis) && join_map(id)) return;
    if (kind_[id] != KernelKind::Rows) return stay_alone(id);
    join_rows(id);
  }

  /// A slice, a concatenation and such have loops of their own. Said where it costs something: behind
  /// what maps join.
  void stay_alone(ValueId id) {
    const Op& op = f_.op(id);
    if (kind_[id] != KernelKind::Loops) return;
    for (int32_t g : sources(op)) {
      const KernelKind kind = kind_of(g);
      if (kind != KernelKind::Contraction && kind != KernelKind::Rows) continue;
      refuse(id, g, "a " + std::string(op_info(op.kind).text) + " has loops of its own");
    }
  }

  std::string kernel_name(int32_t group, std::map<std::string, int>& taken) const {
    std::string layer;
    for (ValueId id : groups_.members(group))
      if (layer.empty()) layer = f_.op(id).attrs.word("layer");
    std::string name;
    for (char c : layer) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      const bool later = (c >= '0' && c <= '9') || c == '.' || c == '-';
      name += letter || (later && !name.empty()) ? c : '_';
    }
    if (!name.empty()) name += '.';
    name += kernel_kind_name(kind_of(group));
    const int n = taken[name]++;
    return n == 0 ? name : name + "." + std::to_string(n);
  }

  void commit() {
    std::vector<ValueId> body;
    std::vector<bool> placed(f_.ops.size(), false);
    std::map<std::string, int> taken;
    // Leaves and reshapes stand before the first kernel that reads them.
    const auto place_free = [&](auto&& self, ValueId v) -> void {
      const Op& op = f_.op(v);
      if (placed[v] || groups_.of(v) != kNone || op.kind == OpKind::Param ||
          op.kind == OpKind::State)
        return;
      placed[v] = true;
      for (ValueId operand : op.operands) self(self, operand);
      body.push_back(v);
    };
    f_.kernels.clear();
    for (int32_t g : groups_.order()) {
      for (ValueId id : groups_.members(g))
        for (ValueId operand : f_.op(id).operands) place_free(place_free, operand);
      Kernel kernel;
      kernel.name = kernel_name(g, taken);
      kernel.kind = kind_of(g);
      const auto number = static_cast<int32_t>(f_.kernels.size());
      f_.kernels.push_back(std::move(kernel));
      for (ValueId id : groups_.members(g)) {
        f_.op(id).kernel = number;
        body.push_back(id);
      }
    }
    f_.body = std::move(body);
  }

  struct Refusal {
    ValueId op, other;
    std::string why;
  };
  static constexpr size_t kMostOps =
      256;  ///< of a kernel: code beyond it spills and compiles slowly

  Module& m_;
  Function& f_;
  KernelGroups groups_;
  FuseRules rules_;
  std::vector<std::vector<ValueId>> users_;
  std::vector<KernelKind> kind_;  ///< by op: of its group
  std::vector<bool> column_;      ///< by op: in the column-sum part of a contraction
  std::vector<Refusal> refusals_;
  const std::map<ValueId, std::string>& pinned_;
  const bool fuse_ops_;
};

}  // namespace

void require_kernels(const Function& f, const char* pass) {
  for (ValueId id : f.body)
    if (!is_free(f.op(id).kind) && f.op(id).kernel == kNone)
      throw Error(std::string(pass) + ": function '" + f.name + "' has a '" +
                  std::string(op_info(f.op(id).kind).text) + "' in no kernel; run fuse first");
}

bool fuse(Module& m, const PassOptions& options, Remarks& remarks) {
  bool changed = false;
  for (Function& f : m.functions) {
    if (!f.kernels.empty() || (f.body.empty() && f.outputs.empty())) continue;
    wrap_bare_values(f);
    std::map<ValueId, std::string> pinned;  // copies, and why their assign needs one
    for (;;) {
      Fuser fuser(m, f, pinned, options.fuse_ops);
      fuser.run();
      if (fuser.lone_assigns.empty()) {
        fuser.remark(remarks);
        break;
      }
      f.kernels.clear();
      for (Op& op : f.ops) op.kernel = kNone;
      std::vector<ValueId> body;
      for (ValueId id : f.body) {
        if (auto lone = fuser.lone_assigns.find(id); lone != fuser.lone_assigns.end()) {
          const ValueId copy = add_copy(f, f.op(id).operands[0]);
          f.op(id).operands[0] = copy;
          pinned[copy] = lone->second;
          body.push_back(copy);
        }
        body.push_back(id);
      }
      f.body = std::move(body);
    }
    compact(f);
    changed = true;
  }
  return changed;
}

}  // namespace lathe::passes
