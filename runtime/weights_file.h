// The flat file of a compiled model's states: what `NAME_load` takes and `NAME_save` writes, and what `lathe
// convert` reads and writes. All numbers are little-endian.
//
//   offset  bytes  what
//        0      8  "LATHEWTS"
//        8      4  version: 1
//       12      4  number of states
//       16      8  bytes of the header, a multiple of 64
//       24      8  bytes of the payload behind it, a multiple of 64
//       32      8  XXH64 of the payload, seed 0
//       40      8  XXH64 of the header, with zeros for both sums
//       48     16  zero
//       64         a record a state: u32 bytes of the name, u32 element type (its place in ir/dtypes.def), u32 rank,
//                  u32 zero, i64 for each dimension, u64 offset in the payload, the name and zeros up to a multiple
//                  of 8
//                  then zeros up to the end of the header
//
// The payload has the states in the order of the records, row-major, each at a multiple of 64 bytes, with zeros
// between them. Nothing but the payload's checksum in a header depends on the values: two files of one model differ in it and
// in the payload alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/type.h"
#include "runtime/tensor.h"
#include "runtime/weights_format.h"

namespace lathe::runtime {

struct WeightsRecord {
  std::string name;
  TensorType type;  ///< without symbols
};

struct WeightsPlan {
  std::string header;            ///< with a checksum of 0
  std::vector<int64_t> offsets;  ///< of each state in the payload
  int64_t payload_bytes = 0;
};

/// How a file of these states is laid out.
WeightsPlan plan_weights(std::span<const WeightsRecord> records);

/// The file. `values`: one of each record, of its type.
std::string weights_to_bytes(std::span<const WeightsRecord> records,
                             std::span<const TensorView> values);

struct NamedValue {
  std::string name;
  Tensor value;
};

bool is_weights_file(std::string_view bytes);
/// The states of a file. Error, which begins with `where`, for bytes that are not exactly what weights_to_bytes
/// made.
std::vector<NamedValue> weights_from_bytes(std::string_view bytes, const std::string& where);

}  // namespace lathe::runtime
