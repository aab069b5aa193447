// matmul and transpose.
#include "codegen/interp/ops.h"

namespace lathe::interp {

// The plain sum over k, in double: every order of rounding that a backend may choose is within
// 1e-5 · Σ|a||b| of it. All dimensions of `a` but the last are its rows.
void compute_matmul(const Call& c, Value& r) {
  const Value &a = *c.operands.at(0), &b = *c.operands.at(1);
  const bool ta = c.op.attrs.flag("transpose_a"), tb = c.op.attrs.flag("transpose_b");
  const int64_t n = r.shape.back(), m = r.size() / n, depth = a.size() / m;
  const int64_t a_row = ta ? 1 : depth, a_k = ta ? m : 1;
  const int64_t b_k = tb ? 1 : n, b_col = tb ? depth : 1;
  for (int64_t i = 0; i < m; ++i)
    for (int64_t k = 0; k < depth; ++k) {
      const double x = a.elements[i * a_row + k * a_k];
      for (int64_t j = 0; j < n; ++j) r.elements[i * n + j] += x * b.elements[k * b_k + j * b_col];
    }
}

void compute_transpose(const Call& c, Value& r) {
  const Value& x = *c.operands.at(0);
  std::vector<int64_t> perm = c.op.attrs.ints("perm"), strides(x.shape.size(), 1), order;
  if (perm.empty()) perm = {1, 0};
  for (size_t i = strides.size() - 1; i-- > 0;) strides[i] = strides[i + 1] * x.shape[i + 1];
  for (int64_t axis : perm) order.push_back(strides[axis]);
  Walk w(r.shape, {order});
  for (double& y : r.elements) {
    y = x.elements[w.offset(0)];
    w.next();
  }
}

}  // namespace lathe::interp
