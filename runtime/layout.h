// Physical layouts: how the values of a state lie in memory while compiled code uses them.
//
//   rows        row-major, as a Tensor
//   rows(LD)    row-major, LD elements from row to row; columns from the last on are padding
//   panels(NR)  panels of NR columns, each panel row-major: a contraction's right operand.
//               Element (i, j) of [rows, cols] lies at ((j / NR) * rows + i) * NR + j % NR
//
// Padding is zero and stays zero. After the last element come 64 bytes of zeros, so that vector
// code may read one full vector from any element.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/type.h"

namespace lathe::runtime {

/// Any type can be `rows`; the other layouts are for f32 of rank 2.
struct Layout {
  enum Kind : uint8_t { RowMajor, Panels };
  Kind kind = RowMajor;
  /// RowMajor: elements from row to row, 0 for the number of columns. Panels: columns of a panel.
  int64_t param = 0;

  static Layout rows(int64_t stride = 0) { return {RowMajor, stride}; }
  static Layout panels(int64_t width) { return {Panels, width}; }
  friend bool operator==(const Layout&, const Layout&) = default;
};

/// `rows`, `rows(528)`, `panels(32)`.
std::string to_string(const Layout& layout);
/// The inverse. Throws Error with the text in it for anything else.
Layout parse_layout(std::string_view text);

/// Throws Error unless values of this type (without symbols) can have this layout.
void check_layout(const TensorType& type, const Layout& layout);

/// Elements from one row to the next (of a panel, for Panels). Rank 2 only.
int64_t row_stride(const TensorType& type, const Layout& layout);
/// Elements, padding included, without the 64 bytes at the end.
int64_t physical_elements(const TensorType& type, const Layout& layout);
/// Bytes to allocate: all elements, padding, and the 64 bytes at the end.
int64_t physical_bytes(const TensorType& type, const Layout& layout);
/// Where element (i, j) lies, in elements. Rank 2 only.
int64_t physical_index(const TensorType& type, const Layout& layout, int64_t i, int64_t j);

/// Copies contiguous row-major values into `physical_bytes` bytes, and writes all padding.
void pack(const TensorType& type, const Layout& layout, const void* logical, void* physical);
/// The inverse.
void unpack(const TensorType& type, const Layout& layout, const void* physical, void* logical);

}  // namespace lathe::runtime
