// NumPy's array files (.npy), read.
#pragma once

#include <string>
#include <string_view>

#include "runtime/tensor.h"

namespace lathe::cli {

bool is_npy(std::string_view bytes);
/// Little-endian f4, f8, i4, i8, u1 and b1, in C order. Error, naming `name`, for anything else,
/// and where the data are not as many as the shape says.
runtime::Tensor parse_npy(std::string_view bytes, const std::string& name);

/// The values as another element type, rounded to nearest for f32 and f64. Error, naming the value,
/// for one that does not fit: too large, no whole number for integers, not 0 or 1 for bool.
runtime::Tensor convert_tensor(const runtime::TensorView& from, DType to);

}  // namespace lathe::cli
