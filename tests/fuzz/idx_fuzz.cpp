// Fuzzes the IDX reader, plain and gzip: any bytes give an array that agrees with its header, or an
// Error. A first byte of 1 has the rest wrapped in valid gzip, so that what lies behind the
// decompression is reached, too.
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "frontend/data/idx.h"
#include "ir/error.h"

namespace {

std::vector<uint8_t> gzip(const uint8_t* data, size_t size) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  std::vector<uint8_t> out(deflateBound(&stream, size) + 64);
  stream.next_in = const_cast<uint8_t*>(data);
  stream.avail_in = static_cast<uInt>(size);
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

void check(std::span<const uint8_t> bytes) {
  try {
    const lathe::data::IdxArray array = lathe::data::parse_idx(bytes, "fuzz");
    uint64_t size = 1;
    for (int64_t d : array.dims) {
      if (d < 1) std::abort();
      size *= static_cast<uint64_t>(d);
    }
    if (size != array.bytes.size() || array.dims.empty() || array.dims.size() > 4) std::abort();
  } catch (const lathe::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0 && data[0] == 1) {
    check(gzip(data + 1, size - 1));
  } else {
    check({data, size});
  }
  return 0;
}
