#include "tools/cli/processor.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "ir/text_number.h"

namespace lathe::cli {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// The value of the first line `key : value` of /proc/cpuinfo.
std::string cpuinfo(const std::string& key) {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const size_t colon = line.find(':');
    if (colon == std::string::npos || colon + 2 > line.size()) continue;
    return line.substr(colon + 2);
  }
  return "";
}

constexpr std::array kFeatures = {
    "sse4_2",   "avx",      "f16c",        "fma",      "avx2",        "avx512f",     "avx512bw",
    "avx512dq", "avx512vl", "avx512_vnni", "avx_vnni", "avx512_bf16", "avx512_fp16", "amx_tile",
    "amx_bf16", "asimd",    "asimdhp",     "bf16",     "sve",         "sve2"};

}  // namespace

Processor this_processor() {
  Processor cpu;
  for (const char* key : {"model name", "Processor", "CPU part"}) {
    if (const std::string name = cpuinfo(key); !name.empty()) {
      cpu.name = name;
      break;
    }
  }
  std::string flags = cpuinfo("flags");
  if (flags.empty()) flags = cpuinfo("Features");
  std::istringstream words(flags);
  std::set<std::string> present;
  for (std::string word; words >> word;) present.insert(word);
  for (const char* feature : kFeatures) {
    if (present.contains(feature)) cpu.features.emplace_back(feature);
  }
  cpu.vector_bits = present.contains("avx512f") ? 512 : present.contains("avx") ? 256 : 128;
  for (int i = 0; i < 8; ++i) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", i);
    std::string size = first_line(folder + "size");
    if (size.empty()) break;
    int64_t unit = 1;
    if (size.back() == 'K') unit = 1024;
    if (size.back() == 'M') unit = 1024 * 1024;
    if (unit > 1) size.pop_back();
    const std::string type = first_line(folder + "type");
    const std::string kind = type == "Data" ? "d" : type == "Instruction" ? "i" : "";
    cpu.caches.push_back({fmt::format("L{}{}", first_line(folder + "level"), kind),
                          ir::text_to_integer(size).value_or(0) * unit});
  }
  return cpu;
}

}  // namespace lathe::cli
