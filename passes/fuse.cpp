// Greedy fusion in body order: an op joins the kernel of a value it reads, contractions first, then
// column sums, then rows. What may join is said in ir/kernel_kinds.def; what is refused is
// remarked.
#include "passes/fuse.h"

#include <algorithm>
#include <map>
#include <set>

#include "ir/access.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/printer.h"
#include "ir/row_form.h"
#include "passes/bare_values.h"
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
        users_(users(f)),
        kind_(f.ops.size()),
        column_(f.ops.size(), false),
        pinned_(pinned),
        fuse_ops_(fuse_ops) {}

  /// Assigns that can't be done where their value is made, and why: they need a copy of it.
  std::map<ValueId, std::string> lone_assigns;

  void run() {
    for (ValueId id : f_.body)
      if (groups_.of(id) != kNone) kind_[id] = kind_alone(id);
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

  bool rows_operands_fit(const Op& op) const {
    for (ValueId v : op.operands)
      if (row_form(op.type, f_.op(v).type) == RowForm::General) return false;
    return true;
  }

  static bool all_but_first(const std::vector<int64_t>& axes, int rank) {
    return static_cast<int>(axes.size()) == rank - 1 && axes.front() == 1;
  }

  /// The kind of kernel that the op is on its own.
  KernelKind kind_alone(ValueId id) const {
    const Op& op = f_.op(id);
    switch (op.kind) {
      case OpKind::MatMul:
        return op.type.dtype == DType::F32 ? KernelKind::Contraction : KernelKind::Loops;
      case OpKind::Transpose:
        return op.type.dtype == DType::F32 ? KernelKind::Transpose : KernelKind::Loops;
      case OpKind::Reduce: {
        if (op.attrs.word("kind") == "mean") break;
        const std::vector<int64_t> axes = op.attrs.ints("axes");
        const int rank = f_.op(op.operands[0]).type.rank();
        if (rank > 1 && all_but_first(axes, rank)) return KernelKind::Rows;
        if (axes == std::vector<int64_t>{0} && op.attrs.word("kind") == "sum" &&
            !op.attrs.flag("keepdims"))
          return KernelKind::Columns;
        return KernelKind::Loops;
      }
      case OpKind::Map:
      case OpKind::Convert:
      case OpKind::Broadcast:
        return rows_operands_fit(op) ? KernelKind::Rows : KernelKind::Loops;
      case OpKind::Gather:
      case OpKind::OneHot:
        return KernelKind::Rows;
      case OpKind::ArgMax:
        return f_.op(op.operands[0]).type.rank() == 2 ? KernelKind::Rows : KernelKind::Loops;
      case OpKind::Concat:
      case OpKind::Slice:
      case OpKind::RandomUniform:
      case OpKind::Assign:
        return KernelKind::Loops;
      case OpKind::Param:
      case OpKind::State:
      case OpKind::Constant:
      case OpKind::BatchSize:
      case OpKind::Reshape:
      case OpKind::Softmax:
      case OpKind::LogSoftmax:
      case OpKind::Minimize:
      case OpKind::Update:
        break;
    }
    throw Error("function '" + f_.name + "' still has a '" + std::string(op_info(op.kind).text) +
                "': run the passes before fuse");
  }

  /// Why `op` can't be in a rows kernel together with those of its operands that `inside` holds;
  /// empty when it can.
  std::string rows_refusal(const Op& op, int32_t group) const {
    for (ValueId v : op.operands) {
      if (groups_.producer(v) != group) continue;
      if (resolve_view(f_, v) != v) return "a reshape stands between";
      const Op& source = f_.op(v);
      if (is_flat_op(source) != is_flat_op(op)) return "one is a single row, the other is not";
      if (is_flat_op(op) && source.type.shape != op.type.shape) return "the shapes differ";
      if (!(source.type.shape.empty() && op.type.shape.empty()) &&
          !(source.type.shape.at(0) == op.type.shape.at(0)))
        return "the number of rows differs";
      if (is_elementwise(op.kind)) {
        const RowForm form = row_form(op.type, source.type);
        if (form != RowForm::Full && form != RowForm::PerRow)
          return "a row is broadcast to all rows";
      } else if (op.kind == OpKind::Gather && v == op.operands[0]) {
        return "a gather reads any row";
      }
    }
    return "";
  }

  /// Why two groups can't be one kernel of that kind: it would read a state at other places than it
  /// overwrites.
  std::string state_refusal(int32_t a, int32_t b, KernelKind kind) const {
    std::set<StateId> assigned;
    for (int32_t g : {a, b})
      for (ValueId id : groups_.members(g))
        if (f_.op(id).kind == OpKind::Assign) assigned.insert(f_.op(id).state);
    if (assigned.empty()) return "";
    for (int32_t g : {a, b})
      for (ValueId id : groups_.members(g))
        for (ValueId v : f_.op(id).operands) {
          const Op &op = f_.op(id), &source = f_.op(resolve_view(f_, v));
          if (source.kind != OpKind::State || !assigned.contains(source.state)) continue;
          const bool tiled = kind != KernelKind::Loops && kind != KernelKind::Transpose;
          if (!tiled || !is_elementwise(op.kind) || f_.op(v).kind != OpKind::State ||
              op.type.shape != source.type.shape)
            return "%" + m_.states[source.state].name + " is read at other places than overwritten";
        }
    return "";
  }

  void refuse(ValueId id, int32_t group, const std::string& why) {
    refusals_.push_back({id, groups_.members(group).front(), why});
  }

  /// What speaks against one kernel for both groups, whatever their kinds hold.
  std::string merge_refusal(int32_t into, int32_t own) const {
    if (groups_.members(into).size() + groups_.members(own).size() > kMostOps)
      return "the kernel is full";
    std::string why = state_refusal(into, own, kind_of(into));
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

  ValueId find_matmul(int32_t group) const {
    for (ValueId id : groups_.members(group))
      if (f_.op(id).kind == OpKind::MatMul) return id;
    internal_error(__FILE__, __LINE__, "a contraction without a matmul");
  }

  std::string contraction_refusal(const Op& op, int32_t group) const {
    const TensorType& result = f_.op(find_matmul(group)).type;
    bool column = false, main = false;
    for (ValueId v : op.operands) {
      if (groups_.producer(v) != group) continue;
      if (resolve_view(f_, v) != v) return "a reshape stands between";
      (column_[v] ? column : main) = true;
    }
    if (column && main) return "it joins the result with its column sum";
    if (op.type.dtype != DType::F32) return "its result is not f32";
    if (main && op.type.shape != result.shape) return "its shape is not the matmul's";
    if (column && op.type.shape != Shape{result.shape[1]})
      return "its shape is not the column sum's";
    for (ValueId v : op.operands) {
      if (f_.op(v).type.dtype != DType::F32) return "an operand is not f32";
      if (row_form(op.type, f_.op(v).type) == RowForm::General) return "an operand is broadcast";
    }
    return "";
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
      const std::string why = contraction_refusal(op, g);
      bool column = false;
      for (ValueId v : op.operands) column = column || (groups_.producer(v) == g && column_[v]);
      if (try_merge(id, g, why)) {
        column_[id] = column;
        return true;
      }
    }
    for (int32_t g : from) {
      if (kind_of(g) != KernelKind::Columns || op.kind != OpKind::Map) continue;
      const TensorType& sum = f_.op(groups_.members(g).front()).type;
      std::string why;
      if (op.type.shape != sum.shape || op.type.dtype != sum.dtype)
        why = "its type is not the sum's";
      for (ValueId v : op.operands) {
        const RowForm form = row_form(op.type, f_.op(v).type);
        if (form != RowForm::Full && form != RowForm::Scalar) why = "an operand is broadcast";
        if (groups_.producer(v) == g && resolve_view(f_, v) != v) why = "a reshape stands between";
        if (v == groups_.members(g).front() ? false
                                            : groups_.producer(v) == g && form != RowForm::Full)
          why = "an operand is broadcast";
      }
      if (try_merge(id, g, why)) return true;
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
        if (why.empty()) why = rows_refusal(f_.op(member), g);
      for (ValueId member : groups_.members(g))
        if (why.empty()) why = rows_refusal(f_.op(member), own);
      try_merge(id, g, why);
    }
  }

  /// The column sum of dz joins x^T dz.
  bool join_column_sum(ValueId id) {
    const Op& op = f_.op(id);
    const ValueId dz = op.operands[0];
    if (op.type.dtype != DType::F32 || f_.op(dz).type.rank() != 2) return false;
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
      if (kind_of(g) != KernelKind::Transpose && try_merge(id, g)) {
        column_[id] = column_[op.operands[0]];
        return;
      }
      lone_assigns[id] = kind_of(g) == KernelKind::Transpose ? "a transpose kernel holds no assign"
                                                             : refusals_.back().why;
      return;
    }
    if (pinned_.contains(id) || !fuse_ops_) return;
    if (kind_[id] == KernelKind::Columns && join_column_sum(id)) return;
    if (kind_[id] != KernelKind::Rows) return;
    if (join_map(id)) return;
    join_rows(id);
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
