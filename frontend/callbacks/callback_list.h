// The callbacks of one fit, called in their order.
#pragma once

#include <algorithm>
#include <vector>

#include "lathe/callback.h"

namespace lathe::detail {

class CallbackList {
 public:
  explicit CallbackList(const std::vector<CallbackHandle>& all) : all_(all) {}

  /// Whether one of them hears that much.
  bool any(Callback::Steps steps) const {
    for (const CallbackHandle& c : all_)
      if (c->steps() == steps) return true;
    return false;
  }
  /// How many steps may run before one of them must hear of it; 0: any number.
  int64_t next_heard() const {
    int64_t next = 0;
    for (const CallbackHandle& c : all_) {
      if (c->steps() != Callback::Steps::All) continue;
      const int64_t own = std::max<int64_t>(c->next_heard(), 1);
      next = next == 0 ? own : std::min(next, own);
    }
    return next;
  }
  template <class F>
  void each(F&& f) const {
    for (const CallbackHandle& c : all_) f(*c);
  }

 private:
  const std::vector<CallbackHandle>& all_;
};

}  // namespace lathe::detail
