// Bytes around the payload, and the data of states; the module itself is in proto_module.cpp.
#include "ir/proto.h"

#include <unordered_set>

#include "ir/checksum.h"
#include "ir/error.h"
#include "ir/lathe.pb.h"
#include "ir/proto_module.h"
#include "ir/verifier.h"

namespace lathe::ir {

namespace {

constexpr std::string_view kMagic = "\x89LATHE\r\n";
constexpr size_t kHeader = 20, kTrailer = 8;
constexpr uint64_t kLargest = (uint64_t{1} << 31) - 1;  // protobuf's limit

std::string little_endian(uint64_t v, int bytes) {
  std::string s;
  for (int i = 0; i < bytes; ++i) s += static_cast<char>(v >> (8 * i));
  return s;
}

uint64_t number_at(std::string_view s, size_t at, int bytes) {
  uint64_t v = 0;
  for (int i = 0; i < bytes; ++i)
    v |= static_cast<uint64_t>(static_cast<unsigned char>(s[at + i])) << (8 * i);
  return v;
}

/// Data belongs to a state, has its type and size, and is there once.
void check_data(const Module& m, const std::vector<StateData>& data) {
  std::unordered_set<std::string_view> seen;
  for (const StateData& d : data) {
    const StateId s = m.find_state(d.name);
    if (s == kNone) throw Error("there is data for %" + d.name + ", but no such state");
    const TensorType& type = m.states[s].type;
    if (d.type != type)
      throw Error("the data of state %" + d.name + " has type " + d.type.to_string() +
                  ", expected " + type.to_string());
    if (static_cast<int64_t>(d.bytes.size()) != type.bytes(0, 0))
      throw Error("the data of state %" + d.name + " of type " + type.to_string() + " takes " +
                  std::to_string(type.bytes(0, 0)) + " bytes, not " +
                  std::to_string(d.bytes.size()));
    if (!seen.insert(d.name).second)
      throw Error("the data of state %" + d.name + " is there twice");
  }
}

/// The payload, when everything around it is as it should be.
std::string_view unwrap(std::string_view bytes) {
  if (!is_model(bytes)) throw Error("not a saved model of lathe: it begins otherwise");
  if (bytes.size() < kHeader + kTrailer) throw Error("cut off within the header");
  const uint64_t version = number_at(bytes, 8, 4), length = number_at(bytes, 12, 8);
  if (version != kModelFormatVersion)
    throw Error("format version " + std::to_string(version) + ", expected " +
                std::to_string(kModelFormatVersion));
  const uint64_t there = bytes.size() - kHeader - kTrailer;
  if (length != there)
    throw Error((length > there ? "cut off: " : "too long: ") + std::to_string(there) +
                " bytes of payload, expected " + std::to_string(length));
  const std::string_view checked = bytes.substr(0, kHeader + length);
  if (crc64(checked) != number_at(bytes, checked.size(), kTrailer))
    throw Error("damaged: the checksum is not that of the contents");
  if (length > kLargest) throw Error("larger than 2 GiB");
  return checked.substr(kHeader);
}

}  // namespace

bool is_model(std::string_view bytes) {
  return bytes.starts_with(kMagic);
}

std::string write_model(const ModelFile& model) {
  verify_all(model.module);
  check_data(model.module, model.states);
  uint64_t size = 0;
  for (const StateData& d : model.states) size += d.bytes.size();
  for (const auto& [key, value] : model.metadata) size += key.size() + value.size();
  if (size > kLargest) throw Error("the model is larger than 2 GiB");

  ModelProto p;
  module_to_proto(model.module, *p.mutable_module());
  for (const StateData& d : model.states) {
    StateDataProto& data = *p.add_data();
    data.set_name(d.name);
    data.set_data(d.bytes);
  }
  for (const auto& [key, value] : model.metadata) {
    MetadataProto& metadata = *p.add_metadata();
    metadata.set_key(key);
    metadata.set_value(value);
  }
  const size_t length = p.ByteSizeLong();
  if (length > kLargest) throw Error("the model is larger than 2 GiB");
  std::string bytes(kMagic);
  bytes += little_endian(kModelFormatVersion, 4) + little_endian(length, 8);
  bytes.reserve(bytes.size() + length + kTrailer);
  LATHE_CHECK(p.AppendToString(&bytes), "a model could not be written");
  return bytes + little_endian(crc64(bytes), kTrailer);
}

ModelFile read_model(std::string_view bytes, std::string_view file_name) {
  try {
    const std::string_view payload = unwrap(bytes);
    ModelProto p;
    if (!p.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
      throw Error("damaged: the payload is not a model");
    ModelFile model;
    model.module = module_from_proto(p.module());
    verify_all(model.module);
    for (StateDataProto& data : *p.mutable_data()) {
      const StateId s = model.module.find_state(data.name());
      model.states.push_back({data.name(), s == kNone ? TensorType() : model.module.states[s].type,
                              std::move(*data.mutable_data())});
    }
    check_data(model.module, model.states);
    for (MetadataProto& m : *p.mutable_metadata())
      if (!model.metadata.emplace(m.key(), std::move(*m.mutable_value())).second)
        throw Error("metadata '" + m.key() + "' is there twice");
    return model;
  } catch (const Error& e) {
    throw Error(std::string(file_name) + ": " + e.what());
  }
}

}  // namespace lathe::ir
