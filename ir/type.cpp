#include "ir/type.h"

#include "ir/error.h"

namespace lathe {

std::string_view dtype_name(DType t) {
  switch (t) {
#define DTYPE(name, text, type, bytes) \
  case DType::name:                    \
    return text;
#include "ir/dtypes.def"
#undef DTYPE
  }
  internal_error(__FILE__, __LINE__, "bad element type");
}

std::optional<DType> parse_dtype(std::string_view s) {
#define DTYPE(name, text, type, bytes) \
  if (s == text) return DType::name;
#include "ir/dtypes.def"
#undef DTYPE
  return std::nullopt;
}

int64_t dtype_size(DType t) {
  switch (t) {
#define DTYPE(name, text, type, bytes) \
  case DType::name:                    \
    return bytes;
#include "ir/dtypes.def"
#undef DTYPE
  }
  internal_error(__FILE__, __LINE__, "bad element type");
}

std::string Dim::to_string() const {
  if (is_batch()) return "B";
  if (is_rows()) return "N";
  return std::to_string(v_);
}

int64_t TensorType::elements(int64_t batch, int64_t rows) const {
  int64_t n = 1;
  for (Dim d : shape) n *= d.bind(batch, rows);
  return n;
}

int64_t TensorType::elements() const {
  LATHE_CHECK(!has_symbol(), "elements of " + to_string() + ", which has a symbol");
  return elements(0, 0);
}

int64_t TensorType::row_elements() const {
  int64_t n = 1;
  for (size_t i = 1; i < shape.size(); ++i) n *= shape[i].size();
  return n;
}

std::string shape_to_string(const Shape& shape) {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i) s += (i ? "," : "") + shape[i].to_string();
  return s + "]";
}

std::string TensorType::to_string() const {
  return std::string(dtype_name(dtype)) + shape_to_string(shape);
}

}  // namespace lathe
