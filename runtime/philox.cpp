#include "runtime/philox.h"

#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "ir/error.h"

namespace lathe::runtime {

namespace {

// The elements of one stream in order.
class Draws {
 public:
  Draws(uint64_t seed, uint32_t stream, uint32_t step)
      : seed_(seed), stream_(stream), step_(step) {}

  uint32_t next() {
    if (element_ % 4 == 0) block_ = philox_block(seed_, stream_, step_, element_ / 4);
    return block_[element_++ % 4];
  }

  // Uniform in [0, range).
  uint32_t below(uint32_t range) {
    uint64_t product = uint64_t{next()} * range;
    if (static_cast<uint32_t>(product) < range) {  // only then can the draw be one of the surplus
      const uint32_t surplus = (0u - range) % range;
      while (static_cast<uint32_t>(product) < surplus) product = uint64_t{next()} * range;
    }
    return static_cast<uint32_t>(product >> 32);
  }

 private:
  uint64_t seed_;
  uint32_t stream_, step_;
  uint64_t element_ = 0;
  PhiloxCounter block_{};
};

}  // namespace

std::vector<int32_t> shuffled_indices(int64_t n, uint64_t seed, uint32_t epoch) {
  if (n < 0 || n > std::numeric_limits<int32_t>::max()) {
    throw Error("cannot shuffle " + std::to_string(n) + " rows, expected 0 to 2147483647");
  }
  std::vector<int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  Draws draws(seed, kShuffleStream, epoch);
  for (int64_t i = n - 1; i > 0; --i) {
    std::swap(order[i], order[draws.below(static_cast<uint32_t>(i + 1))]);
  }
  return order;
}

}  // namespace lathe::runtime
