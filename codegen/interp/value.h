// What the interpreter computes with: an element type, a shape without symbols, and doubles.
//
// Integers are held as doubles too, so they are exact up to 2^53 in size: enough for labels, row
// numbers, step counters and seeds. An i64 that a double cannot hold is refused with an Error,
// never rounded in silence.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ir/type.h"
#include "runtime/tensor.h"

namespace lathe::interp {

/// A row-major tensor. `elements` has as many entries as the product of `shape`; bool is 0 or 1.
struct Value {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  std::vector<double> elements;

  Value() = default;
  /// All zeros.
  Value(DType dtype, std::vector<int64_t> shape);
  int rank() const { return static_cast<int>(shape.size()); }
  int64_t size() const { return static_cast<int64_t>(elements.size()); }
};

/// The value that a tensor of type `t` stores when it is given `v`: f32 rounds to nearest; integers
/// truncate toward zero and wrap modulo 2^bits (i64 does not wrap: 2^63 stands for the largest
/// one), NaN and infinities become 0; bool is v != 0.
double round_to(DType t, double v);

/// `name` is for the Error about an i64 beyond 2^53.
Value from_tensor(const runtime::TensorView& tensor, std::string_view name);
/// Rounds each element to the type.
runtime::Tensor to_tensor(const Value& value);

/// Row-major strides, in elements.
std::vector<int64_t> strides_of(std::span<const int64_t> shape);
/// Strides with which a tensor of shape `from` is read as one of shape `to`, by NumPy's rule: 0
/// where it is repeated.
std::vector<int64_t> broadcast_strides(std::span<const int64_t> from, std::span<const int64_t> to);

/// Walks the index space of `shape` in row-major order and keeps, for each set of strides, the
/// offset of the current element.
class Walk {
 public:
  Walk(std::vector<int64_t> shape, std::vector<std::vector<int64_t>> strides);
  bool done() const { return done_; }
  void next();
  int64_t offset(size_t which = 0) const { return offsets_[which]; }

 private:
  std::vector<int64_t> shape_, index_, offsets_;
  std::vector<std::vector<int64_t>> strides_;
  bool done_;
};

}  // namespace lathe::interp
