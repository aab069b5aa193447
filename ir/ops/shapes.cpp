#include "ir/ops/shapes.h"

#include "ir/error.h"

namespace lathe::ir {

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const Shape& large = a.size() >= b.size() ? a : b;
  const Shape& small = a.size() >= b.size() ? b : a;
  Shape r = large;
  const size_t extra = large.size() - small.size();
  for (size_t i = 0; i < small.size(); ++i) {
    const Dim s = small[i];
    Dim& d = r[i + extra];
    if (s == d || s == Dim(1)) continue;
    if (!(d == Dim(1)))
      throw Error("shapes " + shape_to_string(a) + " and " + shape_to_string(b) +
                  " do not broadcast");
    d = s;
  }
  check_shape(r);
  return r;
}

void check_shape(const Shape& shape) {
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i].is_symbol() ? i > 0 : shape[i].size() < 1)
      throw Error("shape " + shape_to_string(shape) + ": dimensions are positive, and " +
                  "a symbol stands only in front");
  }
}

void expect_rank(const TensorType& t, int rank) {
  if (t.rank() != rank)
    throw Error("expects rank " + std::to_string(rank) + ", not " + t.to_string());
}

void expect_float(const TensorType& t) {
  if (!is_float(t.dtype)) throw Error("expects f32 or f64, not " + t.to_string());
}

void expect_integer(const TensorType& t) {
  if (!is_integer(t.dtype)) throw Error("expects integers, not " + t.to_string());
}

}  // namespace lathe::ir
