#include "tests/standalone/c_library.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <stdexcept>

namespace lathe::test {

std::string failure_of(const std::string& command) {
  FILE* pipe = ::popen(("( " + command + " ) 2>&1").c_str(), "r");
  if (!pipe) return "no shell";
  std::string output;
  std::array<char, 4096> part;
  while (const size_t count = std::fread(part.data(), 1, part.size(), pipe))
    output.append(part.data(), count);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  return command + ": " + output;
}

CLibrary::CLibrary(const StandaloneFiles& files, const std::string& source) {
  for (const StandaloneFile& file : files.all) folder_.write(file.name, file.content);
  folder_.write("more.c", source.empty() ? "#include \"m.h\"\n" : source);
  const std::string failed = failure_of("cd '" + folder_.path().string() +
                                        "' && cc -std=c99 -O1 -Wall -Wextra -pedantic -Werror "
                                        "-fPIC -shared more.c m_threads.c m.o -pthread -o m.so");
  if (!failed.empty()) throw std::runtime_error(failed);
  handle_ = ::dlopen((folder_ / "m.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle_) throw std::runtime_error(::dlerror());
}

CLibrary::~CLibrary() {
  if (handle_) ::dlclose(handle_);
}

void* CLibrary::find(const std::string& name) const {
  void* const found = ::dlsym(handle_, name.c_str());
  if (!found) throw std::runtime_error("the library has no " + name);
  return found;
}

}  // namespace lathe::test
