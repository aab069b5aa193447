#include "frontend/data/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMostHeader = size_t{1} << 20;
constexpr uint64_t kMostBytes = uint64_t{1} << 40;

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

/// `(3, 4)`, `(3,)` or `()`.
std::optional<std::vector<int64_t>> shape_of(std::string_view text) {
  const size_t close = text.find(')');
  if (!text.starts_with("(") || close == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(1, close - 1);
  std::vector<int64_t> shape;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string part(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    std::erase(part, ' ');
    if (part.empty()) continue;
    const auto size = ir::text_to_integer(part);
    if (!size || *size < 0 || shape.size() == 8) return std::nullopt;
    shape.push_back(*size);
  }
  return shape;
}

/// The header, a dictionary as Python writes it; the source stands at the data then.
std::string read_header(ByteSource& source, const std::string& name) {
  std::array<uint8_t, 12> head{};
  const bool magic = source.read(head.data(), 10) == 10 &&
                     std::equal(kMagic.begin(), kMagic.end(), head.begin(),
                                [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
  if (!magic) throw Error(name + ": is no .npy file");
  const int major = head[6];
  size_t length = head[8] | size_t{head[9]} << 8;
  bool whole = major >= 1 && major <= 3;
  if (major >= 2) {
    whole = whole && source.read(head.data() + 10, 2) == 2;
    length |= size_t{head[10]} << 16 | size_t{head[11]} << 24;
  }
  std::string header(whole && length <= kMostHeader ? length : 0, '\0');
  whole = whole && length <= kMostHeader &&
          source.read(reinterpret_cast<uint8_t*>(header.data()), length) == length;
  if (!whole) throw Error(name + ": is a damaged .npy file");
  return header;
}

/// Bytes of data in `all`, as many as the source has. Where their number is not known, memory at most
/// doubles with what really came.
std::vector<uint8_t> read_rest(ByteSource& source, size_t all) {
  std::vector<uint8_t> bytes;
  size_t room = std::min(all + 1, size_t{1} << 20);  // one more tells a longer file
  while (true) {
    const size_t have = bytes.size();
    bytes.resize(room);
    const size_t got = source.read(bytes.data() + have, room - have);
    bytes.resize(have + got);
    if (have + got < room || room > all) return bytes;
    room = std::min(all + 1, 2 * room);
  }
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

runtime::Tensor read_npy(std::unique_ptr<ByteSource> raw, const std::string& name) {
  const auto fail = [&](const std::string& what) { throw Error(name + ": " + what); };
  const std::unique_ptr<ByteSource> source = maybe_gunzip(std::move(raw), name);
  const std::string header = read_header(*source, name);
  const auto dtype = element_type(entry(header, "descr"));
  if (!dtype) fail("has an element type that is not read, expected <f4, <f8, <i4, <i8, |u1 or |b1");
  if (!entry(header, "fortran_order").starts_with("False")) fail("is not in C order");
  const auto shape = shape_of(entry(header, "shape"));
  if (!shape) fail("has no shape in its header");
  uint64_t size = static_cast<uint64_t>(dtype_size(*dtype));
  for (int64_t d : *shape) {
    if (d > 0 && size > kMostBytes / static_cast<uint64_t>(d)) fail("is too large");
    size *= static_cast<uint64_t>(d);
  }
  const auto other_size = [&](uint64_t found) {
    fail(fmt::format("holds {} bytes of data, its header says otherwise", found));
  };
  if (const auto known = source->remaining()) {
    if (*known != size) other_size(*known);
    runtime::Tensor tensor(*dtype, *shape);
    const size_t got = source->read(static_cast<uint8_t*>(tensor.raw()), size);
    if (got != size) other_size(got);
    return tensor;
  }
  const std::vector<uint8_t> bytes = read_rest(*source, size);
  if (bytes.size() != size) other_size(bytes.size());
  runtime::Tensor tensor(*dtype, *shape);
  if (size > 0) std::memcpy(tensor.raw(), bytes.data(), size);
  return tensor;
}

runtime::Tensor read_npy(const std::filesystem::path& path) {
  return read_npy(std::make_unique<FileSource>(path), path.string());
}

runtime::Tensor parse_npy(std::string_view bytes, const std::string& name) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  return read_npy(std::make_unique<MemorySource>(std::span(data, bytes.size())), name);
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

}  // namespace lathe::data
