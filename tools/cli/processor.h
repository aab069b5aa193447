// What the operating system says of this machine's processor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lathe::cli {

struct Cache {
  std::string name;  ///< L1d, L1i, L2, L3
  int64_t bytes = 0;
};

struct Processor {
  std::string name = "unknown";
  std::vector<std::string> features;  ///< those that matter for generated code
  int64_t vector_bits = 0;            ///< widest registers for f32 arithmetic
  std::vector<Cache> caches;          ///< of core 0
};

Processor this_processor();

}  // namespace lathe::cli
