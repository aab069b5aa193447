// A matrix with orthonormal columns out of any matrix.
#pragma once

#include <cstdint>
#include <vector>

namespace lathe::detail {

/// Q of the decomposition a = Q R, where R is upper triangular and has no negative number on its
/// diagonal, which makes Q unique: in the place of `a`, [rows, columns], row-major, with at least as
/// many rows as columns. A column of zeros stays one, as Keras's sign of the diagonal has it.
///
/// By Gram and Schmidt's modified method: columns are orthogonal to within the rounding of doubles
/// times the condition of `a`, which for normal random numbers is about the number of columns.
void make_orthonormal(std::vector<double>& a, int64_t rows, int64_t columns);

}  // namespace lathe::detail
