// Any bytes as a NumPy array: an array that has as many elements as its shape says, in whatever type
// they are asked for, or an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "frontend/data/npy.h"
#include "ir/error.h"

using lathe::DType;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  lathe::runtime::Tensor array;
  try {
    array = lathe::data::parse_npy(bytes, "fuzz");
  } catch (const lathe::Error& e) {
    if (!std::string_view(e.what()).starts_with("fuzz: ")) std::abort();
    return 0;
  }
  if (lathe::runtime::element_count(array.shape()) != array.elements()) std::abort();
  for (DType to : {DType::F32, DType::F64, DType::I64, DType::I32, DType::U8, DType::Bool}) {
    try {
      const lathe::runtime::Tensor other = lathe::data::convert_tensor(array, to);
      if (other.dtype() != to || other.shape() != array.shape()) std::abort();
    } catch (const lathe::Error&) {
      if (to == array.dtype() && to != DType::Bool) std::abort();  // a byte is not yet a bool
    }
  }
  return 0;
}
