#include "passes/scalar_power.h"

#include <cmath>

namespace lathe::passes {

using namespace ir::scalar_dsl;

E power(double base, const E& e) {
  if (base == 0) return select(equal(e, E(0.0)), E(1.0), E(0.0));
  if (base == 1) return {1.0};
  return exp(e * E(std::log(base)));
}

E power(const E& base, double e) {
  if (e < 0) return E(1.0) / power(base, -e);
  if (e == 0) return {1.0};
  if (e == 0.5) return sqrt(base);
  if (e == 1) return base;
  if (e == 2) return base * base;
  return exp(log(base) * E(e));
}

E one_less_power(double base, const E& e) {
  return base == 0 ? E(1.0) : -expm1(e * E(std::log(base)));
}

E floor(const E& x) {
  // So large that f64 has no fraction left; the sum is rounded to the nearest whole number.
  const E large(6755399441055744.0);  // 1.5 * 2^52
  const E nearest = (x + large) - large;
  return select(nearest > x, nearest - E(1.0), nearest);
}

}  // namespace lathe::passes
