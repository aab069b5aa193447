// Shape rules that several ops share.
#pragma once

#include "ir/type.h"

namespace lathe::ir {

/// NumPy's rule: trailing dimensions are aligned and must be equal or 1. Error otherwise.
Shape broadcast_shapes(const Shape& a, const Shape& b);
/// Every dimension positive, a symbol only in front. Error otherwise.
void check_shape(const Shape& shape);
/// Error unless the rank is `rank`.
void expect_rank(const TensorType& t, int rank);
/// Error unless the element type is f32 or f64.
void expect_float(const TensorType& t);
/// Error unless the element type is i64, i32 or u8.
void expect_integer(const TensorType& t);

}  // namespace lathe::ir
