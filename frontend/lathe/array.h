// Arrays: the numbers that go into a model and come out of it, row-major, in host memory.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "runtime/tensor.h"

namespace lathe {

/// Owns its numbers: element type (`dtype()`), shape, `data<float>()`. The first dimension counts
/// the rows, one an example.
using Array = runtime::Tensor;
/// Shows numbers that belong to somebody else, who keeps them alive. An Array converts to it.
using ArrayView = runtime::TensorView;

/// Shows a vector's numbers as an array of that shape. Error unless their counts are equal.
template <class T>
ArrayView view(const std::vector<T>& values, std::vector<int64_t> shape) {
  constexpr DType dtype = runtime::dtype_of<T>();
  if (static_cast<int64_t>(values.size()) != runtime::element_count(shape))
    runtime::wrong_value_count(values.size(), dtype, shape);
  return {dtype, std::move(shape), values.data()};
}

/// Rows begin to end - 1. Error unless 0 <= begin <= end <= the number of rows.
ArrayView rows(const ArrayView& array, int64_t begin, int64_t end);

/// The rows of an array: its first dimension. Error for rank 0.
int64_t row_count(const ArrayView& array);

/// Integer labels [n] as f32[n, classes]: 1 in the label's column, 0 elsewhere. classes 0: one more
/// than the largest label. Error for a label outside 0 to classes - 1, with its position.
Array to_categorical(const ArrayView& labels, int64_t classes = 0);

/// What a model takes: one array an input. One array alone will do for a model with one input.
class Inputs {
 public:
  Inputs(ArrayView x) : views_{std::move(x)} {}  // NOLINT: an array is an input
  Inputs(const Array& x) : views_{x.view()} {}   // NOLINT
  Inputs(std::initializer_list<ArrayView> x) : views_(x) {}
  Inputs(std::vector<ArrayView> x) : views_(std::move(x)) {}  // NOLINT

  const std::vector<ArrayView>& views() const { return views_; }
  size_t size() const { return views_.size(); }

 private:
  std::vector<ArrayView> views_;
};

}  // namespace lathe
