// reshape, concat and slice.
#include "codegen/interp/ops.h"

namespace lathe::interp {

namespace {

/// Where the element at `start` of `axis` begins.
int64_t start_offset(const Value& v, int64_t axis, int64_t start) {
  return strides_of(v.shape).at(axis) * start;
}

}  // namespace

void compute_reshape(const Call& c, Value& r) {
  r.elements = c.operands.at(0)->elements;
}

void compute_concat(const Call& c, Value& r) {
  const int64_t axis = c.op.attrs.integer("axis", 0);
  int64_t start = 0;
  for (const Value* part : c.operands) {
    const int64_t base = start_offset(r, axis, start);
    Walk w(part->shape, {strides_of(r.shape)});
    for (double v : part->elements) {
      r.elements[base + w.offset()] = v;
      w.next();
    }
    start += part->shape.at(axis);
  }
}

void compute_slice(const Call& c, Value& r) {
  const Value& x = *c.operands.at(0);
  const int64_t base =
      start_offset(x, c.op.attrs.integer("axis", 0), c.op.attrs.integer("start", 0));
  Walk w(r.shape, {strides_of(x.shape)});
  for (double& out : r.elements) {
    out = x.elements[base + w.offset()];
    w.next();
  }
}

}  // namespace lathe::interp
