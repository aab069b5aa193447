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
#include "ir/row_form.h"
#include "passes/kernel_groups.h"

namespace lathe::passes {

using namespace ir;

namespace {

/// An op that copies `v`; not yet in the body.
ValueId add_copy(Function& f, ValueId v) {
  Op copy;
  copy.operands = {v};
  copy.type = f.op(v).type;
  // Maps take numbers; a broadcast to the same shape copies truth values.
  copy.kind = copy.type.dtype == DType::Bool ? OpKind::Broadcast : OpKind::Map;
  if (copy.kind == OpKind::Map) copy.fn = ScalarExpr::arg(0);
  f.ops.push_back(std::move(copy));
  return static_cast<ValueId>(f.ops.size()) - 1;
}

/// Gives outputs and assigns whose value has no kernel of its own an identity map, and likewise
/// constants that a kernel needs in memory.
void wrap_bare_values(Function& f) {
  const auto bare = [&](ValueId v) {
    const OpKind kind = f.op(resolve_view(f, v)).kind;
    return f.op(v).kind == OpKind::Reshape || kind == OpKind::Param || kind == OpKind::State ||
           is_leaf(kind);
  };
  std::vector<ValueId> body;
  const auto wrapped = [&](ValueId v) {
    body.push_back(add_copy(f, v));
    return body.back();
  };
  const auto reads_memory = [&](OpKind kind) {
    return kind == OpKind::MatMul || kind == OpKind::Transpose || kind == OpKind::Reduce;
  };
  for (ValueId id : f.body) {
    if (reads_memory(f.op(id).kind))
      for (size_t i = 0; i < f.op(id).operands.size(); ++i)
        if (const ValueId v = f.op(id).operands[i]; is_leaf(f.op(resolve_view(f, v)).kind)) {
          const ValueId copy = wrapped(v);
          f.op(id).operands[i] = copy;
        }
    if (f.op(id).kind == OpKind::Assign && bare(f.op(id).operands[0])) {
      const ValueId copy = wrapped(f.op(id).operands[0]);
      f.op(id).operands[0] = copy;
    }
    body.push_back(id);
  }
  std::set<ValueId> seen;
  for (Output& o : f.outputs)
    if (bare(o.value) || !seen.insert(o.value).second) o.value = wrapped(o.value);
  f.body = std::move(body);
}

class Fuser {
 public:
  /// `pinned` ops start kernels of their own.
  Fuser(Module& m, Function& f, const std::set<ValueId>& pinned, Remarks& remarks)
      : m_(m),
        f_(f),
        remarks_(remarks),
        groups_(f),
        users_(users(f)),
        kind_(f.ops.size()),
        column_(f.ops.size(), false),
        pinned_(pinned) {}

  /// Assigns that can't be done where their value is made: they need a copy of it.
  std::vector<ValueId> lone_assigns;

  void run() {
    for (ValueId id : f_.body)
      if (groups_.of(id) != kNone) kind_[id] = kind_alone(id);
    for (ValueId id : f_.body)
      if (groups_.of(id) != kNone) join(id);
    commit();
  }

 private:
  KernelKind kind_of(int32_t group) const { return kind_[groups_.members(group).front()]; }
  void set_kind(int32_t group, KernelKind kind) {
    for (ValueId id : groups_.members(group)) kind_[id] = kind;
  }

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

  /// Why `assign` can't join a group: the group reads the state in another place than it writes it.
  std::string assign_refusal(ValueId assign, int32_t group) const {
    const StateId state = f_.op(assign).state;
    for (ValueId id : groups_.members(group)) {
      const Op& op = f_.op(id);
      for (ValueId v : op.operands) {
        const Op& source = f_.op(resolve_view(f_, v));
        if (source.kind != OpKind::State || source.state != state) continue;
        const bool aligned = op.kind == OpKind::Map && v == resolve_view(f_, v) &&
                             row_form(op.type, source.type) == RowForm::Full;
        if (!aligned)
          return "state '" + m_.states[state].name +
                 "' is read as a whole where a part is already overwritten";
      }
    }
    return "";
  }

  void refuse(ValueId id, int32_t group, const std::string& why) {
    const auto name = [&](ValueId v) { return std::string(op_info(f_.op(v).kind).text); };
    remarks_.push_back({"fuse", f_.name, name(id) + layer_suffix(id),
                        "not joined with " + name(groups_.members(group).front()) +
                            layer_suffix(groups_.members(group).front()) + ": " + why});
  }
  std::string layer_suffix(ValueId id) const {
    const std::string layer = f_.op(id).attrs.word("layer");
    return layer.empty() ? "" : " of " + layer;
  }

