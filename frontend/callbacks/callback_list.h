// The callbacks of one fit, called in their order.
#pragma once

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
  template <class F>
  void each(F&& f) const {
    for (const CallbackHandle& c : all_) f(*c);
  }

 private:
  const std::vector<CallbackHandle>& all_;
};

}  // namespace lathe::detail
