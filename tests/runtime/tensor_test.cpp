// Host tensors and views.
#include "runtime/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "tests/error_of.h"

namespace lathe::runtime {
namespace {

using test::error_of;

template <class T>
void expect_zeros(DType dtype, int64_t element_bytes) {
  const Tensor t(dtype, {3, 2});
  EXPECT_EQ(t.type().to_string(), std::string(dtype_name(dtype)) + "[3,2]");
  EXPECT_EQ(t.byte_size(), 6 * element_bytes);
  EXPECT_EQ(t.bytes().size(), static_cast<size_t>(6 * element_bytes));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(t.raw()) % kAlignment, 0u);
  ASSERT_EQ(t.data<T>().size(), 6u);
  for (T v : t.data<T>()) EXPECT_EQ(v, T{});
}

TEST(Tensor, StartsAsZerosOfEveryType) {
#define DTYPE(name, text, type, bytes) expect_zeros<type>(DType::name, bytes);
#include "ir/dtypes.def"
#undef DTYPE
}

TEST(Tensor, FromValues) {
  Tensor t = Tensor::from({1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f}, {2, 3});
  EXPECT_EQ(t.dtype(), DType::F32);
  EXPECT_EQ(t.rank(), 2);
  EXPECT_EQ(t.elements(), 6);
  EXPECT_EQ(t.data<float>()[4], 5.5f);
  const Tensor i = Tensor::from(std::vector<int64_t>{7}, {});
  EXPECT_EQ(i.type().to_string(), "i64[]");
  EXPECT_EQ(i.data<int64_t>()[0], 7);
  EXPECT_EQ(Tensor::from(std::vector<uint8_t>{1, 2}, {2}).dtype(), DType::U8);
  EXPECT_EQ(error_of([] { Tensor::from({1.0f, 2.0f}, {3}); }),
            "2 values given for f32[3], expected 3");
}

TEST(Tensor, DataChecksTheElementType) {
  Tensor t(DType::F32, {2});
  EXPECT_EQ(error_of([&] { t.data<double>(); }),
            "asked for the f64 values of a tensor of type f32[2]");
  EXPECT_EQ(error_of([&] { std::as_const(t).data<int32_t>(); }),
            "asked for the i32 values of a tensor of type f32[2]");
  Tensor flags(DType::Bool, {2});
  flags.fill<uint8_t>(1);
  EXPECT_EQ(flags.data<uint8_t>()[1], 1);
}

TEST(Tensor, FillAndEqualityByBits) {
  Tensor a(DType::F32, {2, 2}), b(DType::F32, {2, 2});
  EXPECT_EQ(a, b);
  a.fill(1.0f);
  EXPECT_NE(a, b);
  b.fill(1.0f);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, Tensor::from({1.0f, 1.0f, 1.0f, 1.0f}, {4}));
  EXPECT_NE(Tensor::from({0.0f}, {1}), Tensor::from({-0.0f}, {1}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Tensor::from({nan}, {1}), Tensor::from({nan}, {1}));
  EXPECT_EQ(Tensor(DType::F32, {0, 3}), Tensor(DType::F32, {0, 3}));
  EXPECT_NE(Tensor(DType::F32, {0, 3}), Tensor(DType::I32, {0, 3}));
}

TEST(Tensor, CopiesAreTheirOwnAndMovesKeepTheMemory) {
  Tensor a = Tensor::from({1, 2, 3}, {3});
  Tensor b = a;
  b.data<int>()[0] = 9;
  EXPECT_EQ(a.data<int>()[0], 1);
  const void* at = a.raw();
  Tensor c = std::move(a);
  EXPECT_EQ(c.raw(), at);
  a = b;
  EXPECT_EQ(a, b);
  EXPECT_NE(a.raw(), b.raw());
  const Tensor& same = b;
  b = same;
  EXPECT_EQ(a, b);
}

TEST(Tensor, ViewsShowAndCopy) {
  const float values[] = {1, 2, 3, 4};
  const TensorView view{DType::F32, {2, 2}, values};
  EXPECT_EQ(view.elements(), 4);
  EXPECT_EQ(view.byte_size(), 16);
  EXPECT_EQ(view.type().to_string(), "f32[2,2]");
  const Tensor t(view);
  EXPECT_EQ(t, Tensor::from({1.0f, 2.0f, 3.0f, 4.0f}, {2, 2}));
  const TensorView back = t;
  EXPECT_EQ(back.data, t.raw());
  EXPECT_EQ(Tensor(TensorView{DType::F32, {0, 2}, nullptr}).elements(), 0);
}

TEST(Tensor, RefusesImpossibleShapes) {
  EXPECT_EQ(error_of([] { Tensor(DType::F32, {2, -1}); }), "shape [2,-1] has a negative dimension");
  const int64_t big = int64_t{1} << 31;
  EXPECT_EQ(error_of([&] { Tensor(DType::F32, {big, big}); }),
            "shape [2147483648,2147483648] has too many elements");
  EXPECT_EQ(Tensor(DType::F32, {big, big, 0}).elements(), 0);
  EXPECT_EQ(error_of([] { Tensor(TensorType{DType::F32, {Dim::batch(), 4}}); }),
            "a tensor cannot be f32[B,4]: it has a symbol");
  EXPECT_EQ(Tensor(TensorType{DType::I32, {5}}).elements(), 5);
  EXPECT_EQ(Tensor().type().to_string(), "f32[0]");
}

}  // namespace
}  // namespace lathe::runtime
