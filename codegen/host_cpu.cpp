#include "codegen/host_cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#else
#include <sys/auxv.h>

#include <fstream>
#endif

namespace lathe::codegen {

#if defined(__x86_64__)

namespace {

void append_hex(std::string& text, uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[value >> shift & 15];
  text += ' ';
}

struct Leaf {
  uint32_t leaf, subleaf;
  uint32_t eax, ebx, ecx, edx;  ///< the bits that count
};

constexpr uint32_t kAll = 0xffffffff, kExtended = 0x80000000;
constexpr Leaf kLeaves[] = {
    {0x0, 0, 0, kAll, kAll, kAll},     // vendor
    {0x1, 0, kAll, 0, kAll, kAll},     // family, model, stepping, features; not which core this is
    {0x7, 0, kAll, kAll, kAll, kAll},  // features
    {0x7, 1, kAll, kAll, kAll, kAll}, {0xd, 1, kAll, 0, 0, 0},  {0x14, 0, 0, kAll, 0, 0},
    {0x19, 0, 0, kAll, 0, 0},         {0x24, 0, 0, kAll, 0, 0}, {0x80000001, 0, 0, 0, kAll, kAll},
    {0x80000008, 0, 0, kAll, 0, 0},
};

uint64_t saved_registers() {
  uint32_t a = 0, b = 0, c = 0, d = 0;
  constexpr uint32_t kOsxsave = 1u << 27;
  __cpuid(1, a, b, c, d);
  if (!(c & kOsxsave)) return 0;
  __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return uint64_t{d} << 32 | a;
}

}  // namespace

int64_t host_vector_lanes() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    return 16;
  return __builtin_cpu_supports("avx") ? 8 : 4;
}

std::string host_cpu_identity() {
  std::string text = "x86-64 ";
  // In a virtual machine each of these takes as long as a system call, or longer: no more than needed.
  uint32_t a = 0, b = 0, c = 0, d = 0;
  __cpuid(0, a, b, c, d);
  const uint32_t most = a;
  __cpuid(kExtended, a, b, c, d);
  const uint32_t most_extended = a;
  for (const Leaf& l : kLeaves) {
    if (l.leaf <= (l.leaf < kExtended ? most : most_extended))
      __cpuid_count(l.leaf, l.subleaf, a, b, c, d);
    else
      a = b = c = d = 0;
    for (uint32_t v : {a & l.eax, b & l.ebx, c & l.ecx, d & l.edx}) append_hex(text, v);
  }
  const uint64_t saved = saved_registers();
  append_hex(text, static_cast<uint32_t>(saved >> 32));
  append_hex(text, static_cast<uint32_t>(saved));
  return text;
}

#else

int64_t host_vector_lanes() {
  return 4;
}

std::string host_cpu_identity() {
  std::string text =
      std::to_string(getauxval(AT_HWCAP)) + " " + std::to_string(getauxval(AT_HWCAP2)) + "\n";
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    for (const char* key : {"CPU implementer", "CPU part", "CPU variant", "Features"})
      if (line.starts_with(key)) text += line + "\n";
  }
  return text;
}

#endif

}  // namespace lathe::codegen
