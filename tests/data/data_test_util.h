// What the data tests share: files, gzip, and real data where there is some.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/error.h"
#include "tests/temp_folder.h"

namespace lathe::data {

using Bytes = std::vector<uint8_t>;
using test::TempFolder;

/// Sets an environment variable, or unsets it, until the end of the scope.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::optional<std::string>& value);
  ~ScopedVariable();
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  std::string name_;
  std::optional<std::string> old_;
};

Bytes read_bytes(const std::filesystem::path& path);
Bytes gzip(const Bytes& bytes);

/// An IDX file: header of unsigned bytes with these sizes, then the elements.
Bytes idx_bytes(const std::vector<uint32_t>& dims, const Bytes& elements);

/// A tiny data set in `folder`/`name` with the names `train-images-idx3-ubyte.gz` and so on: 4
/// train and 2 test images of 2x3 pixels.
void write_tiny_dataset(const TempFolder& folder, const std::string& name);

/// The folder of real data set `name`: the search path's, else that of the project's neighbours.
std::optional<std::filesystem::path> real_dataset(const std::string& name);

/// The message of the Error that `action` throws; a test failure and "" when it throws none.
template <typename Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  ADD_FAILURE() << "expected an Error";
  return "";
}

inline testing::AssertionResult has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no '" << part << "' in: " << text;
}

}  // namespace lathe::data
