// Rounds, rows and what is made of them.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "tools/bench/kernels/kernel_bench.h"
#include "tools/bench/kernels/kernel_figure.h"

namespace lathe::bench {
namespace {

KernelRow row_of(KernelShape shape, std::optional<double> lathe, std::optional<double> first,
                 std::optional<double> second) {
  KernelRow row;
  row.work.shape = shape;
  row.entries = {{"Lathe", "", lathe, ""}, {"A", "", first, ""}, {"B", "", second, ""}};
  return row;
}

TEST(KernelRounds, RunEveryCallInEveryRound) {
  int64_t runs[2] = {0, 0};
  std::vector<KernelCall> calls;
  for (int64_t& count : runs) {
    calls.push_back({"",
                     [&count](int64_t times) {
                       std::atomic<int64_t> kept = 0;
                       for (int64_t i = 0; i < 1000 * times; ++i) kept = i;
                       count += times;
                     },
                     nullptr});
  }
  const auto seconds = time_in_rounds(calls, {3, 0.001, 0});
  ASSERT_EQ(seconds.size(), 2u);
  for (const double s : seconds) EXPECT_TRUE(s > 1e-8 && s < 1e-2) << s;
  for (const int64_t count : runs) EXPECT_GE(count, 2 + 3 * (1 + 3));
}

TEST(KernelRows, AreMeasuredWithoutAnyPeer) {
  const KernelRow row = measure_kernel({KernelKind::Elementwise, Activation::Relu, {3, 1, 20}, 1},
                                       {{"nobody", nullptr, "not built"}}, {1, 0, 0});
  EXPECT_EQ(row.error, "");
  ASSERT_EQ(row.entries.size(), 2u);
  EXPECT_GT(row.lathe().seconds.value_or(0), 0);
  EXPECT_EQ(row.entries[1].trouble, "not built");
  EXPECT_EQ(row.best_peer(), nullptr);
  EXPECT_FALSE(row.beside_best());
}

/// Doubles what it should make.
class WrongPeer : public Peer {
 public:
  std::string version() const override { return "0"; }
  std::vector<KernelCall> calls(const KernelWork& work, const Operands&) override {
    const auto size = static_cast<size_t>(work.shape.m * work.shape.n);
    return {{"badly", [](int64_t) {}, [size] { return Results{std::vector<float>(size, 2), {}}; }}};
  }
};

TEST(KernelRows, WithAWrongResultAreErrors) {
  WrongPeer wrong;
  const KernelRow row = measure_kernel({KernelKind::Elementwise, Activation::Sigmoid, {2, 1, 4}, 1},
                                       {{"Wrong", &wrong, ""}}, {1, 0, 0});
  EXPECT_EQ(row.error.substr(0, 40), "Wrong (badly): 8 of 8 numbers are wrong,");
  EXPECT_FALSE(row.lathe().seconds);
}

TEST(KernelSummaries, PutLatheBesideTheBestPeer) {
  const std::vector<KernelRow> rows = {row_of({100, 100, 112}, 1e-3, 2e-3, 4e-3),
                                       row_of({1, 2, 3}, 1e-6, std::nullopt, 0.5e-6),
                                       row_of({128, 96, 96}, 1e-3, 1e-3, std::nullopt)};
  const KernelMachine machine{1, 16, 10, 10};
  const KernelSummary summary = summarize(rows, machine);
  EXPECT_NEAR(summary.mean.value(), 1, 1e-12);  // 2, 0.5 and 1
  EXPECT_NEAR(summary.large_mean.value(), std::sqrt(2.0), 1e-12);
  EXPECT_EQ(summary.worst, &rows[1]);
  EXPECT_EQ(rows[1].best_peer(), &rows[1].entries[2]);
  EXPECT_NEAR(summary.least_padded_share.value(), 2.0 * 100 * 100 * 112 / 1e-3 / 10e9, 1e-12);
  EXPECT_EQ(summary.least_padded, &rows[0]);
  EXPECT_EQ(summary.errors, 0);
  EXPECT_FALSE(summarize({}, machine).mean);
}

TEST(KernelFigures, HaveAPanelAKernelAndASeriesALibrary) {
  const std::vector<KernelRow> rows = {row_of({10, 10, 10}, 1e-6, std::nullopt, 2e-6),
                                       row_of({20, 10, 10}, 2e-6, std::nullopt, 1e-6)};
  const plot::Figure figure = kernel_figure(rows, {1, 16, 4, 10});
  ASSERT_EQ(figure.panels.size(), 1u);
  ASSERT_EQ(figure.panels[0].series.size(), 2u);
  EXPECT_EQ(figure.panels[0].series[1].name, "B");
  EXPECT_NEAR(figure.panels[0].series[0].y[0], 0.5, 1e-12);  // 2 of 4 GFLOP/s
  EXPECT_NEAR(figure.panels[0].series[0].x[1], 0.004, 1e-12);
}

}  // namespace
}  // namespace lathe::bench
