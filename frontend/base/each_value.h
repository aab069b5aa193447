// The values of an array of any element type.
#pragma once

#include <cstdint>

#include "lathe/array.h"

namespace lathe::detail {

/// Calls `f(i, value)` for every element as a double.
template <class F>
void for_each_value(const ArrayView& a, F&& f) {
  const int64_t n = a.elements();
  const auto walk = [&](const auto* p) {
    for (int64_t i = 0; i < n; ++i) f(i, static_cast<double>(p[i]));
  };
  switch (a.dtype) {
#define DTYPE(name, text, type, bytes)      \
  case DType::name:                         \
    walk(static_cast<const type*>(a.data)); \
    break;
#include "ir/dtypes.def"
#undef DTYPE
  }
}

}  // namespace lathe::detail
