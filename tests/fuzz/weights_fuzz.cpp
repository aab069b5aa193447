// Any bytes as a flat file of weights: what is read is written again as it was; everything else is an Error. Half of
// the inputs get the checksum that fits, which no fuzzer finds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "ir/error.h"
#include "runtime/weights_file.h"
#include "runtime/xxh64.h"

using namespace lathe::runtime;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (size >= 64 && bytes[63] % 2) {
    uint64_t header;
    std::memcpy(&header, bytes.data() + 16, sizeof header);
    bytes[63] = 0;
    if (header >= 64 && header <= size) {
      const uint64_t payload_sum = xxh64(bytes.data() + header, size - header);
      std::memset(bytes.data() + kWeightsChecksumAt, 0, 16);
      const uint64_t header_sum = xxh64(bytes.data(), header);
      std::memcpy(bytes.data() + kWeightsChecksumAt, &payload_sum, 8);
      std::memcpy(bytes.data() + kWeightsHeaderChecksumAt, &header_sum, 8);
    }
  }
  std::vector<NamedValue> read;
  try {
    read = weights_from_bytes(bytes, "fuzz");
  } catch (const lathe::Error& e) {
    if (!std::string_view(e.what()).starts_with("fuzz: ")) std::abort();
    return 0;
  }
  std::vector<WeightsRecord> records;
  std::vector<TensorView> values;
  for (const NamedValue& s : read) {
    records.push_back({s.name, s.value.type()});
    values.push_back(s.value);
  }
  if (weights_to_bytes(records, values) != bytes) std::abort();
  return 0;
}
