// Fuzzes the reader of saved models. The input is the payload, put into a header and checksum that
// are right, since no mutation would find them; where its first byte is 1, the rest is read as it
// is.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ir/checksum.h"
#include "ir/error.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/proto.h"

using namespace lathe::ir;

namespace {

void append(std::string& s, uint64_t v, int bytes) {
  for (int i = 0; i < bytes; ++i) s += static_cast<char>(v >> (8 * i));
}

void check(std::string_view bytes) {
  ModelFile model;
  try {
    model = read_model(bytes, "fuzz");
  } catch (const lathe::Error& e) {
    if (std::string_view(e.what()).find("fuzz: ") != 0) std::abort();
    return;
  }
  const std::string again = write_model(model);
  const ModelFile back = read_model(again);
  if (!same(model.module, back.module) || model.states != back.states ||
      model.metadata != back.metadata || write_model(back) != again)
    std::abort();
  if (!same(model.module, parse_verified(print(model.module)))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (size > 0 && data[0] == 1) {
    check(input.substr(1));
    return 0;
  }
  std::string bytes("\x89LATHE\r\n");
  append(bytes, kModelFormatVersion, 4);
  append(bytes, size, 8);
  bytes += input;
  append(bytes, crc64(bytes), 8);
  check(bytes);
  return 0;
}
