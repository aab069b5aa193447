// Any bytes as a model's JSON: a model, which can be written and read again, or an Error.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ir/error.h"
#include "lathe/model_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const lathe::Sequential model = lathe::model_from_json(text, "fuzz");
    const std::string json = lathe::model_to_json(model);
    LATHE_CHECK(lathe::model_to_json(lathe::model_from_json(json, "again")) == json,
                "a model that was written reads back as another one");
    if (model.built()) (void)model.summary();
  } catch (const lathe::Error&) {
    // What most bytes are.
  }
  return 0;
}
