#include "frontend/model/first_value.h"

#include "ir/error.h"

namespace lathe::detail {

Array first_value(const ir::State& state, uint64_t seed) {
  Array value(state.type);
  const std::string init = state.attrs.word("init");
  if (init == "seed") {
    LATHE_CHECK(state.type.dtype == DType::I64, "a seed is i64");
    value.data<int64_t>()[0] = static_cast<int64_t>(seed);
  } else if (init == "constant") {
    LATHE_CHECK(state.type.dtype == DType::F32, "only f32 states begin with a constant");
    value.fill(static_cast<float>(state.attrs.real("value", 0)));
  }
  return value;
}

}  // namespace lathe::detail
