// The functions of lathe/array.h.
#include "lathe/array.h"

#include <algorithm>
#include <limits>

#include "ir/error.h"

namespace lathe {

int64_t row_count(const ArrayView& array) {
  if (array.shape.empty()) throw Error("a single number has no rows");
  return array.shape[0];
}

ArrayView rows(const ArrayView& array, int64_t begin, int64_t end) {
  const int64_t n = row_count(array);
  if (begin < 0 || begin > end || end > n)
    throw Error("rows " + std::to_string(begin) + " to " + std::to_string(end) +
                " are not within the array's " + std::to_string(n));
  ArrayView part = array;
  part.shape[0] = 1;
  const int64_t row_bytes = part.byte_size();
  part.shape[0] = end - begin;
  part.data = static_cast<const std::byte*>(array.data) + begin * row_bytes;
  return part;
}

Array to_categorical(const ArrayView& labels, int64_t classes) {
  const bool column =
      labels.shape.size() == 1 || (labels.shape.size() == 2 && labels.shape[1] == 1);
  if (!column || !is_integer(labels.dtype))
    throw Error("to_categorical takes integer labels [n], not " + labels.type().to_string());
  const int64_t n = labels.shape[0];
  const auto at = [&](int64_t i) -> int64_t {
    if (labels.dtype == DType::U8) return static_cast<const uint8_t*>(labels.data)[i];
    if (labels.dtype == DType::I32) return static_cast<const int32_t*>(labels.data)[i];
    return static_cast<const int64_t*>(labels.data)[i];
  };
  if (classes < 0) throw Error("there can't be " + std::to_string(classes) + " classes");
  if (classes == 0) {
    for (int64_t i = 0; i < n; ++i) {
      if (at(i) > std::numeric_limits<int32_t>::max())
        throw Error("label " + std::to_string(at(i)) + " at position " + std::to_string(i) +
                    " is larger than any class");
      classes = std::max(classes, at(i) + 1);
    }
  }
  Array result(DType::F32, {n, classes});
  float* out = result.data<float>().data();
  for (int64_t i = 0; i < n; ++i) {
    const int64_t label = at(i);
    if (label < 0 || label >= classes)
      throw Error("label " + std::to_string(label) + " at position " + std::to_string(i) +
                  " is not a class of 0 to " + std::to_string(classes - 1));
    out[i * classes + label] = 1;
  }
  return result;
}

}  // namespace lathe
