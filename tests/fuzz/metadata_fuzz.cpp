// Any bytes as the description in a saved model: a model that is described by the same text again and
// again, or an Error that names its source.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "frontend/format/model_metadata.h"
#include "ir/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lathe::detail;
  std::string text;
  try {
    text = metadata_to_json(
        *model_from_metadata({reinterpret_cast<const char*>(data), size}, "fuzz").model);
  } catch (const lathe::Error& e) {
    if (!std::string_view(e.what()).starts_with("fuzz: ")) std::abort();
    return 0;
  }
  if (metadata_to_json(*model_from_metadata(text, "fuzz").model) != text) std::abort();
  return 0;
}
