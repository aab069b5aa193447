// What --verbose tells on standard error: what is being done and how long it took.
#pragma once

#include <chrono>
#include <string>

namespace lathe::cli {

/// Nothing is logged before this is called with true.
void set_verbose(bool verbose);
void log(const std::string& text);

/// Logs `text` and the seconds of its life when it ends.
class LogTime {
 public:
  explicit LogTime(std::string text) : text_(std::move(text)) {}
  ~LogTime();
  LogTime(const LogTime&) = delete;
  LogTime& operator=(const LogTime&) = delete;

 private:
  std::string text_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace lathe::cli
