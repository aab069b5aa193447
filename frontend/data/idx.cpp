#include "frontend/data/idx.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "ir/error.h"

namespace lathe::data {
namespace {

constexpr size_t kFirstChunk = size_t{1} << 20;

std::string type_name(uint8_t code) {
  switch (code) {
    case 0x09:
      return "signed bytes";
    case 0x0b:
      return "16-bit integers";
    case 0x0c:
      return "32-bit integers";
    case 0x0d:
      return "32-bit floats";
    case 0x0e:
      return "64-bit floats";
    default:
      return "an unknown type";
  }
}

std::vector<int64_t> read_header(ByteSource& source, const std::string& name) {
  std::array<uint8_t, 4> magic{};
  size_t n = source.read(magic.data(), magic.size());
  if (n < magic.size()) {
    throw Error(
        fmt::format("{}: is truncated: {} bytes, but an IDX header has at least 8", name, n));
  }
  if (magic[0] != 0 || magic[1] != 0) {
    throw Error(fmt::format("{}: is no IDX file: it begins with {:02x} {:02x}, expected 00 00",
                            name, magic[0], magic[1]));
  }
  if (magic[2] != 0x08) {
    throw Error(
        fmt::format("{}: holds elements of type 0x{:02x} ({}), only 0x08 (unsigned bytes) is "
                    "read",
                    name, magic[2], type_name(magic[2])));
  }
  if (magic[3] < 1 || magic[3] > 4) {
    throw Error(fmt::format("{}: has rank {}, expected 1 to 4", name, magic[3]));
  }
  std::vector<int64_t> dims(magic[3]);
  for (size_t i = 0; i < dims.size(); ++i) {
    std::array<uint8_t, 4> b{};
    n = source.read(b.data(), b.size());
    if (n < b.size()) {
      throw Error(fmt::format("{}: is truncated in its header: {} bytes, rank {} needs {}", name,
                              4 + 4 * i + n, dims.size(), 4 + 4 * dims.size()));
    }
    dims[i] = int64_t{b[0]} << 24 | int64_t{b[1]} << 16 | int64_t{b[2]} << 8 | int64_t{b[3]};
    if (dims[i] == 0) {
      throw Error(fmt::format("{}: size {} of {} in its header is 0", name, i + 1, dims.size()));
    }
  }
  return dims;
}

uint64_t checked_size(const std::vector<int64_t>& dims, const std::string& name) {
  uint64_t size = 1;
  for (int64_t d : dims) {
    if (size > kMaxIdxBytes / static_cast<uint64_t>(d)) {
      throw Error(fmt::format("{}: its header says {} elements, more than the {} that are read",
                              name, fmt::join(dims, "x"), kMaxIdxBytes));
    }
    size *= static_cast<uint64_t>(d);
  }
  return size;
}

std::string header_says(const std::vector<int64_t>& dims, uint64_t size) {
  if (dims.size() == 1) return fmt::format("its header says {} bytes of data", size);
  return fmt::format("its header says {} = {} bytes of data", fmt::join(dims, "x"), size);
}

}  // namespace

IdxArray read_idx(std::unique_ptr<ByteSource> raw, const std::string& name) {
  std::unique_ptr<ByteSource> source = maybe_gunzip(std::move(raw), name);
  IdxArray array;
  array.dims = read_header(*source, name);
  const uint64_t size = checked_size(array.dims, name);

  auto known = source->remaining();
  if (known && *known != size) {
    throw Error(fmt::format("{}: is {}: {}, there are {}", name,
                            *known < size ? "truncated" : "too long", header_says(array.dims, size),
                            *known));
  }
  // Where the length is not known, memory at most doubles with what really came, and never goes
  // beyond what the header says.
  uint64_t room = known ? size : std::min<uint64_t>(size, kFirstChunk);
  while (array.bytes.size() < size) {
    const size_t have = array.bytes.size();
    array.bytes.reserve(room);
    array.bytes.resize(room);
    const size_t got = source->read(array.bytes.data() + have, room - have);
    if (have + got < room) {
      throw Error(fmt::format("{}: is truncated: {}, there are {}", name,
                              header_says(array.dims, size), have + got));
    }
    room = std::min<uint64_t>(size, room * 2);
  }
  // One byte more decides between the right length and a longer one; at the end of a gzip stream it
  // also has the checksum verified.
  uint8_t extra = 0;
  if (source->read(&extra, 1) != 0) {
    throw Error(fmt::format("{}: is too long: {}, there are at least {}", name,
                            header_says(array.dims, size), size + 1));
  }
  return array;
}

IdxArray read_idx(const std::filesystem::path& path) {
  return read_idx(std::make_unique<FileSource>(path), path.string());
}

IdxArray parse_idx(std::span<const uint8_t> bytes, const std::string& name) {
  return read_idx(std::make_unique<MemorySource>(bytes), name);
}

}  // namespace lathe::data
