// What --cpu and --target name, checked before anything is compiled for it.
#pragma once

#include <string>

namespace lathe::cli {

/// What LLVM is to be told: nothing for `native`, this CPU. `target`: LLVM's triple of another machine, or
/// empty. UsageError that names the option where LLVM does not know one of them, or where there are no
/// kernels for it; a build without LLVM takes every name.
std::string known_cpu(const std::string& cpu, const std::string& target = "");

}  // namespace lathe::cli
