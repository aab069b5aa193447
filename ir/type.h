// Types of values: an element type and a shape, whose leading dimension may be a symbol.
//
// B is the batch: 1 up to a function's planned maximum, given at run time. N is the number of rows
// of a resident data set; it is legal only as the leading dimension of a gather's data operand.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lathe {

enum class DType : uint8_t {
#define DTYPE(name, text, type, bytes) name,
#include "ir/dtypes.def"
#undef DTYPE
};

std::string_view dtype_name(DType t);
std::optional<DType> parse_dtype(std::string_view text);
int64_t dtype_size(DType t);
inline bool is_float(DType t) {
  return t == DType::F32 || t == DType::F64;
}
inline bool is_integer(DType t) {
  return t == DType::I64 || t == DType::I32 || t == DType::U8;
}

/// One dimension: a positive number, or one of the two symbols.
class Dim {
 public:
  constexpr Dim(int64_t size) : v_(size) {}  // NOLINT: a plain number is a dimension
  static constexpr Dim batch() { return Dim(kBatch); }
  static constexpr Dim rows() { return Dim(kRows); }

  constexpr bool is_batch() const { return v_ == kBatch; }
  constexpr bool is_rows() const { return v_ == kRows; }
  constexpr bool is_symbol() const { return v_ < 0; }
  /// The size of a dimension that is not a symbol.
  constexpr int64_t size() const { return v_; }
  /// The size when the symbols have these values.
  constexpr int64_t bind(int64_t batch, int64_t rows) const {
    return is_batch() ? batch : is_rows() ? rows : v_;
  }
  std::string to_string() const;
  friend constexpr bool operator==(Dim, Dim) = default;

 private:
  static constexpr int64_t kBatch = -1, kRows = -2;
  int64_t v_;
};

using Shape = std::vector<Dim>;

/// `f32[B,784]`: element type and shape. Rank 0 is a scalar, written `f32[]`.
struct TensorType {
  DType dtype = DType::F32;
  Shape shape;

  int rank() const { return static_cast<int>(shape.size()); }
  bool has_symbol() const { return !shape.empty() && shape[0].is_symbol(); }
  /// Elements and bytes when the symbols have these values.
  int64_t elements(int64_t batch, int64_t rows) const;
  int64_t bytes(int64_t batch, int64_t rows) const {
    return elements(batch, rows) * dtype_size(dtype);
  }
  /// Elements of a type without symbols.
  int64_t elements() const;
  /// Product of all dimensions but the first; 1 for rank 0 and 1.
  int64_t row_elements() const;
  std::string to_string() const;
  friend bool operator==(const TensorType&, const TensorType&) = default;
};

std::string shape_to_string(const Shape& shape);

}  // namespace lathe
