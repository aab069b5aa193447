// Any text as a spec: one whose canonical text gives the same text again, or an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "frontend/base/spec.h"
#include "ir/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text;
  try {
    text = to_string(lathe::parse_spec({reinterpret_cast<const char*>(data), size}));
  } catch (const lathe::Error&) {
    return 0;  // what most bytes are
  }
  if (to_string(lathe::parse_spec(text)) != text) std::abort();
  return 0;
}
