// Rules 10 … 18: what kernels hold.
#include <algorithm>
#include <unordered_set>

#include "ir/access.h"
#include "ir/lexer.h"
#include "ir/op_table.h"
#include "ir/row_form.h"
#include "ir/verifier_report.h"

namespace lathe::ir {

namespace {

class KernelChecker {
 public:
  KernelChecker(const Reporter& r, const Module& m, int32_t kernel, const std::vector<ValueId>& ops)
      : r_(r), m_(m), f_(r.f()), kernel_(kernel), ops_(ops) {}

  void run() const {
    for (ValueId id : ops_)
      if (f_.op(id).kind == OpKind::Assign) check_assign(id);
    check_reads_first();
    switch (f_.kernels[kernel_].kind) {
      case KernelKind::Contraction:
        return contraction();
      case KernelKind::Rows:
        return rows();
      case KernelKind::Columns:
        return columns();
      case KernelKind::Transpose:
        return transpose();
      case KernelKind::Scatter:
        return scatter();
      case KernelKind::Loops:
        return loops();
    }
    internal_error(__FILE__, __LINE__, "bad kernel kind");
  }

 private:
  bool inside(ValueId v) const { return f_.op(v).kernel == kernel_; }

  void check_assign(ValueId id) const {
    if (!inside(f_.op(id).operands[0]))
      r_.op(12, id,
            "the assign of %" + m_.states[f_.op(id).state].name +
                " is not in the kernel that computes its value");
  }

  void check_reads_first() const {
    std::unordered_set<StateId> written;
    for (ValueId id : ops_) {
      for (ValueId v : f_.op(id).operands) {
        const Op& source = f_.op(resolve_view(f_, v));
        if (source.kind == OpKind::State && written.contains(source.state))
          r_.op(18, id,
                "it reads %" + m_.states[source.state].name + " after kernel " +
                    r_.kernel_name(kernel_) + " assigned it");
      }
      if (f_.op(id).kind == OpKind::Assign) written.insert(f_.op(id).state);
    }
  }

  /// The one op of that kind.
  ValueId only(int rule, OpKind kind) const {
    ValueId found = kNone;
    for (ValueId id : ops_) {
      if (f_.op(id).kind != kind) continue;
      if (found != kNone) r_.op(rule, id, "the kernel already has one " + name(kind));
      found = id;
    }
    if (found == kNone)
      r_.kernel(rule, kernel_,
                "a " + std::string(kernel_kind_name(f_.kernels[kernel_].kind)) +
                    " kernel needs a " + name(kind));
    return found;
  }

  static std::string name(OpKind kind) { return std::string(op_info(kind).text); }

  [[noreturn]] void misplaced(int rule, ValueId id) const {
    r_.op(rule, id,
          "a " + name(f_.op(id).kind) + " can't be in a " +
              std::string(kernel_kind_name(f_.kernels[kernel_].kind)) + " kernel");
  }

  /// What the kernel itself makes is read as it is, not through a reshape.
  void check_direct(int rule, ValueId id) const {
    for (ValueId v : f_.op(id).operands)
      if (!inside(v) && f_.op(resolve_view(f_, v)).kernel == kernel_)
        r_.op(rule, id, "it reads a value of its own kernel through a reshape");
  }

  void check_outside(int rule, ValueId id) const {
    for (ValueId v : f_.op(id).operands)
      if (f_.op(resolve_view(f_, v)).kernel == kernel_)
        r_.op(rule, id, "its operand " + r_.value(v) + " is made by its own kernel");
  }

  void check_forms(int rule, ValueId id,
                   RowForm (*form)(const TensorType&, const TensorType&) = row_form) const {
    const Op& op = f_.op(id);
    for (ValueId v : op.operands)
      if (form(op.type, f_.op(v).type) == RowForm::General)
        r_.op(rule, id,
              "operand " + r_.value(v) + " of type " + f_.op(v).type.to_string() +
                  " is broadcast in the middle");
  }

  static std::vector<int64_t> leading(size_t n, int64_t first) {
    std::vector<int64_t> axes;
    for (size_t i = 0; i < n; ++i) axes.push_back(first + static_cast<int64_t>(i));
    return axes;
  }

