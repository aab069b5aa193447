#include "ir/verifier.h"

namespace lathe::ir {

std::string size_problem(const TensorType& type) {
  constexpr int kMaxRank = 8;
  constexpr int64_t kMaxElements = int64_t{1} << 40;
  if (type.rank() > kMaxRank) return "a type has at most 8 dimensions";
  int64_t n = 1;
  for (Dim d : type.shape) {
    if (d.is_symbol() || d.size() < 1) continue;
    if (d.size() > kMaxElements / n)
      return "the type " + type.to_string() + " has more than 2^40 elements";
    n *= d.size();
  }
  return "";
}

}  // namespace lathe::ir
