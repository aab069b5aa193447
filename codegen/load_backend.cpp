#include <dlfcn.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "codegen/backend.h"
#include "codegen/build_id.h"
#include "ir/error.h"

namespace lathe::codegen {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "liblathe_llvm.so";

/// The folder of the program or library that this code is in.
fs::path own_folder() {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || !info.dli_fname) return {};
  std::error_code error;
  fs::path file = info.dli_fname;
  // Of the program itself the system only knows how it was called.
  if (!file.is_absolute()) file = fs::read_symlink("/proc/self/exe", error);
  const fs::path real = fs::canonical(file, error);
  return (error ? file : real).parent_path();
}

/// In the order in which they are tried; the last is left to the system.
std::vector<std::string> candidates() {
  std::vector<std::string> files;
  if (const fs::path folder = own_folder(); !folder.empty()) {
    files.push_back((folder / kLibrary).string());
    files.push_back((folder.parent_path() / LATHE_LIBRARY_FOLDER / "lathe" / kLibrary).string());
  }
  files.emplace_back(kLibrary);
  return files;
}

std::string last_problem() {
  const char* text = dlerror();
  return text != nullptr ? text : "unknown";
}

void* open_library() {
  std::string places;
  for (const std::string& file : candidates()) {
    std::error_code error;
    const bool named = file != kLibrary;
    if (named && !fs::exists(file, error)) {
      places += (places.empty() ? "" : ", ") + fs::path(file).parent_path().string();
      continue;
    }
    // For good: code of LLVM's may run when the program ends.
    if (void* library = dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE))
      return library;
    const std::string problem = last_problem();
    if (named) throw Error("the compiler can't be loaded: " + problem);
    throw Error("the compiler, " + std::string(kLibrary) + ", is neither in " + places +
                " nor where the system looks for libraries: " + problem);
  }
  internal_error(__FILE__, __LINE__, "no place to look for the compiler");
}

const Backend& open_backend() {
  void* library = open_library();
  const auto function = reinterpret_cast<BackendFunction>(dlsym(library, kBackendSymbol));
  if (!function) throw Error(std::string(kLibrary) + " is not Lathe's: " + last_problem());
  const Backend& backend = *function();
  if (std::strcmp(backend.build(), kBuildId) != 0)
    throw Error(std::string(kLibrary) + " is of another build of Lathe: install both together");
  return backend;
}

}  // namespace

const Backend& load_backend() {
  static const Backend& backend = open_backend();
  return backend;
}

}  // namespace lathe::codegen
