// constant and random_uniform (batch_size is the interpreter's own).
#include <algorithm>
#include <cstdint>

#include "codegen/interp/ops.h"
#include "runtime/philox.h"

namespace lathe::interp {

void compute_constant(const Call& c, Value& r) {
  std::ranges::fill(r.elements, c.op.attrs.real("value", 0));
}

void compute_random_uniform(const Call& c, Value& r) {
  const auto integer = [&](int i) {
    return static_cast<uint64_t>(static_cast<int64_t>(c.operands.at(i)->elements.at(0)));
  };
  const uint64_t seed = integer(0);
  const uint32_t step = static_cast<uint32_t>(integer(1));
  const uint32_t stream = static_cast<uint32_t>(c.op.attrs.integer("stream", 0));
  for (size_t i = 0; i < r.elements.size(); ++i)
    r.elements[i] = runtime::uniform_at(seed, stream, step, i);
}

}  // namespace lathe::interp
