// reduce (sum, mean, max, min) over axes, and broadcast.
#include <algorithm>
#include <limits>

#include "codegen/interp/ops.h"
#include "ir/error.h"

namespace lathe::interp {

namespace {

/// NaN when either is NaN, like the primitives max and min.
double larger(double a, double b) {
  return a != a ? a : (a > b ? a : b);
}

}  // namespace

void compute_reduce(const Call& c, Value& r) {
  const Value& x = *c.operands.at(0);
  const std::string kind = c.op.attrs.word("kind");
  const std::vector<int64_t> axes = c.op.attrs.ints("axes");
  const bool sums = kind == "sum" || kind == "mean";
  LATHE_CHECK(sums || kind == "max" || kind == "min", "a reduce of unknown kind " + kind);

  // The result, seen with all axes of the operand: those reduced have size 1, so stride 0.
  std::vector<int64_t> kept = x.shape;
  for (int64_t axis : axes) kept.at(axis) = 1;
  const double sign = kind == "min" ? -1 : 1;  // min(x) = -max(-x)
  if (!sums) std::ranges::fill(r.elements, -std::numeric_limits<double>::infinity());
  Walk w(x.shape, {broadcast_strides(kept, x.shape)});
  for (double v : x.elements) {
    double& out = r.elements[w.offset()];
    out = sums ? out + v : larger(out, sign * v);
    w.next();
  }
  const double count = static_cast<double>(x.size()) / static_cast<double>(r.size());
  for (double& out : r.elements) {
    if (kind == "mean") out /= count;
    if (!sums) out *= sign;
  }
}

void compute_broadcast(const Call& c, Value& r) {
  const Value& x = *c.operands.at(0);
  Walk w(r.shape, {broadcast_strides(x.shape, r.shape)});
  for (double& out : r.elements) {
    out = x.elements[w.offset()];
    w.next();
  }
}

}  // namespace lathe::interp
