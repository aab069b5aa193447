// Mean and variance of data that come in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lathe/array.h"

namespace lathe::detail {

/// One mean and variance for each position of the kept axes, over all others, in double precision.
/// Each piece is walked twice, the second time about its own mean, and pieces are joined by Chan's
/// formula (Chan, Golub, LeVeque, 1983): numbers that are far from zero lose no digits.
class Moments {
 public:
  /// `kept`: places in a row's shape, ascending.
  explicit Moments(std::vector<size_t> kept) : kept_(std::move(kept)) {}

  /// Rows [n, ...]. Error, with row and column, for a number that is NaN or infinite, and for rows
  /// whose kept axes have other sizes than those before.
  void add(const ArrayView& x);

  int64_t rows() const { return rows_; }
  /// The sizes of the kept axes; empty before add().
  const std::vector<int64_t>& shape() const { return shape_; }
  const std::vector<double>& mean() const { return mean_; }
  /// Divided by the count of numbers, not one less.
  std::vector<double> variance() const;

 private:
  /// The position of each element of a row.
  std::vector<size_t> positions(const std::vector<int64_t>& row) const;

  std::vector<size_t> kept_;
  std::vector<int64_t> shape_;
  int64_t rows_ = 0;
  double count_ = 0;                ///< of the numbers of one position
  std::vector<double> mean_, sum_;  ///< sum of squares about the mean
};

}  // namespace lathe::detail
