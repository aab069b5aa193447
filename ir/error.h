// Errors are split by blame: Error is the user's (a shape, a file, an option), InternalError ours.
//
// Messages are lower-case, a line or two, without a closing period: what was wrong, where, and what
// was expected. Library code throws these and neither prints nor exits.
#pragma once

#include <stdexcept>
#include <string>

namespace lathe {

/// Something a user gave was wrong. The message says what, where, and what was expected.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A bug of ours: an invariant of Lathe did not hold.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void internal_error(const char* file, int line, const std::string& message);

}  // namespace lathe

/// Throws InternalError unless `condition` holds. For invariants, never for a user's input.
#define LATHE_CHECK(condition, message) \
  ((condition) ? (void)0 : ::lathe::internal_error(__FILE__, __LINE__, (message)))
