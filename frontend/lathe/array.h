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

/// Examples that overlap: number i is the `length` rows of a series [rows, …] that end with row
/// last[i]. Nothing is copied: a training step reads the windows where they lie.
struct Windows {
  ArrayView series;
  int64_t length = 1;
  std::vector<int32_t> last;
};

/// What a model takes: one array an input, its rows the examples, or windows of a series. One alone
/// will do for a model with one input.
class Inputs {
 public:
  struct Entry {
    Entry(ArrayView x) : data(std::move(x)) {}  // NOLINT: an array is an input
    Entry(const Array& x) : data(x.view()) {}   // NOLINT
    Entry(Windows x)                            // NOLINT
        : data(std::move(x.series)), windows(true), window(x.length), last(std::move(x.last)) {}

    ArrayView data;             ///< [n, …], or the series
    bool windows = false;       ///< whether examples are windows of it
    int64_t window = 0;         ///< their rows
    std::vector<int32_t> last;  ///< [n]: the last row of each

    int64_t rows() const;                    ///< n
    std::vector<int64_t> row_shape() const;  ///< of an example
    /// Examples begin to end - 1.
    Entry part(int64_t begin, int64_t end) const;
    /// The same as an array of their own, [end - begin, …], of the data's type.
    Array copied(int64_t begin, int64_t end) const;
  };

  Inputs(ArrayView x) : entries_{Entry(std::move(x))} {}  // NOLINT
  Inputs(const Array& x) : entries_{Entry(x)} {}          // NOLINT
  /// Error, wherever a model is given them, for a length below 1, a last row from which no window
  /// reaches back, or that the series does not have; and for windows of several inputs that do not
  /// have the same last rows.
  Inputs(Windows x) : entries_{Entry(std::move(x))} {}  // NOLINT
  Inputs(std::initializer_list<Entry> x) : entries_(x) {}
  Inputs(const std::vector<ArrayView>& x) : entries_(x.begin(), x.end()) {}  // NOLINT
  Inputs(std::vector<Entry> x) : entries_(std::move(x)) {}                   // NOLINT

  const std::vector<Entry>& entries() const { return entries_; }
  size_t size() const { return entries_.size(); }

 private:
  std::vector<Entry> entries_;
};

}  // namespace lathe
