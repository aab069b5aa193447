// Any bytes as a picture of a digit, PNG or PGM: its pixels, or an Error that names its source.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "frontend/data/gray_image.h"
#include "frontend/data/image_file.h"
#include "ir/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const lathe::data::GrayImage image = lathe::data::decode_gray_image({data, size}, "fuzz");
    if (image.width < 1 || image.height < 1) std::abort();
    if (image.width * image.height != static_cast<int64_t>(image.pixels.size())) std::abort();
    lathe::data::parse_digit_image({data, size}, "fuzz");
  } catch (const lathe::Error& e) {
    if (!std::string_view(e.what()).starts_with("fuzz: ")) std::abort();
  }
  return 0;
}
