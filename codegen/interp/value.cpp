#include "codegen/interp/value.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "ir/error.h"

namespace lathe::interp {

Value::Value(DType dtype, std::vector<int64_t> shape) : dtype(dtype), shape(std::move(shape)) {
  elements.assign(static_cast<size_t>(runtime::element_count(this->shape)), 0.0);
}

namespace {

/// `v` without its fraction, modulo 2^bits, in [-2^(bits-1), 2^(bits-1)) or [0, 2^bits). Exact.
double wrap(double v, int bits, bool is_signed) {
  if (!std::isfinite(v)) return 0;
  const double modulus = std::ldexp(1.0, bits);
  double r = std::fmod(std::trunc(v), modulus);
  const double low = is_signed ? -modulus / 2 : 0, high = low + modulus;
  if (r < low) r += modulus;
  if (r >= high) r -= modulus;
  return r + 0.0;  // -0 becomes 0
}

template <class T>
void read(const runtime::TensorView& t, std::string_view name, Value& out) {
  const T* data = static_cast<const T*>(t.data);
  for (size_t i = 0; i < out.elements.size(); ++i) {
    const double d = static_cast<double>(data[i]);
    if (std::is_same_v<T, int64_t> && std::fabs(d) > 0x1p53)
      throw Error("'" + std::string(name) + "' holds " + std::to_string(data[i]) + " at element " +
                  std::to_string(i) + ": the interpreter takes integers up to 2^53 in size");
    out.elements[i] = t.dtype == DType::Bool ? d != 0 : d;
  }
}

template <class T>
void write(const Value& v, runtime::Tensor& out) {
  T* data = static_cast<T*>(out.raw());
  for (size_t i = 0; i < v.elements.size(); ++i) {
    const double d = round_to(v.dtype, v.elements[i]);
    const bool largest = std::is_same_v<T, int64_t> && d >= 0x1p63;
    data[i] = largest ? std::numeric_limits<T>::max() : static_cast<T>(d);
  }
}

}  // namespace

double round_to(DType t, double v) {
  switch (t) {
    case DType::F32:
      return static_cast<double>(static_cast<float>(v));
    case DType::F64:
      return v;
    case DType::I64:
      return std::isfinite(v) ? std::clamp(std::trunc(v), -0x1p63, 0x1p63) + 0.0 : 0;
    case DType::I32:
      return wrap(v, 32, true);
    case DType::U8:
      return wrap(v, 8, false);
    case DType::Bool:
      return v != 0;
  }
  internal_error(__FILE__, __LINE__, "bad element type");
}

Value from_tensor(const runtime::TensorView& tensor, std::string_view name) {
  Value v(tensor.dtype, tensor.shape);
  switch (tensor.dtype) {
#define DTYPE(name_, text, type, bytes) \
  case DType::name_:                    \
    read<type>(tensor, name, v);        \
    break;
#include "ir/dtypes.def"
#undef DTYPE
  }
  return v;
}

runtime::Tensor to_tensor(const Value& value) {
  runtime::Tensor t(value.dtype, value.shape);
  switch (value.dtype) {
#define DTYPE(name, text, type, bytes) \
  case DType::name:                    \
    write<type>(value, t);             \
    break;
#include "ir/dtypes.def"
#undef DTYPE
  }
  return t;
}

std::vector<int64_t> strides_of(std::span<const int64_t> shape) {
  std::vector<int64_t> s(shape.size());
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0; step *= shape[i]) s[i] = step;
  return s;
}

std::vector<int64_t> broadcast_strides(std::span<const int64_t> from, std::span<const int64_t> to) {
  LATHE_CHECK(from.size() <= to.size(), "a broadcast can't lower the rank");
  const std::vector<int64_t> own = strides_of(from);
  std::vector<int64_t> s(to.size(), 0);
  const size_t extra = to.size() - from.size();
  for (size_t i = 0; i < from.size(); ++i) {
    LATHE_CHECK(from[i] == to[i + extra] || from[i] == 1, "shapes do not broadcast");
    if (from[i] != 1) s[i + extra] = own[i];
  }
  return s;
}

Walk::Walk(std::vector<int64_t> shape, std::vector<std::vector<int64_t>> strides)
    : shape_(std::move(shape)),
      index_(shape_.size(), 0),
      offsets_(strides.size(), 0),
      strides_(std::move(strides)),
      done_(std::ranges::count(shape_, 0) > 0) {
  for (const auto& s : strides_)
    LATHE_CHECK(s.size() == shape_.size(), "strides of another rank than the shape");
}

void Walk::next() {
  for (size_t axis = shape_.size(); axis-- > 0;) {
    ++index_[axis];
    for (size_t k = 0; k < offsets_.size(); ++k) offsets_[k] += strides_[k][axis];
    if (index_[axis] < shape_[axis]) return;
    for (size_t k = 0; k < offsets_.size(); ++k) offsets_[k] -= strides_[k][axis] * shape_[axis];
    index_[axis] = 0;
  }
  done_ = true;
}

}  // namespace lathe::interp
