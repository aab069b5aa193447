#include "runtime/tensor.h"

#include <cstring>
#include <limits>
#include <string>
#include <utility>

namespace lathe::runtime {

namespace {

std::vector<int64_t> sizes(const TensorType& type) {
  std::vector<int64_t> out;
  for (Dim d : type.shape) {
    if (d.is_symbol()) throw Error("a tensor cannot be " + type.to_string() + ": it has a symbol");
    out.push_back(d.size());
  }
  return out;
}

std::string shape_text(std::span<const int64_t> shape) {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i) s += (i ? "," : "") + std::to_string(shape[i]);
  return s + "]";
}

}  // namespace

int64_t element_count(std::span<const int64_t> shape) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max() / 16;  // leaves room for bytes
  for (int64_t d : shape) {
    if (d < 0) throw Error("shape " + shape_text(shape) + " has a negative dimension");
  }
  if (std::ranges::count(shape, 0) > 0) return 0;
  int64_t n = 1;
  for (int64_t d : shape) {
    if (n > most / d) throw Error("shape " + shape_text(shape) + " has too many elements");
    n *= d;
  }
  return n;
}

TensorType tensor_type(DType dtype, std::span<const int64_t> shape) {
  return {dtype, Shape(shape.begin(), shape.end())};
}

void wrong_value_count(size_t n, DType dtype, std::span<const int64_t> shape) {
  throw Error(std::to_string(n) + " values given for " + std::string(dtype_name(dtype)) +
              shape_text(shape) + ", expected " + std::to_string(element_count(shape)));
}

Tensor::Tensor(DType dtype, std::vector<int64_t> shape)
    : dtype_(dtype),
      shape_(std::move(shape)),
      elements_(element_count(shape_)),
      buffer_(elements_ * dtype_size(dtype), Fill::Zero, "a tensor") {}

Tensor::Tensor(const TensorType& type) : Tensor(type.dtype, sizes(type)) {}

Tensor::Tensor(const TensorView& view)
    : dtype_(view.dtype),
      shape_(view.shape),
      elements_(element_count(shape_)),
      buffer_(elements_ * dtype_size(dtype_), Fill::None, "a tensor") {
  if (elements_ > 0) std::memcpy(raw(), view.data, byte_size());
}

Tensor& Tensor::operator=(const Tensor& other) {
  if (this != &other) *this = Tensor(other);
  return *this;
}

void Tensor::require_stored_as(bool fits, DType asked) const {
  if (fits) return;
  throw Error("asked for the " + std::string(dtype_name(asked)) + " values of a tensor of type " +
              std::string(dtype_name(dtype_)) + shape_text(shape_));
}

bool operator==(const Tensor& a, const Tensor& b) {
  return a.dtype_ == b.dtype_ && a.shape_ == b.shape_ &&
         (a.elements_ == 0 || std::memcmp(a.raw(), b.raw(), a.byte_size()) == 0);
}

}  // namespace lathe::runtime
