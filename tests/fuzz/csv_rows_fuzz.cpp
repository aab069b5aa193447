// Any bytes as rows of numbers: a dense table of finite numbers, or an Error that names its source.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

#include "frontend/data/csv_rows.h"
#include "ir/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  try {
    const lathe::data::NumberRows table = lathe::data::read_number_rows(in, "fuzz");
    if (table.rows < 1 || table.columns < 1) std::abort();
    if (table.rows * table.columns != static_cast<int64_t>(table.values.size())) std::abort();
    for (double v : table.values)
      if (!std::isfinite(v)) std::abort();
  } catch (const lathe::Error& e) {
    if (!std::string_view(e.what()).starts_with("fuzz: ")) std::abort();
  }
  return 0;
}
