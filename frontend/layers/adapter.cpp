#include "frontend/layers/adapter.h"

#include <string>

#include "ir/error.h"

namespace lathe::detail {

Adapter::NextRows one_piece(const ArrayView& x) {
  return [x, given = false](const auto& take) mutable {
    if (given) return false;
    given = true;
    take(x);
    return true;
  };
}

Adapter::NextRows pieces_of(const Shards& data) {
  return [&data, next = size_t{0}](const auto& take) mutable {
    if (next == data.size()) return false;
    const Shard shard = data.read(next);
    try {
      if (shard.x.size() != 1)
        throw Error("has " + std::to_string(shard.x.size()) + " inputs, expected one");
      take(shard.x[0]);
    } catch (const Error& e) {
      throw Error(data.name(next) + ": " + e.what());
    }
    ++next;
    return true;
  };
}

}  // namespace lathe::detail
