// The examples of an input, where they lie or in an array of their own.
#include <algorithm>
#include <cstring>

#include "ir/error.h"
#include "lathe/array.h"

namespace lathe {

int64_t Inputs::Entry::rows() const {
  return windows ? static_cast<int64_t>(last.size()) : row_count(data);
}

std::vector<int64_t> Inputs::Entry::row_shape() const {
  std::vector<int64_t> shape(data.shape.begin() + (data.shape.empty() ? 0 : 1), data.shape.end());
  if (windows) shape.insert(shape.begin(), window);
  return shape;
}

Inputs::Entry Inputs::Entry::part(int64_t begin, int64_t end) const {
  if (!windows) return lathe::rows(data, begin, end);
  Windows some{data, window, {}};
  some.last.assign(last.begin() + begin, last.begin() + end);
  return some;
}

Array Inputs::Entry::copied(int64_t begin, int64_t end) const {
  if (!windows) return Array(lathe::rows(data, begin, end));
  std::vector<int64_t> shape = row_shape();
  shape.insert(shape.begin(), end - begin);
  Array all(data.dtype, std::move(shape));
  auto* to = static_cast<std::byte*>(all.raw());
  for (int64_t i = begin; i < end; ++i) {
    const int64_t until = int64_t{last[static_cast<size_t>(i)]} + 1;
    const ArrayView one = lathe::rows(data, until - window, until);
    to = std::copy_n(static_cast<const std::byte*>(one.data), one.byte_size(), to);
  }
  return all;
}

}  // namespace lathe
