#include "frontend/train/orthonormal.h"

#include <cmath>

#include "ir/error.h"

namespace lathe::detail {

void make_orthonormal(std::vector<double>& a, int64_t rows, int64_t columns) {
  LATHE_CHECK(rows >= columns && static_cast<int64_t>(a.size()) == rows * columns,
              "a matrix of another size");
  std::vector<double> dots(static_cast<size_t>(columns));
  for (int64_t j = 0; j < columns; ++j) {
    double square = 0;
    for (int64_t i = 0; i < rows; ++i) square += a[i * columns + j] * a[i * columns + j];
    const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
    // Along the rows, so that the loops inside are over neighbours.
    for (int64_t k = j + 1; k < columns; ++k) dots[k] = 0;
    for (int64_t i = 0; i < rows; ++i) {
      double* row = &a[i * columns];
      row[j] *= scale;
      for (int64_t k = j + 1; k < columns; ++k) dots[k] += row[j] * row[k];
    }
    for (int64_t i = 0; i < rows; ++i) {
      double* row = &a[i * columns];
      for (int64_t k = j + 1; k < columns; ++k) row[k] -= dots[k] * row[j];
    }
  }
}

}  // namespace lathe::detail
