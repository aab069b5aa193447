#include "tools/cli/cpu_name.h"

#include <fmt/format.h>

#include "tools/cli/args.h"
#ifdef LATHE_LLVM
#include "codegen/compile.h"
#endif

namespace lathe::cli {
namespace {

/// LLVM is loaded to be asked: only where a CPU or a target is named.
void check([[maybe_unused]] const char* option, [[maybe_unused]] const std::string& cpu,
           [[maybe_unused]] const std::string& target) {
#ifdef LATHE_LLVM
  try {
    codegen::cpu_shape({.cpu = cpu, .target = target});
  } catch (const Error& e) {
    throw UsageError(fmt::format("{}: {}", option, e.what()));
  }
#endif
}

}  // namespace

std::string known_cpu(const std::string& cpu, const std::string& target) {
  if (cpu.empty()) throw UsageError("--cpu: empty, expected a name or native");
  if (!target.empty()) check("--target", "", target);
  if (cpu == "native") return "";
  check("--cpu", cpu, target);
  return cpu;
}

}  // namespace lathe::cli
