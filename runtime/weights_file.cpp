#include "runtime/weights_file.h"

#include <bit>
#include <cstring>

#include "ir/error.h"
#include "runtime/memory.h"
#include "runtime/xxh64.h"

namespace lathe::runtime {

namespace {

static_assert(std::endian::native == std::endian::little,
              "numbers are written as they lie in memory");

constexpr char kMagic[] = "LATHEWTS";
constexpr uint32_t kVersion = 1;
constexpr int64_t kFixed = 64;  ///< bytes in front of the records
constexpr uint32_t kMostRank = 16, kMostName = 4096;
constexpr int64_t kMostElements = int64_t{1} << 40;  ///< of a state that is read

int64_t rounded(int64_t bytes, int64_t to) {
  return (bytes + to - 1) / to * to;
}

template <class T>
void put(std::string& to, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  to.append(bytes, sizeof(T));
}

/// Reads from the front; Error where nothing is left.
class Reader {
 public:
  Reader(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  std::string_view take(uint64_t count) {
    if (count > bytes_.size()) fail("it ends in the middle");
    const std::string_view part = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    at_ += count;
    return part;
  }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  void skip_to(uint64_t multiple) { take((multiple - at_ % multiple) % multiple); }
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(where_ + ": is no good file of weights: " + what);
  }

 private:
  std::string_view bytes_;
  const std::string& where_;
  uint64_t at_ = 0;
};

constexpr DType kTypes[] = {
#define DTYPE(name, text, type, bytes) DType::name,
#include "ir/dtypes.def"
#undef DTYPE
};

WeightsRecord read_record(Reader& in) {
  const auto name_bytes = in.number<uint32_t>();
  const auto dtype = in.number<uint32_t>();
  const auto rank = in.number<uint32_t>();
  in.number<uint32_t>();
  if (dtype >= std::size(kTypes) || rank > kMostRank || name_bytes > kMostName)
    in.fail("a state's record makes no sense");
  std::vector<int64_t> shape;
  int64_t elements = 1;
  for (uint32_t i = 0; i < rank; ++i) {
    shape.push_back(in.number<int64_t>());
    if (shape.back() < 1 || shape.back() > kMostElements / elements)
      in.fail("a dimension makes no sense");
    elements *= shape.back();
  }
  in.number<uint64_t>();
  std::string name(in.take(name_bytes));
  in.skip_to(8);
  return {std::move(name), tensor_type(kTypes[dtype], shape)};
}

}  // namespace

WeightsPlan plan_weights(std::span<const WeightsRecord> records) {
  WeightsPlan plan;
  std::string table;
  for (const WeightsRecord& r : records) {
    LATHE_CHECK(r.name.size() <= kMostName && r.type.rank() <= static_cast<int>(kMostRank),
                "a state has too long a name or too many dimensions");
    put(table, static_cast<uint32_t>(r.name.size()));
    put(table, static_cast<uint32_t>(r.type.dtype));
    put(table, static_cast<uint32_t>(r.type.rank()));
    put(table, uint32_t{0});
    for (const Dim& d : r.type.shape) put(table, d.size());
    put(table, plan.payload_bytes);
    table += r.name;
    table.resize(static_cast<size_t>(rounded(static_cast<int64_t>(table.size()), 8)));
    plan.offsets.push_back(plan.payload_bytes);
    plan.payload_bytes += rounded(r.type.elements() * dtype_size(r.type.dtype), kAlignment);
  }
  const int64_t header = rounded(kFixed + static_cast<int64_t>(table.size()), kAlignment);
  plan.header.assign(kMagic, 8);
  put(plan.header, kVersion);
  put(plan.header, static_cast<uint32_t>(records.size()));
  put(plan.header, header);
  put(plan.header, plan.payload_bytes);
  plan.header.resize(kFixed);
  plan.header += table;
  plan.header.resize(static_cast<size_t>(header));
  const uint64_t sum = xxh64(plan.header.data(), plan.header.size());
  std::memcpy(plan.header.data() + kWeightsHeaderChecksumAt, &sum, sizeof sum);
  return plan;
}

std::string weights_to_bytes(std::span<const WeightsRecord> records,
                             std::span<const TensorView> values) {
  LATHE_CHECK(records.size() == values.size(), "a value for each state");
  const WeightsPlan plan = plan_weights(records);
  std::string out = plan.header;
  const size_t payload = out.size();
  out.resize(payload + static_cast<size_t>(plan.payload_bytes));
  for (size_t i = 0; i < records.size(); ++i) {
    LATHE_CHECK(values[i].type() == records[i].type,
                "state '" + records[i].name + "' has another type");
    std::memcpy(out.data() + payload + plan.offsets[i], values[i].data,
                static_cast<size_t>(values[i].byte_size()));
  }
  const uint64_t sum = xxh64(out.data() + payload, static_cast<uint64_t>(plan.payload_bytes));
  std::memcpy(out.data() + kWeightsChecksumAt, &sum, sizeof sum);
  return out;
}

bool is_weights_file(std::string_view bytes) {
  return bytes.starts_with(kMagic);
}

std::vector<NamedValue> weights_from_bytes(std::string_view bytes, const std::string& where) {
  Reader in(bytes, where);
  if (!is_weights_file(bytes)) in.fail("it does not begin with LATHEWTS");
  in.take(8);
  if (const auto version = in.number<uint32_t>(); version != kVersion)
    in.fail("its version is " + std::to_string(version) + ", expected " + std::to_string(kVersion));
  const auto count = in.number<uint32_t>();
  in.skip_to(kFixed);
  std::vector<WeightsRecord> records;
  int64_t left =
      static_cast<int64_t>(bytes.size());  // for values: no sum of sizes leaves its range
  for (uint32_t i = 0; i < count; ++i) {
    records.push_back(read_record(in));
    left -= records.back().type.elements() * dtype_size(records.back().type.dtype);
    if (left < 0) in.fail("it has fewer bytes than its states take");
  }
  // The header is the one that such states have, byte by byte, but for the checksum; so are the sizes.
  WeightsPlan plan = plan_weights(records);
  const size_t header = plan.header.size(), payload = static_cast<size_t>(plan.payload_bytes);
  if (bytes.size() != header + payload) {
    in.fail("it has " + std::to_string(bytes.size()) + " bytes, its states take " +
            std::to_string(header + payload));
  }
  std::memcpy(plan.header.data() + kWeightsChecksumAt, bytes.data() + kWeightsChecksumAt, 8);
  if (bytes.substr(0, header) != plan.header) in.fail("its header does not fit its states");
  uint64_t sum;
  std::memcpy(&sum, bytes.data() + kWeightsChecksumAt, sizeof sum);
  if (xxh64(bytes.data() + header, payload) != sum) in.fail("its checksum does not fit its values");
  std::vector<NamedValue> values;
  for (size_t i = 0; i < records.size(); ++i) {
    Tensor value(records[i].type);
    std::memcpy(value.raw(), bytes.data() + header + plan.offsets[i],
                static_cast<size_t>(value.byte_size()));
    values.push_back({records[i].name, std::move(value)});
  }
  std::vector<TensorView> views;
  for (const NamedValue& v : values) views.push_back(v.value);
  if (weights_to_bytes(records, views) != bytes) in.fail("there is something between its states");
  return values;
}

}  // namespace lathe::runtime
