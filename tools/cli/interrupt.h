// Ctrl-C as a flag that training looks at between steps.
#pragma once

#include <atomic>
#include <cstdint>

namespace lathe::cli {

/// While one lives, the first SIGINT or SIGTERM sets the flag; a second one ends the program as
/// usual. A signal that was ignored before still is. One at a time.
class InterruptFlag {
 public:
  InterruptFlag();
  ~InterruptFlag();
  InterruptFlag(const InterruptFlag&) = delete;
  InterruptFlag& operator=(const InterruptFlag&) = delete;

  const std::atomic<int32_t>* flag() const;
};

}  // namespace lathe::cli
