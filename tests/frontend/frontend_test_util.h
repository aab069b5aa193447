// Small models and data that several tests use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lathe/lathe.h"
#include "tests/error_of.h"

namespace lathe::test {

/// The interpreter: what these tests are about does not depend on the backend.
inline RunOptions interpreter() {
  return {.threads = 1, .backend = Backend::Interpreter};
}

/// The interpreter, and two threads of compiled code where it is built in.
std::vector<RunOptions> backends();

/// Three bunches of points in the plane, far apart: rows [n, 2], labels i32[n].
struct Points {
  Array x, y;
};
Points bunches(int64_t n, uint64_t seed = 1);

/// 2 -> 8 -> 3, softmax.
Sequential small_model(const std::string& activation = "tanh");

std::vector<float> values(const Array& a);

/// The text of a loss of that name, with what it can't be made without; `more` options beside.
std::string loss_text(std::string_view name, const std::string& more = "");
/// The same of a metric, which may be a loss, with the option name=`called`.
std::string metric_text(std::string_view name, const std::string& called);

}  // namespace lathe::test
