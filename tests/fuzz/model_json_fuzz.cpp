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
    const lathe::Model model = lathe::model_from_json(text, "fuzz");
    if (model.built()) (void)model.summary();
    try {
      const std::string json = model.to_json();
      LATHE_CHECK(lathe::Model::from_json(json).to_json() == json,
                  "a model that was written as Keras does reads back as another one");
    } catch (const lathe::Error&) {
      // Keras lacks some activations.
    }
    const std::string json = lathe::model_to_json(model);
    LATHE_CHECK(lathe::model_to_json(lathe::model_from_json(json, "again")) == json,
                "a model that was written reads back as another one");
  } catch (const lathe::Error&) {
    // What most bytes are.
  }
  return 0;
}
