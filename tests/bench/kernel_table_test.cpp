// Shapes as they are typed and drawn, and how much work a kernel of one is.
#include <gtest/gtest.h>

#include "tests/error_of.h"
#include "tools/bench/kernels/kernel_table.h"

namespace lathe::bench {
using test::error_of;

namespace {

TEST(KernelShapes, AreReadAndWritten) {
  const KernelShape shape = parse_shape("100x784x500");
  EXPECT_EQ(shape, (KernelShape{100, 784, 500}));
  EXPECT_EQ(shape_text(shape), "100x784x500");
}

TEST(KernelShapes, OfAnotherFormAreRefused) {
  for (const char* text : {"", "100", "100x784", "100x784x", "0x1x1", "1x-1x1", "1x1x1x1", "axbxc",
                           "1x1x65537", " 1x1x1", "100X784X500", "1.5x1x1"}) {
    EXPECT_NE(error_of([&] { parse_shape(text); }).find("expected MxKxN, such as 100x784x500"),
              std::string::npos)
        << text;
  }
  EXPECT_NE(error_of([&] { parse_shape("65536x65536x1"); }).find("at most 268435456 numbers"),
            std::string::npos);
}

TEST(KernelShapes, DrawnOnesFollowTheirSeed) {
  const auto shapes = random_shapes(500, 3);
  EXPECT_EQ(shapes, random_shapes(500, 3));
  EXPECT_NE(shapes, random_shapes(500, 4));
  const auto first = random_shapes(7, 3);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), shapes.begin()));
  int64_t small = 0;
  for (const KernelShape& s : shapes) {
    EXPECT_TRUE(1 <= s.m && s.m <= 4096 && 1 <= s.k && s.k <= 2048 && 1 <= s.n && s.n <= 2048)
        << shape_text(s);
    small += s.m <= 64;
  }
  EXPECT_NEAR(static_cast<double>(small), 250, 60);  // half of the powers of two
}

TEST(KernelWorkAmount, CountsProductsAndWholeVectors) {
  const KernelShape shape{10, 20, 30};
  const auto work = [&](KernelKind kind) { return KernelWork{kind, Activation::Relu, shape, 1}; };
  for (const KernelKind kind :
       {KernelKind::Forward, KernelKind::InputGradient, KernelKind::WeightGradient}) {
    EXPECT_EQ(kernel_flops(work(kind)), 12000);
  }
  EXPECT_EQ(kernel_flops(work(KernelKind::Forward), 16), 2 * 10 * 20 * 32);
  EXPECT_EQ(kernel_flops(work(KernelKind::InputGradient), 16), 2 * 10 * 32 * 30);
  EXPECT_EQ(kernel_flops(work(KernelKind::WeightGradient), 16), 2 * 10 * 20 * 32);
  EXPECT_EQ(kernel_flops(work(KernelKind::SoftmaxLoss), 16), 0);
  EXPECT_EQ(kernel_bytes(work(KernelKind::Forward)), 4 * (200 + 600 + 30 + 300));
  EXPECT_EQ(kernel_bytes(work(KernelKind::Elementwise)), 4 * (300 + 30 + 300));
}

}  // namespace
}  // namespace lathe::bench
