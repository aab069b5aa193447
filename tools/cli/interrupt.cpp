#include "tools/cli/interrupt.h"

#include <signal.h>

#include <iterator>

namespace lathe::cli {
namespace {

std::atomic<int32_t> stop{0};
static_assert(std::atomic<int32_t>::is_always_lock_free);

extern "C" void raise_flag(int) {
  stop.store(1, std::memory_order_relaxed);
}

constexpr int kSignals[] = {SIGINT, SIGTERM};
struct sigaction before[std::size(kSignals)];

}  // namespace

InterruptFlag::InterruptFlag() {
  stop.store(0);
  struct sigaction action{};
  action.sa_handler = raise_flag;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], nullptr, &before[i]);
    // Who started the program, as `nohup` or a shell's `&`, may want it to ignore the signal.
    if (before[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

InterruptFlag::~InterruptFlag() {
  for (size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &before[i], nullptr);
}

const std::atomic<int32_t>* InterruptFlag::flag() const {
  return &stop;
}

}  // namespace lathe::cli
