// The functions of lathe/split.h.
#include "lathe/split.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>

#include "ir/error.h"
#include "runtime/philox.h"

namespace lathe {

namespace {

/// The draws of a seed: the order of the rows, then those of the classes.
enum Draw : uint32_t { kRows, kTrainClasses, kValidationClasses };

struct Sizes {
  int64_t train = 0, validation = 0;
};

Sizes sizes(int64_t rows, const SplitOptions& o) {
  for (double f : {o.train, o.validation, o.test})
    if (!(f >= 0 && f <= 1)) throw Error("a part's fraction must be 0 to 1");
  if (std::abs(o.train + o.validation + o.test - 1) > 1e-9)
    throw Error("the fractions of training, validation and test must add up to 1, not " +
                std::to_string(o.train + o.validation + o.test));
  if (rows < 0 || rows > INT32_MAX)
    throw Error("there must be at most 2^31 - 1 rows, not " + std::to_string(rows));
  const auto n = static_cast<double>(rows);
  const int64_t train = std::llround(n * o.train);
  return {train, std::llround(n * (o.train + o.validation)) - train};
}

/// Gives `total` rows to classes that have `available` ones, each its share rounded up or down: up
/// where most is cut off, of equal ones in a random order.
std::vector<int64_t> apportion(const std::vector<int64_t>& available, int64_t total, uint64_t seed,
                               Draw draw) {
  const int64_t all = std::accumulate(available.begin(), available.end(), int64_t{0});
  std::vector<int64_t> given(available.size());
  if (all == 0) return given;
  int64_t left = total;
  for (size_t c = 0; c < given.size(); ++c) {
    given[c] = available[c] * total / all;
    left -= given[c];
  }
  std::vector<int32_t> order =
      runtime::shuffled_indices(static_cast<int64_t>(given.size()), seed, draw);
  const auto cut_off = [&](int32_t c) { return available[static_cast<size_t>(c)] * total % all; };
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return cut_off(a) > cut_off(b); });
  for (int64_t i = 0; i < left; ++i) ++given[static_cast<size_t>(order[static_cast<size_t>(i)])];
  return given;
}

/// Each row's class, 0, 1, … in the order of the labels.
std::vector<size_t> classes_of(const ArrayView& labels) {
  const int64_t n = row_count(labels);
  if (labels.elements() != n || !is_integer(labels.dtype))
    throw Error("a stratified split takes integer labels [n], not " + labels.type().to_string());
  const auto at = [&](int64_t i) -> int64_t {
    if (labels.dtype == DType::U8) return static_cast<const uint8_t*>(labels.data)[i];
    if (labels.dtype == DType::I32) return static_cast<const int32_t*>(labels.data)[i];
    return static_cast<const int64_t*>(labels.data)[i];
  };
  std::map<int64_t, size_t> numbers;
  for (int64_t i = 0; i < n; ++i) numbers.emplace(at(i), 0);
  size_t next = 0;
  for (auto& [label, number] : numbers) number = next++;
  std::vector<size_t> classes;
  for (int64_t i = 0; i < n; ++i) classes.push_back(numbers.at(at(i)));
  return classes;
}

SplitRows stratified(const std::vector<size_t>& classes, const Sizes& size, uint64_t seed) {
  std::vector<int64_t> left;
  for (size_t c : classes) {
    if (c >= left.size()) left.resize(c + 1);
    ++left[c];
  }
  std::vector<int64_t> train = apportion(left, size.train, seed, kTrainClasses);
  for (size_t c = 0; c < left.size(); ++c) left[c] -= train[c];
  std::vector<int64_t> validation = apportion(left, size.validation, seed, kValidationClasses);
  SplitRows parts;
  for (int32_t row : runtime::shuffled_indices(static_cast<int64_t>(classes.size()), seed, kRows)) {
    const size_t c = classes[static_cast<size_t>(row)];
    if (train[c] > 0) {
      --train[c];
      parts.train.push_back(row);
    } else if (validation[c] > 0) {
      --validation[c];
      parts.validation.push_back(row);
    } else {
      parts.test.push_back(row);
    }
  }
  return parts;
}

}  // namespace

SplitRows split_rows(int64_t rows, const SplitOptions& options) {
  const Sizes size = sizes(rows, options);
  if (options.order == SplitOrder::Stratified) throw Error("a stratified split needs labels");
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  if (options.order == SplitOrder::Random)
    std::ranges::copy(runtime::shuffled_indices(rows, options.seed, kRows), order.begin());
  const auto train = order.begin() + size.train, validation = train + size.validation;
  return {{order.begin(), train}, {train, validation}, {validation, order.end()}};
}

SplitRows split_rows(const ArrayView& labels, const SplitOptions& options) {
  if (options.order != SplitOrder::Stratified) return split_rows(row_count(labels), options);
  const Sizes size = sizes(row_count(labels), options);
  return stratified(classes_of(labels), size, options.seed);
}

SplitExamples train_validation_test_split(const ArrayView& x, const ArrayView& y,
                                          const SplitOptions& options) {
  if (row_count(x) != row_count(y))
    throw Error("x has " + std::to_string(row_count(x)) + " rows, but y has " +
                std::to_string(row_count(y)));
  const SplitRows rows = split_rows(y, options);
  const auto take = [&](const std::vector<int64_t>& part) {
    return Examples{take_rows(x, part), take_rows(y, part)};
  };
  return {take(rows.train), take(rows.validation), take(rows.test)};
}

Array take_rows(const ArrayView& array, std::span<const int64_t> rows) {
  const int64_t n = row_count(array);
  std::vector<int64_t> shape = array.shape;
  shape[0] = 1;
  const int64_t row_bytes = runtime::element_count(shape) * dtype_size(array.dtype);
  shape[0] = static_cast<int64_t>(rows.size());
  Array taken(array.dtype, shape);
  std::byte* out = static_cast<std::byte*>(taken.raw());
  for (int64_t row : rows) {
    if (row < 0 || row >= n)
      throw Error("there is no row " + std::to_string(row) + " of " + std::to_string(n));
    std::memcpy(out, static_cast<const std::byte*>(array.data) + row * row_bytes,
                static_cast<size_t>(row_bytes));
    out += row_bytes;
  }
  return taken;
}

}  // namespace lathe
