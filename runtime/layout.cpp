#include "runtime/layout.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "ir/error.h"

namespace lathe::runtime {

namespace {

constexpr int64_t kTailBytes = 64;

// Elements are contiguous, as in a Tensor.
bool is_plain(const TensorType& type, const Layout& layout) {
  return layout.kind == Layout::RowMajor &&
         (layout.param == 0 || (type.rank() == 2 && layout.param == type.shape[1].size()));
}

int64_t panel_count(const TensorType& type, const Layout& layout) {
  return (type.shape[1].size() - 1) / layout.param + 1;
}

[[noreturn]] void unfit(const TensorType& type, const Layout& layout, const std::string& why) {
  throw Error("a state of type " + type.to_string() + " cannot have layout " + to_string(layout) +
              ": " + why);
}

// Calls copy(logical element, physical element, count) for every run of elements that is contiguous
// on both sides, and pad(physical element, count) for every run of padding.
template <class Copy, class Pad>
void for_each_run(const TensorType& type, const Layout& layout, Copy copy, Pad pad) {
  if (is_plain(type, layout)) {
    copy(0, 0, type.elements());
    return;
  }
  const int64_t rows = type.shape[0].size(), cols = type.shape[1].size();
  const int64_t stride = row_stride(type, layout);
  const int64_t panels = layout.kind == Layout::Panels ? panel_count(type, layout) : 1;
  for (int64_t p = 0; p < panels; ++p) {
    const int64_t first = p * stride;
    const int64_t used = std::min(stride, cols - first);
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t at = (p * rows + i) * stride;
      copy(i * cols + first, at, used);
      if (used < stride) pad(at + used, stride - used);
    }
  }
}

}  // namespace

std::string to_string(const Layout& layout) {
  switch (layout.kind) {
    case Layout::RowMajor:
      return layout.param == 0 ? "rows" : "rows(" + std::to_string(layout.param) + ")";
    case Layout::Panels:
      return "panels(" + std::to_string(layout.param) + ")";
  }
  internal_error(__FILE__, __LINE__, "bad layout");
}

Layout parse_layout(std::string_view text) {
  if (text == "rows") return Layout::rows();
  for (const Layout::Kind kind : {Layout::RowMajor, Layout::Panels}) {
    const std::string_view head = kind == Layout::RowMajor ? "rows(" : "panels(";
    if (!text.starts_with(head) || !text.ends_with(')')) continue;
    const char* const first = text.data() + head.size();
    const char* const last = text.data() + text.size() - 1;
    int64_t n = 0;
    const auto [end, failure] = std::from_chars(first, last, n);
    // Only what to_string would print is read: no sign, no leading zero.
    if (failure == std::errc() && end == last && n > 0 && *first != '0') return {kind, n};
  }
  throw Error("bad layout '" + std::string(text) +
              "', expected rows, rows(STRIDE) or panels(WIDTH)");
}

void check_layout(const TensorType& type, const Layout& layout) {
  if (type.has_symbol()) unfit(type, layout, "a state has no symbol in its shape");
  const bool matrix = type.dtype == DType::F32 && type.rank() == 2;
  switch (layout.kind) {
    case Layout::RowMajor:
      if (layout.param == 0) break;
      if (!matrix) unfit(type, layout, "a row stride is for f32 of rank 2");
      if (layout.param < type.shape[1].size()) unfit(type, layout, "the stride is below a row");
      break;
    case Layout::Panels:
      if (!matrix) unfit(type, layout, "panels are for f32 of rank 2");
      if (layout.param < 1) unfit(type, layout, "a panel has at least one column");
      break;
  }
  // The rest of this file multiplies without looking. Padding adds less than `param` to a row.
  int64_t most = std::numeric_limits<int64_t>::max() / 64;
  for (int i = 0; i < type.rank(); ++i) {
    const int64_t d = type.shape[i].size();
    if (d < 1) unfit(type, layout, "a dimension is at least 1");
    if (d > most || layout.param > most) unfit(type, layout, "it is too large");
    most /= i + 1 == type.rank() ? d + layout.param : d;
  }
  if (most == 0) unfit(type, layout, "it is too large");
}

int64_t row_stride(const TensorType& type, const Layout& layout) {
  LATHE_CHECK(type.rank() == 2, "row stride of " + type.to_string());
  return layout.param != 0 ? layout.param : type.shape[1].size();
}

int64_t physical_elements(const TensorType& type, const Layout& layout) {
  check_layout(type, layout);
  if (is_plain(type, layout)) return type.elements();
  const int64_t panels = layout.kind == Layout::Panels ? panel_count(type, layout) : 1;
  return panels * type.shape[0].size() * row_stride(type, layout);
}

int64_t physical_bytes(const TensorType& type, const Layout& layout) {
  return physical_elements(type, layout) * dtype_size(type.dtype) + kTailBytes;
}

int64_t physical_index(const TensorType& type, const Layout& layout, int64_t i, int64_t j) {
  const int64_t stride = row_stride(type, layout);
  switch (layout.kind) {
    case Layout::RowMajor:
      return i * stride + j;
    case Layout::Panels:
      return (j / stride * type.shape[0].size() + i) * stride + j % stride;
  }
  internal_error(__FILE__, __LINE__, "bad layout");
}

void pack(const TensorType& type, const Layout& layout, const void* logical, void* physical) {
  const int64_t size = dtype_size(type.dtype);
  const int64_t end = physical_elements(type, layout) * size;
  const auto* const from = static_cast<const uint8_t*>(logical);
  auto* const to = static_cast<uint8_t*>(physical);
  for_each_run(
      type, layout,
      [&](int64_t l, int64_t p, int64_t n) {
        std::memcpy(to + p * size, from + l * size, n * size);
      },
      [&](int64_t p, int64_t n) { std::memset(to + p * size, 0, n * size); });
  std::memset(to + end, 0, kTailBytes);
}

void unpack(const TensorType& type, const Layout& layout, const void* physical, void* logical) {
  check_layout(type, layout);
  const int64_t size = dtype_size(type.dtype);
  const auto* const from = static_cast<const uint8_t*>(physical);
  auto* const to = static_cast<uint8_t*>(logical);
  for_each_run(
      type, layout,
      [&](int64_t l, int64_t p, int64_t n) {
        std::memcpy(to + l * size, from + p * size, n * size);
      },
      [](int64_t, int64_t) {});
}

}  // namespace lathe::runtime
