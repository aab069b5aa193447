// A module with the values of its states and free metadata, as bytes: the saved model.
//
//   offset  bytes
//        0      8  magic: 89 'L' 'A' 'T' 'H' 'E' 0d 0a
//        8      4  format version, little-endian like all numbers here
//       12      8  n, the length of the payload
//       20      n  payload: a lathe.ir.ModelProto (ir/lathe.proto)
//   20 + n      8  CRC-64/XZ of everything before it: any one changed byte is found
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace lathe::ir {

/// The value of a state: its elements row-major, little-endian.
struct StateData {
  std::string name;
  TensorType type;
  std::string bytes;
  friend bool operator==(const StateData&, const StateData&) = default;
};

struct ModelFile {
  Module module;
  std::vector<StateData> states;  ///< of some or all states, in any order, each once
  /// Training configuration, preparation of inputs, …: any bytes under any names.
  std::map<std::string, std::string> metadata;
};

inline constexpr uint32_t kModelFormatVersion = 1;

/// Whether the bytes begin like a model's.
bool is_model(std::string_view bytes);

/// The bytes of a model; the same model gives the same bytes. Error when the module is not sound
/// (verify_all), a state's data does not fit it, or the whole is larger than 2 GiB.
std::string write_model(const ModelFile& model);

/// The inverse. Everything is checked: length, version, checksum, types, the module by verify_all()
/// and the data against the module's states. Error "FILE: ..." otherwise.
ModelFile read_model(std::string_view bytes, std::string_view file_name = "<bytes>");

}  // namespace lathe::ir
