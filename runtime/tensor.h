// Host tensors: contiguous row-major values with an element type and a shape without symbols.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "ir/type.h"
#include "runtime/memory.h"

namespace lathe::runtime {

/// Whether elements of `t` are stored as a C++ `T` (u8 and bool both are uint8_t).
template <class T>
constexpr bool stored_as(DType t) {
  switch (t) {
#define DTYPE(name, text, type, bytes) \
  case DType::name:                    \
    return std::is_same_v<T, type>;
#include "ir/dtypes.def"
#undef DTYPE
  }
  return false;
}

/// The element type whose values are a C++ `T`; U8 for uint8_t. Compiles for no other `T`.
template <class T>
consteval DType dtype_of() {
#define DTYPE(name, text, type, bytes) \
  if (std::is_same_v<T, type>) return DType::name;
#include "ir/dtypes.def"
#undef DTYPE
  throw "no element type is stored as T";  // never runs: not a constant expression
}

/// Product of the dimensions; 1 for rank 0. Throws Error if a dimension is negative or the product
/// is too large for 63 bits of bytes.
int64_t element_count(std::span<const int64_t> shape);

/// The type `dtype[shape]`.
TensorType tensor_type(DType dtype, std::span<const int64_t> shape);

/// Row-major values that belong to somebody else, who keeps them alive.
struct TensorView {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  const void* data = nullptr;

  int64_t elements() const { return element_count(shape); }
  int64_t byte_size() const { return elements() * dtype_size(dtype); }
  TensorType type() const { return tensor_type(dtype, shape); }
};

/// Owns its values, 64-byte aligned. Copying copies them. Dimensions may be 0 (no rows).
/// A moved-from tensor may only be assigned to or destroyed.
class Tensor {
 public:
  /// f32[0].
  Tensor() : Tensor(DType::F32, {0}) {}
  /// All zeros.
  Tensor(DType dtype, std::vector<int64_t> shape);
  /// All zeros. Throws Error if the type has a symbol.
  explicit Tensor(const TensorType& type);
  /// A copy of what the view shows.
  explicit Tensor(const TensorView& view);
  Tensor(const Tensor& other) : Tensor(other.view()) {}
  Tensor& operator=(const Tensor& other);
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;

  /// A tensor of these values; their number must be the product of `shape`.
  template <class T>
  static Tensor from(std::span<const T> values, std::vector<int64_t> shape);
  template <class T>
  static Tensor from(const std::vector<T>& values, std::vector<int64_t> shape) {
    return from(std::span<const T>(values), std::move(shape));
  }
  template <class T>
  static Tensor from(std::initializer_list<T> values, std::vector<int64_t> shape) {
    return from(std::span<const T>(values.begin(), values.size()), std::move(shape));
  }

  DType dtype() const { return dtype_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  int rank() const { return static_cast<int>(shape_.size()); }
  int64_t elements() const { return elements_; }
  int64_t byte_size() const { return elements_ * dtype_size(dtype_); }
  TensorType type() const { return tensor_type(dtype_, shape_); }
  TensorView view() const { return {dtype_, shape_, buffer_.data()}; }
  operator TensorView() const { return view(); }  // NOLINT: a tensor can be viewed

  void* raw() { return buffer_.data(); }
  const void* raw() const { return buffer_.data(); }
  std::span<std::byte> bytes() {
    return {static_cast<std::byte*>(raw()), static_cast<size_t>(byte_size())};
  }
  std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(raw()), static_cast<size_t>(byte_size())};
  }

  /// The values. Throws Error if elements are not stored as `T`.
  template <class T>
  std::span<T> data() {
    require_stored_as(stored_as<T>(dtype_), dtype_of<T>());
    return {static_cast<T*>(raw()), static_cast<size_t>(elements_)};
  }
  template <class T>
  std::span<const T> data() const {
    require_stored_as(stored_as<T>(dtype_), dtype_of<T>());
    return {static_cast<const T*>(raw()), static_cast<size_t>(elements_)};
  }
  template <class T>
  void fill(T value) {
    std::ranges::fill(data<T>(), value);
  }

  /// Same type and the same bits: a NaN equals itself, 0 and -0 differ.
  friend bool operator==(const Tensor& a, const Tensor& b);

 private:
  void require_stored_as(bool fits, DType asked) const;

  DType dtype_;
  std::vector<int64_t> shape_;
  int64_t elements_ = 0;
  AlignedBuffer buffer_;
};

/// Throws Error: `n` values were given for `dtype[shape]`.
[[noreturn]] void wrong_value_count(size_t n, DType dtype, std::span<const int64_t> shape);

template <class T>
Tensor Tensor::from(std::span<const T> values, std::vector<int64_t> shape) {
  constexpr DType dtype = dtype_of<T>();
  Tensor t(dtype, std::move(shape));
  if (static_cast<int64_t>(values.size()) != t.elements()) {
    wrong_value_count(values.size(), dtype, t.shape());
  }
  std::ranges::copy(values, t.data<T>().begin());
  return t;
}

}  // namespace lathe::runtime
