// Splits: sizes, every row once, classes kept, seeds, errors.
#include "lathe/split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "runtime/philox.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

using test::error_of;

std::vector<int64_t> sorted_rows(const SplitRows& s) {
  std::vector<int64_t> all = s.train;
  all.insert(all.end(), s.validation.begin(), s.validation.end());
  all.insert(all.end(), s.test.begin(), s.test.end());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<int64_t> numbers(int64_t n) {
  std::vector<int64_t> all(static_cast<size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// Labels of classes of very different sizes.
Array uneven_labels(int64_t n, uint64_t seed) {
  Array labels(DType::I32, {n});
  for (int64_t i = 0; i < n; ++i) {
    const float u = runtime::uniform_at(seed, 0, 0, static_cast<uint64_t>(i));
    labels.data<int32_t>()[i] = static_cast<int32_t>(u * u * u * 12) - 3;
  }
  return labels;
}

TEST(Split, RoundsItsLimits) {
  const auto counts = [](int64_t n, double train, double validation, double test) {
    const SplitRows s = split_rows(n, {.train = train, .validation = validation, .test = test});
    return std::vector<size_t>{s.train.size(), s.validation.size(), s.test.size()};
  };
  using Counts = std::vector<size_t>;
  EXPECT_EQ(counts(100, 0.8, 0.1, 0.1), Counts({80, 10, 10}));
  EXPECT_EQ(counts(10, 0.75, 0.25, 0), Counts({8, 2, 0}));   // 7.5 is 8
  EXPECT_EQ(counts(7, 0.5, 0.25, 0.25), Counts({4, 1, 2}));  // 3.5, 5.25
  EXPECT_EQ(counts(1, 0.5, 0.5, 0), Counts({1, 0, 0}));
  EXPECT_EQ(counts(0, 0.8, 0.1, 0.1), Counts({0, 0, 0}));
  EXPECT_EQ(counts(3, 0, 0, 1), Counts({0, 0, 3}));
}

TEST(Split, HasEveryRowOnceInEveryOrder) {
  for (const int64_t n : {1, 2, 3, 10, 97, 1000}) {
    const Array labels = uneven_labels(n, 5);
    for (const SplitOrder order :
         {SplitOrder::Random, SplitOrder::Stratified, SplitOrder::Chronological}) {
      const SplitOptions options{.train = 0.6, .validation = 0.3, .test = 0.1, .order = order};
      const SplitRows s = split_rows(labels, options);
      EXPECT_EQ(sorted_rows(s), numbers(n));
      EXPECT_EQ(s.train.size(), static_cast<size_t>(std::llround(0.6 * static_cast<double>(n))));
    }
  }
}

TEST(Split, ChronologicalKeepsTheOrder) {
  const SplitRows s = split_rows(
      10, {.train = 0.5, .validation = 0.3, .test = 0.2, .order = SplitOrder::Chronological});
  EXPECT_EQ(s.train, (std::vector<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(s.validation, (std::vector<int64_t>{5, 6, 7}));
  EXPECT_EQ(s.test, (std::vector<int64_t>{8, 9}));
}

TEST(Split, SeedsDecide) {
  const Array labels = uneven_labels(50, 1);
  for (const SplitOrder order : {SplitOrder::Random, SplitOrder::Stratified}) {
    const auto train = [&](uint64_t seed) {
      return split_rows(labels, {.order = order, .seed = seed}).train;
    };
    EXPECT_EQ(train(1), train(1));
    EXPECT_NE(train(1), train(2));
    EXPECT_FALSE(std::ranges::is_sorted(train(1)));
  }
}

TEST(Split, StratifiedKeepsTheSharesOfClasses) {
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    const Array labels = uneven_labels(300 + 7 * static_cast<int64_t>(seed), seed);
    const SplitOptions options{.train = 0.7,
                               .validation = 0.2,
                               .test = 0.1,
                               .order = SplitOrder::Stratified,
                               .seed = seed};
    const SplitRows s = split_rows(labels, options);
    std::map<int32_t, double> all;
    for (int32_t label : labels.data<int32_t>()) ++all[label];
    EXPECT_GT(all.size(), 8u);
    const std::pair<const std::vector<int64_t>&, double> parts[] = {
        {s.train, 0.7}, {s.validation, 0.2}, {s.test, 0.1}};
    for (const auto& [rows, fraction] : parts) {
      std::map<int32_t, double> have;
      for (int64_t row : rows) ++have[labels.data<int32_t>()[static_cast<size_t>(row)]];
      for (const auto& [label, n] : all) EXPECT_NEAR(have[label], fraction * n, 2) << label;
    }
  }
}

TEST(Split, ClassesOfFewRowsAreNotAllRoundedAlike) {
  // 100 classes of 3 rows: each gives 2 or 3 to training, and the parts keep their sizes.
  Array labels(DType::U8, {300});
  for (size_t i = 0; i < 300; ++i) labels.data<uint8_t>()[i] = static_cast<uint8_t>(i / 3);
  const SplitRows s = split_rows(labels, {.order = SplitOrder::Stratified});
  EXPECT_EQ(s.train.size(), 240u);
  EXPECT_EQ(s.validation.size(), 30u);
  std::map<int64_t, int> have;
  for (int64_t row : s.train) ++have[row / 3];
  EXPECT_EQ(have.size(), 100u);
  for (const auto& [label, n] : have) EXPECT_TRUE(n == 2 || n == 3) << label;
}

TEST(Split, CopiesExamples) {
  const auto data = test::bunches(30);
  const SplitExamples parts =
      train_validation_test_split(data.x, data.y, {.order = SplitOrder::Stratified, .seed = 4});
  const SplitRows rows = split_rows(data.y, {.order = SplitOrder::Stratified, .seed = 4});
  ASSERT_EQ(parts.train.x.shape(), (std::vector<int64_t>{24, 2}));
  for (size_t i = 0; i < rows.train.size(); ++i) {
    const auto row = static_cast<size_t>(rows.train[i]);
    EXPECT_EQ(parts.train.x.data<float>()[2 * i + 1], data.x.data<float>()[2 * row + 1]);
    EXPECT_EQ(parts.train.y.data<int32_t>()[i], data.y.data<int32_t>()[row]);
  }
  EXPECT_EQ(parts.test.y.shape(), std::vector<int64_t>{3});
}

TEST(Split, SaysWhatIsWrong) {
  const Array x(DType::F32, {4, 2}), y(DType::F32, {4});
  EXPECT_NE(error_of([&] {
              split_rows(4, {.train = 0.8, .validation = 0.3, .test = 0.1});
            }).find("add up to 1, not 1.2"),
            std::string::npos);
  EXPECT_NE(error_of([&] { split_rows(4, {.train = 1.1, .validation = -0.1, .test = 0}); }), "");
  EXPECT_NE(error_of([&] { split_rows(4, {.order = SplitOrder::Stratified}); }), "");
  EXPECT_NE(error_of([&] {
              split_rows(y, {.order = SplitOrder::Stratified});
            }).find("integer labels [n], not f32[4]"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              train_validation_test_split(x, Array(DType::I32, {5}));
            }).find("x has 4 rows, but y has 5"),
            std::string::npos);
  EXPECT_NE(error_of([&] { take_rows(x, std::vector<int64_t>{4}); }), "");
}

}  // namespace
}  // namespace lathe
