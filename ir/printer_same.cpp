// Structural equality of modules.
#include <algorithm>
#include <bit>
#include <cmath>

#include "ir/op_table.h"
#include "ir/printer.h"

namespace lathe::ir {

namespace {

bool same_number(double x, double y) {
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
  return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
}

bool same_attr(const Attr& a, const Attr& b) {
  if (a.index() != b.index()) return false;
  if (const double* x = std::get_if<double>(&a)) return same_number(*x, std::get<double>(b));
  if (const auto* x = std::get_if<std::vector<double>>(&a))
    return std::ranges::equal(*x, std::get<std::vector<double>>(b), same_number);
  return a == b;
}

bool same_attrs(const Attrs& a, const Attrs& b) {
  if (a.size() != b.size()) return false;
  for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y)
    if (x->first != y->first || !same_attr(x->second, y->second)) return false;
  return true;
}

}  // namespace

bool same(const Function& a, const Function& b) {
  if (a.name != b.name || a.params.size() != b.params.size() || a.body.size() != b.body.size() ||
      a.outputs.size() != b.outputs.size() || !same_attrs(a.attrs, b.attrs))
    return false;
  // Which value of b stands for a value of a; state reads are found by their state.
  std::vector<ValueId> mate(a.ops.size(), kNone);
  const auto same_value = [&](ValueId x, ValueId y) {
    const Op &p = a.op(x), &q = b.op(y);
    if (p.kind == OpKind::State && q.kind == OpKind::State) return p.state == q.state;
    return mate[x] == y;
  };
  for (size_t i = 0; i < a.params.size(); ++i) {
    const Op &p = a.op(a.params[i]), &q = b.op(b.params[i]);
    if (p.name != q.name || p.type != q.type) return false;
    mate[a.params[i]] = b.params[i];
  }
  const auto same_kernel = [&](int32_t i, int32_t j) {
    if (i == kNone || j == kNone) return i == j;
    const Kernel &k = a.kernels.at(i), &l = b.kernels.at(j);
    return k.name == l.name && k.kind == l.kind && same_attrs(k.attrs, l.attrs);
  };
  for (size_t i = 0; i < a.body.size(); ++i) {
    const Op &p = a.op(a.body[i]), &q = b.op(b.body[i]);
    if (p.kind != q.kind || p.operands.size() != q.operands.size() || p.name != q.name ||
        p.state != q.state || !(p.fn == q.fn) || !same_attrs(p.attrs, q.attrs) ||
        !same_kernel(p.kernel, q.kernel))
      return false;
    if (has_result(p.kind) && p.type != q.type) return false;
    for (size_t k = 0; k < p.operands.size(); ++k)
      if (!same_value(p.operands[k], q.operands[k])) return false;
    mate[a.body[i]] = b.body[i];
  }
  for (size_t i = 0; i < a.outputs.size(); ++i)
    if (a.outputs[i].name != b.outputs[i].name ||
        !same_value(a.outputs[i].value, b.outputs[i].value))
      return false;
  return true;
}

bool same(const Module& a, const Module& b) {
  if (a.name != b.name || !same_attrs(a.attrs, b.attrs) || a.states.size() != b.states.size() ||
      a.functions.size() != b.functions.size())
    return false;
  for (size_t i = 0; i < a.states.size(); ++i)
    if (a.states[i].name != b.states[i].name || a.states[i].type != b.states[i].type ||
        !same_attrs(a.states[i].attrs, b.states[i].attrs))
      return false;
  for (size_t i = 0; i < a.functions.size(); ++i)
    if (!same(a.functions[i], b.functions[i])) return false;
  return true;
}

}  // namespace lathe::ir
