// softmax and log_softmax over the last axis. The largest element is subtracted first, so that only
// a row with NaN, with +inf or with nothing but -inf gives NaN.
#include <cmath>

#include "codegen/interp/ops.h"

namespace lathe::interp {

namespace {

struct RowSums {
  double largest, sum;  ///< the sum is that of exp(x - largest)
};

RowSums row_sums(const double* x, int64_t n) {
  RowSums s{x[0], 0};
  for (int64_t j = 1; j < n; ++j)
    if (x[j] > s.largest || x[j] != x[j]) s.largest = x[j];
  for (int64_t j = 0; j < n; ++j) s.sum += std::exp(x[j] - s.largest);
  return s;
}

}  // namespace

void compute_softmax(const Call& c, Value& r) {
  const int64_t n = r.shape.back();
  for (int64_t i = 0; i < r.size(); i += n) {
    const double* x = &c.operands.at(0)->elements[i];
    const RowSums s = row_sums(x, n);
    for (int64_t j = 0; j < n; ++j) r.elements[i + j] = std::exp(x[j] - s.largest) / s.sum;
  }
}

void compute_log_softmax(const Call& c, Value& r) {
  const int64_t n = r.shape.back();
  for (int64_t i = 0; i < r.size(); i += n) {
    const double* x = &c.operands.at(0)->elements[i];
    const RowSums s = row_sums(x, n);
    for (int64_t j = 0; j < n; ++j) r.elements[i + j] = x[j] - s.largest - std::log(s.sum);
  }
}

}  // namespace lathe::interp
