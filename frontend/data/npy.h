// NumPy's array files (.npy), read; plain or gzip-compressed, told apart by content.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "frontend/data/byte_source.h"
#include "runtime/tensor.h"

namespace lathe::data {

bool is_npy(std::string_view bytes);
/// Little-endian f4, f8, i4, i8, u1 and b1, in C order. Error, naming the file, for anything else,
/// and where the data are not as many as the shape says.
runtime::Tensor read_npy(const std::filesystem::path& path);
/// The same of any source, which errors call `name`.
runtime::Tensor read_npy(std::unique_ptr<ByteSource> source, const std::string& name);
/// The same of bytes in memory.
runtime::Tensor parse_npy(std::string_view bytes, const std::string& name);

/// The values as another element type, rounded to nearest for f32 and f64. Error, naming the value,
/// for one that does not fit: too large, no whole number for integers, not 0 or 1 for bool.
runtime::Tensor convert_tensor(const runtime::TensorView& from, DType to);

}  // namespace lathe::data
