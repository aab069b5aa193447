// IDX, the file format of MNIST: two zero bytes, an element type, a rank, big-endian sizes, then
// the elements in row-major order. Read plain or gzip-compressed (told apart by content, not by
// name).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "frontend/data/byte_source.h"
#include "ir/type.h"

namespace lathe::data {

/// An array of unsigned bytes, the only element type that is read.
struct IdxArray {
  DType dtype = DType::U8;
  std::vector<int64_t> dims;   ///< 1 to 4 sizes, each > 0, outermost first
  std::vector<uint8_t> bytes;  ///< exactly product(dims) elements, row-major
};

/// The largest array that is read, in bytes.
inline constexpr uint64_t kMaxIdxBytes = uint64_t{1} << 32;

/// Reads one IDX file. Error, naming the file and the figures, when it can't be opened, is no IDX
/// file, has another element type than u8, a rank outside 1 to 4, a size of 0, more than
/// kMaxIdxBytes elements, fewer or more bytes than its header says, or damaged gzip data.
IdxArray read_idx(const std::filesystem::path& path);

/// The same for bytes in memory; `name` stands in errors for the file's name.
IdxArray parse_idx(std::span<const uint8_t> bytes, const std::string& name);

/// The same for any source, such as a pipe. Memory grows with the bytes that really come.
IdxArray read_idx(std::unique_ptr<ByteSource> source, const std::string& name);

}  // namespace lathe::data
