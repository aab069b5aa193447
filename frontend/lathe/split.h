// Rows divided into those for training, for validation and for testing.
//
//   const SplitExamples parts = train_validation_test_split(x, y, {.order = SplitOrder::Stratified});
//   model.fit(parts.train.x, parts.train.y,
//             {.validation_data = ValidationData{parts.validation.x, parts.validation.y}});
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lathe/array.h"
#include "lathe/dataset.h"

namespace lathe {

enum class SplitOrder {
  Random,         ///< by the seed
  Stratified,     ///< by the seed, every class divided alike
  Chronological,  ///< the first rows train, the last ones test; each part in its order
};

/// Of n rows, training ends at n * train and validation at n * (train + validation), both rounded to
/// the nearest, halves up; so each part is within one row of its fraction.
struct SplitOptions {
  double train = 0.8, validation = 0.1, test = 0.1;  ///< 0 or more, together 1
  SplitOrder order = SplitOrder::Random;
  uint64_t seed = 0;
};

/// Numbers of rows, from 0; every row is in one of them, once.
struct SplitRows {
  std::vector<int64_t> train, validation, test;
};

struct SplitExamples {
  Examples train, validation, test;
};

/// Of `rows` rows, Random or Chronological. Error for fractions that are negative or do not add up
/// to 1, and for Stratified, which needs labels.
SplitRows split_rows(int64_t rows, const SplitOptions& options = {});
/// Of as many rows as labels, integers [n]. Stratified: the parts have the sizes of the others, and
/// of each class each part has its fraction, within two rows; which classes are rounded up is
/// random.
SplitRows split_rows(const ArrayView& labels, const SplitOptions& options = {});

/// Copies of the rows of x and y, which are labels where the order is Stratified. Error, too, where x
/// and y have different numbers of rows.
SplitExamples train_validation_test_split(const ArrayView& x, const ArrayView& y,
                                          const SplitOptions& options = {});

/// A copy of these rows, in this order. Error for a number that is no row's.
Array take_rows(const ArrayView& array, std::span<const int64_t> rows);

}  // namespace lathe