  void contraction() const {
    constexpr int kRule = 13;
    const ValueId matmul = only(kRule, OpKind::MatMul);
    const Op& mm = f_.op(matmul);
    if (mm.type.dtype != DType::F32)
      r_.op(kRule, matmul, "a contraction is f32, not " + mm.type.to_string());
    check_outside(kRule, matmul);
    const bool has_sum = std::any_of(ops_.begin(), ops_.end(),
                                     [&](ValueId id) { return f_.op(id).kind == OpKind::Reduce; });
    const ValueId sum = has_sum ? only(kRule, OpKind::Reduce) : kNone;
    if (sum != kNone) check_column_sum(sum, mm);

    for (ValueId id : ops_) {
      const Op& op = f_.op(id);
      if (id == matmul || id == sum || op.kind == OpKind::Assign) continue;
      const bool drawn = op.kind == OpKind::RandomUniform;
      if (op.kind != OpKind::Map && !drawn) misplaced(kRule, id);
      const bool main = op.type.shape == mm.type.shape;
      const bool column = sum != kNone && !drawn && op.type.shape == f_.op(sum).type.shape;
      if (!main && !column)
        r_.op(kRule, id,
              "its shape is not that of the result " + mm.type.to_string() +
                  (sum != kNone && !drawn ? " or its column sum" : ""));
      if (op.type.dtype != DType::F32)
        r_.op(kRule, id, "maps of a contraction are f32, not " + op.type.to_string());
      check_direct(kRule, id);
      check_forms(kRule, id, matrix_form);
      for (ValueId v : op.operands)
        if (inside(v) && f_.op(v).type.shape != op.type.shape)
          r_.op(kRule, id, "it mixes the result with its column sum");
    }
  }

  void check_column_sum(ValueId sum, const Op& mm) const {
    constexpr int kRule = 13;
    const Op& op = f_.op(sum);
    const auto rows = static_cast<size_t>(f_.op(op.operands[0]).type.rank()) - 1;
    if (op.attrs.word("kind") != "sum" || op.attrs.ints("axes") != leading(rows, 0) ||
        op.attrs.flag("keepdims"))
      r_.op(kRule, sum,
            rows > 1 ? "a contraction sums over all axes but the last, without keepdims"
                     : "a contraction sums over axis 0 only, without keepdims");
    if (op.operands[0] != mm.operands[1])
      r_.op(kRule, sum, "a contraction sums the right operand of its matmul only");
    if (!mm.attrs.flag("transpose_a") || mm.attrs.flag("transpose_b"))
      r_.op(kRule, sum, "a column sum goes with transpose_a and without transpose_b");
  }

  void rows() const {
    constexpr int kRule = 14;
    const Op* first = nullptr;
    for (ValueId id : ops_) {
      const Op& op = f_.op(id);
      if (op.kind == OpKind::Assign) continue;
      check_row_op(id);
      check_direct(kRule, id);
      if (is_elementwise(op.kind)) check_forms(kRule, id);
      if (!first) first = &op;
      const bool flat = is_flat_op(*first);
      if (is_flat_op(op) != flat)
        r_.op(kRule, id, "some ops of the kernel make a single row, others rows");
      if (flat ? op.type.shape != first->type.shape : op.type.shape[0] != first->type.shape[0])
        r_.op(kRule, id,
              std::string("its ") + (flat ? "shape" : "number of rows") +
                  " is not that of the kernel's first op, " + first->type.to_string());
      for (size_t i = 0; i < op.operands.size(); ++i)
        if (inside(op.operands[i])) check_row_edge(id, i);
    }
    if (!first) r_.kernel(kRule, kernel_, "a rows kernel needs an op that has a result");
  }

  void check_row_op(ValueId id) const {
    constexpr int kRule = 14;
    const Op& op = f_.op(id);
    if (is_elementwise(op.kind)) {
      if (op.type.rank() == 0 && !is_flat_op(op)) misplaced(kRule, id);
      return;
    }
    if (op.kind == OpKind::OneHot) return;
    if (op.kind == OpKind::Gather) {
      if (f_.op(op.operands[1]).type.rank() != 1)
        r_.op(kRule, id, "a gather of a rows kernel takes its index from a list");
      return;
    }
    const int rank = op.operands.empty() ? 0 : f_.op(op.operands[0]).type.rank();
    if (op.kind == OpKind::ArgMax) {
      if (rank != 2) r_.op(kRule, id, "an argmax of a rows kernel takes a matrix");
      return;
    }
    if (op.kind != OpKind::Reduce) misplaced(kRule, id);
    if (rank < 2 || op.attrs.ints("axes") != leading(rank - 1, 1))
      r_.op(kRule, id, "a rows kernel reduces all axes but the first");
  }

  /// An operand that the kernel makes: row i of the op needs row i of it only.
  void check_row_edge(ValueId id, size_t i) const {
    constexpr int kRule = 14;
    const Op& op = f_.op(id);
    const ValueId v = op.operands[i];
    if (op.kind == OpKind::Gather && i == 0)
      r_.op(kRule, id, "a gather reads any row of " + r_.value(v) + ", which its own kernel makes");
    if (!is_elementwise(op.kind)) return;
    const RowForm form = row_form(op.type, f_.op(v).type);
    if (form != RowForm::Full && form != RowForm::PerRow)
      r_.op(kRule, id, "it needs other rows of " + r_.value(v) + ", which its own kernel makes");
  }

