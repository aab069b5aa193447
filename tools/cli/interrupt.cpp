#include "tools/cli/interrupt.h"

#include <signal.h>

namespace lathe::cli {
namespace {

std::atomic<int32_t> stop{0};
static_assert(std::atomic<int32_t>::is_always_lock_free);

extern "C" void raise_flag(int) {
  stop.store(1, std::memory_order_relaxed);
}

void set_handler(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

InterruptFlag::InterruptFlag() {
  stop.store(0);
  set_handler(raise_flag);
}

InterruptFlag::~InterruptFlag() {
  set_handler(SIG_DFL);
}

const std::atomic<int32_t>* InterruptFlag::flag() const {
  return &stop;
}

}  // namespace lathe::cli
