#include "codegen/llvm/matmul_operands.h"

#include "ir/error.h"

namespace lathe::codegen {

using ir::ValueId;
using llvm::Value;

namespace {

ValueId find_matmul(const KernelContext& c, const std::vector<ValueId>& ops) {
  for (ValueId id : ops)
    if (c.f.op(id).kind == ir::OpKind::MatMul) return id;
  internal_error(__FILE__, __LINE__, "a contraction without a matmul");
}

/// All dimensions of a value but the last.
Extent rows_of(const TensorType& t) {
  Extent rows{t.shape[0]};
  for (int i = 1; i + 1 < t.rank(); ++i) rows.times *= t.shape[i].size();
  if (rows.is_symbol()) return rows;
  return {rows.first.size() * rows.times};
}

}  // namespace

MatmulOperands matmul_operands(KernelContext& c, const std::vector<ValueId>& ops) {
  MatmulOperands o;
  o.matmul = find_matmul(c, ops);
  const ir::Op& op = c.f.op(o.matmul);
  o.turned_a = op.attrs.flag("transpose_a");
  o.turned_b = op.attrs.flag("transpose_b");
  o.m = rows_of(op.type);
  o.n = op.type.shape.back().size();
  const TensorType& a = c.f.op(op.operands[0]).type;
  o.k = o.turned_a ? rows_of(a) : Extent{a.shape.back()};
  o.a = as_matrix(c.place(op.operands[0]));
  o.b = as_matrix(c.place(op.operands[1]));
  return o;
}

Value* size_of(KernelContext& c, const Extent& e) {
  Value* first = c.dim(e.first);
  return e.times == 1 ? first : c.b.CreateMul(first, c.i64(e.times));
}

int64_t most_of(const KernelContext& c, const Extent& e) {
  return c.most(e.first) * e.times;
}

int64_t round_up(int64_t n, int64_t to) {
  return (n + to - 1) / to * to;
}

Place as_matrix(Place p) {
  if (p.type.rank() > 2) p.type.shape = {p.type.shape[0], p.type.shape.back()};
  return p;
}

}  // namespace lathe::codegen