  void columns() const {
    constexpr int kRule = 15;
    const ValueId sum = only(kRule, OpKind::Reduce);
    const Op& s = f_.op(sum);
    const std::vector<int64_t> axes = s.attrs.ints("axes");
    if (s.attrs.word("kind") != "sum" || axes != leading(axes.size(), 0) ||
        s.attrs.flag("keepdims"))
      r_.op(kRule, sum, "a columns kernel sums over the leading axes, without keepdims");
    check_outside(kRule, sum);
    for (ValueId id : ops_) {
      const Op& op = f_.op(id);
      if (id == sum || op.kind == OpKind::Assign) continue;
      if (op.kind != OpKind::Map) misplaced(kRule, id);
      if (op.type != s.type)
        r_.op(kRule, id, "its type is not that of the sum, " + s.type.to_string());
      check_direct(kRule, id);
      check_forms(kRule, id);
    }
  }

  void transpose() const {
    constexpr int kRule = 16;
    const ValueId only_op = alone(kRule, OpKind::Transpose);
    const TensorType& t = f_.op(only_op).type;
    if (t.dtype != DType::F32 || t.rank() != 2)
      r_.op(kRule, only_op, "a transpose kernel is for f32 matrices");
  }

  void scatter() const { alone(19, OpKind::ScatterAdd); }

  /// The kernel's one op of that kind, which has no others beside it.
  ValueId alone(int rule, OpKind kind) const {
    const ValueId only_op = only(rule, kind);
    for (ValueId id : ops_)
      if (id != only_op) misplaced(rule, id);
    return only_op;
  }

  void loops() const {
    constexpr int kRule = 17;
    int count = 0;
    for (ValueId id : ops_) {
      if (f_.op(id).kind == OpKind::Assign) continue;
      if (++count > 1) r_.op(kRule, id, "a loops kernel holds one op and assigns of it");
    }
    if (count == 0) r_.kernel(kRule, kernel_, "a loops kernel needs an op that has a result");
  }

  const Reporter& r_;
  const Module& m_;
  const Function& f_;
  int32_t kernel_;
  const std::vector<ValueId>& ops_;
};

/// Rules 10 and 11, and the names of kernels.
void check_order(const Reporter& r) {
  const Function& f = r.f();
  const auto count = static_cast<int32_t>(f.kernels.size());
  int32_t open = kNone, last = kNone;
  for (ValueId id : f.body) {
    const Op& op = f.op(id);
    if (op.kernel < kNone || op.kernel >= count) r.op(10, id, "its kernel is out of range");
    if (op.kernel != open && op.kernel != kNone) {
      if (op.kernel <= last)
        r.op(10, id,
             "kernel " + r.kernel_name(op.kernel) +
                 " is torn apart, or before a kernel that begins above it");
      if (op.kernel != last + 1) r.kernel(10, last + 1, "the kernel has no ops");
      last = op.kernel;
    }
    open = op.kernel;
    if (count == 0) continue;
    if (op.kind == OpKind::Minimize || op.kind == OpKind::Update)
      r.op(11, id, "it must be expanded before there are kernels");
    if (is_free(op.kind) && op.kernel != kNone)
      r.op(11, id, "constants, batch_size and reshapes stand outside kernels");
    if (!is_free(op.kind) && op.kernel == kNone)
      r.op(11, id, "it is in no kernel, though the function has kernels");
  }
  if (last + 1 < count) r.kernel(10, last + 1, "the kernel has no ops");

  std::unordered_set<std::string> names;
  for (int32_t k = 0; k < count; ++k) {
    const Kernel& kernel = f.kernels[k];
    if (!is_plain_word(kernel.name)) r.kernel(1, k, "the name is not a plain word");
    for (const auto& [name, value] : kernel.attrs)
      if (!is_plain_word(name)) r.kernel(1, k, "'" + name + "' is no name for an attribute");
    if (!names.insert(kernel.name).second) r.kernel(2, k, "there are two kernels of this name");
  }
}

void check_kernel_outputs(const Reporter& r) {
  const Function& f = r.f();
  std::unordered_set<ValueId> seen;
  for (size_t i = 0; i < f.outputs.size(); ++i) {
    const ValueId v = f.outputs[i].value;
    if (f.op(v).kernel == kNone)
      r.output(12, i, r.value(v) + " is not computed by a kernel; expected a copy of it");
    if (!seen.insert(v).second)
      r.output(12, i, r.value(v) + " is already another output; expected a copy of it");
  }
}

}  // namespace

void verify_kernels(const Reporter& r, const Module& m) {
  const Function& f = r.f();
  check_order(r);
  if (f.kernels.empty()) return;
  check_kernel_outputs(r);
  const std::vector<std::vector<ValueId>> ops = kernel_ops(f);
  for (size_t k = 0; k < ops.size(); ++k)
    KernelChecker(r, m, static_cast<int32_t>(k), ops[k]).run();
}

}  // namespace lathe::ir