  /// Joins when nothing speaks against it; `why` is a reason found before.
  bool try_merge(ValueId id, int32_t into, std::string why = "") {
    const int32_t own = groups_.of(id);
    if (own == into) return true;
    if (why.empty() && !groups_.can_merge(into, own))
      why = "it needs, by way of another kernel, what this kernel makes";
    if (!why.empty()) {
      refuse(id, into, why);
      return false;
    }
    const KernelKind kind = kind_of(into);
    groups_.merge(into, own);
    set_kind(into, kind);
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
    const std::vector<int32_t> from = sources(op);
    for (int32_t g : from) {
      if (kind_of(g) != KernelKind::Contraction || op.kind != OpKind::Map) continue;
      const std::string why = contraction_refusal(op, g);
      bool column = false;
      for (ValueId v : op.operands) column = column || (groups_.producer(v) == g && column_[v]);
      if (try_merge(id, g, why.empty() ? state_after_join(id, g) : why)) {
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
      if (try_merge(id, g, why.empty() ? state_after_join(id, g) : why)) return true;
    }
    return false;
  }

  /// What joining would do to the reads of states that the group assigns.
  std::string state_after_join(ValueId id, int32_t group) const {
    for (ValueId member : groups_.members(group)) {
      if (f_.op(member).kind != OpKind::Assign) continue;
      for (ValueId v : f_.op(id).operands) {
        const Op& source = f_.op(resolve_view(f_, v));
        if (source.kind == OpKind::State && source.state == f_.op(member).state &&
            row_form(f_.op(id).type, source.type) != RowForm::Full)
          return "state '" + m_.states[source.state].name + "' is overwritten there";
      }
    }
    return "";
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
      if (why.empty()) why = state_after_join(id, g);
      if (why.empty() && !groups_.can_merge(g, own))
        why = "it needs, by way of another kernel, what this kernel makes";
      if (!why.empty()) {
        refuse(id, g, why);
        continue;
      }
      groups_.merge(g, own);
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
      if (try_merge(id, g, taken ? "it has a column sum" : "")) {
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
      LATHE_CHECK(g != kNone, "an assign of a bare value");
      if (resolve_view(f_, op.operands[0]) == op.operands[0] &&
          kind_of(g) != KernelKind::Transpose && try_merge(id, g, assign_refusal(id, g))) {
        column_[id] = column_[op.operands[0]];
        return;
      }
      lone_assigns.push_back(id);
      return;
    }
    if (pinned_.contains(id)) return;
    if (kind_[id] == KernelKind::Columns && join_column_sum(id)) return;
    if (kind_[id] != KernelKind::Rows) return;
    if (join_map(id)) return;
    join_rows(id);
  }

  std::string kernel_name(int32_t group, std::map<std::string, int>& taken) const {
    std::string layer;
    for (ValueId id : groups_.members(group))
      if (layer.empty()) layer = f_.op(id).attrs.word("layer");
    std::string name = layer.empty() ? "" : layer + ".";
    for (char& c : name)
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '.') c = '_';
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

  Module& m_;
  Function& f_;
  Remarks& remarks_;
  KernelGroups groups_;
  std::vector<std::vector<ValueId>> users_;
  std::vector<KernelKind> kind_;  ///< by op: of its group
  std::vector<bool> column_;      ///< by op: in the column-sum part of a contraction
  const std::set<ValueId>& pinned_;
};

}  // namespace

bool fuse(Module& m, const PassOptions&, Remarks& remarks) {
  bool changed = false;
  for (Function& f : m.functions) {
    if (!f.kernels.empty() || (f.body.empty() && f.outputs.empty())) continue;
    wrap_bare_values(f);
    std::set<ValueId> pinned;
    for (;;) {
      Remarks tried;
      Fuser fuser(m, f, pinned, tried);
      fuser.run();
      if (fuser.lone_assigns.empty()) {
        remarks.insert(remarks.end(), tried.begin(), tried.end());
        break;
      }
      f.kernels.clear();
      for (Op& op : f.ops) op.kernel = kNone;
      std::vector<ValueId> body;
      const std::set<ValueId> lone(fuser.lone_assigns.begin(), fuser.lone_assigns.end());
      for (ValueId id : f.body) {
        if (lone.contains(id)) {
          const ValueId copy = add_copy(f, f.op(id).operands[0]);
          f.op(id).operands[0] = copy;
          pinned.insert(copy);
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
