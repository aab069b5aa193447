// What an Error says.
#pragma once

#include <string>

#include "ir/error.h"

namespace lathe::test {

/// The message of the Error that `f` throws; empty where it throws none.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace lathe::test
