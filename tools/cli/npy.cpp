#include "tools/cli/npy.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "ir/error.h"
#include "ir/text_number.h"
#include "tools/cli/args.h"

namespace lathe::cli {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

/// What follows `'key':` in the header's dictionary.
std::string_view entry(std::string_view header, std::string_view key) {
  const std::string quoted = fmt::format("'{}'", key);
  size_t at = header.find(quoted);
  if (at == std::string_view::npos) return {};
  at = header.find(':', at + quoted.size());
  if (at == std::string_view::npos) return {};
  at = header.find_first_not_of(' ', at + 1);
  return at == std::string_view::npos ? std::string_view() : header.substr(at);
}

std::optional<DType> element_type(std::string_view descr) {
  const std::string_view text = descr.substr(0, 5);
  if (text == "'<f4'") return DType::F32;
  if (text == "'<f8'") return DType::F64;
  if (text == "'<i4'") return DType::I32;
  if (text == "'<i8'") return DType::I64;
  if (text == "'|u1'") return DType::U8;
  if (text == "'|b1'") return DType::Bool;
  return std::nullopt;
}

std::optional<std::vector<int64_t>> shape_of(std::string_view text) {
  const size_t close = text.find(')');
  if (!text.starts_with("(") || close == std::string_view::npos) return std::nullopt;
  std::vector<int64_t> shape;
  for (std::string part : split_list(std::string(text.substr(1, close - 1)))) {
    std::erase(part, ' ');
    if (part.empty()) continue;
    const auto size = ir::text_to_integer(part);
    if (!size || *size < 0 || shape.size() == 8) return std::nullopt;
    shape.push_back(*size);
  }
  return shape;
}

/// `v` as a To; nothing where that would be another value than rounding makes of it.
template <class To, class From>
std::optional<To> fitting(From v) {
  if constexpr (std::is_floating_point_v<To>) {
    const To to = static_cast<To>(v);
    if (std::isinf(to) && !std::isinf(static_cast<double>(v))) return std::nullopt;
    return to;
  } else if constexpr (std::is_floating_point_v<From>) {
    // Both ends are doubles; the upper one is the first that does not fit.
    const double most = std::ldexp(1.0, std::numeric_limits<To>::digits);
    const double least = std::is_signed_v<To> ? -most : 0;
    if (!(v >= least && v < most) || v != std::trunc(v)) return std::nullopt;
    return static_cast<To>(v);
  } else {
    if (!std::in_range<To>(v)) return std::nullopt;
    return static_cast<To>(v);
  }
}

template <class To, class From>
void convert_elements(const runtime::TensorView& from, runtime::Tensor& out) {
  const bool truth = out.dtype() == DType::Bool;
  for (int64_t i = 0; i < from.elements(); ++i) {
    const From v = static_cast<const From*>(from.data)[i];
    const std::optional<To> to = fitting<To>(v);
    if (!to || (truth && *to > 1)) {
      throw Error(fmt::format("value {} (counted from 0) is {}, which {} can't hold", i, v,
                              dtype_name(out.dtype())));
    }
    static_cast<To*>(out.raw())[i] = *to;
  }
}

template <class To>
void convert_to(const runtime::TensorView& from, runtime::Tensor& out) {
  switch (from.dtype) {
#define DTYPE(name, text, type, bytes) \
  case DType::name:                    \
    return convert_elements<To, type>(from, out);
#include "ir/dtypes.def"
#undef DTYPE
  }
}

}  // namespace

bool is_npy(std::string_view bytes) {
  return bytes.starts_with(kMagic);
}

runtime::Tensor parse_npy(std::string_view bytes, const std::string& name) {
  const auto fail = [&](const std::string& what) { throw Error(name + ": " + what); };
  if (!is_npy(bytes) || bytes.size() < 12) fail("is no .npy file");
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(bytes[i])); };
  const size_t major = byte(6), start = major == 1 ? 10 : 12;
  size_t length = byte(8) | byte(9) << 8;
  if (major >= 2) length |= byte(10) << 16 | byte(11) << 24;
  if (major < 1 || major > 3 || length > bytes.size() - start) fail("is a damaged .npy file");
  const std::string_view header = bytes.substr(start, length), data = bytes.substr(start + length);
  const auto dtype = element_type(entry(header, "descr"));
  if (!dtype) fail("has an element type that is not read, expected <f4, <f8, <i4, <i8, |u1 or |b1");
  if (!entry(header, "fortran_order").starts_with("False")) fail("is not in C order");
  const auto shape = shape_of(entry(header, "shape"));
  if (!shape) fail("has no shape in its header");
  if (runtime::element_count(*shape) * dtype_size(*dtype) != static_cast<int64_t>(data.size())) {
    fail(fmt::format("holds {} bytes of data, its header says otherwise", data.size()));
  }
  runtime::Tensor tensor(*dtype, *shape);
  std::memcpy(tensor.raw(), data.data(), data.size());
  return tensor;
}

runtime::Tensor convert_tensor(const runtime::TensorView& from, DType to) {
  runtime::Tensor out(to, from.shape);
  switch (to) {
#define DTYPE(name, text, type, bytes) \
  case DType::name:                    \
    convert_to<type>(from, out);       \
    break;
#include "ir/dtypes.def"
#undef DTYPE
  }
  return out;
}

}  // namespace lathe::cli
