// A compiled model as a shared library, made by the system's C compiler and loaded.
#pragma once

#include <string>
#include <type_traits>

#include "frontend/format/standalone.h"
#include "tests/temp_folder.h"

namespace lathe::test {

class CLibrary {
 public:
  /// Links the object, with C source that sees the header as `m.h`. Fails the test where that does not go.
  explicit CLibrary(const StandaloneFiles& files, const std::string& source = "");
  ~CLibrary();
  CLibrary(const CLibrary&) = delete;
  CLibrary& operator=(const CLibrary&) = delete;

  /// A function by its name and type; the test fails where there is none.
  template <class F>
  F* get(const std::string& name) const {
    return reinterpret_cast<F*>(find(name));
  }
  const TempFolder& folder() const { return folder_; }

 private:
  void* find(const std::string& name) const;

  TempFolder folder_;
  void* handle_ = nullptr;
};

/// Runs a command for the shell; its output where it fails, otherwise nothing.
std::string failure_of(const std::string& command);

}  // namespace lathe::test
