// Physical layouts: where elements go, what the padding holds, and the text form.
#include "runtime/layout.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "ir/access.h"
#include "tests/error_of.h"

namespace lathe::runtime {
namespace {

using test::error_of;

TensorType matrix(int64_t rows, int64_t cols) {
  return {DType::F32, {rows, cols}};
}

TEST(Layout, PanelsByHand) {
  const TensorType type = matrix(2, 5);
  const std::vector<float> logical = {1, 2, 3, 4, 5,  //
                                      6, 7, 8, 9, 10};
  const Layout layout = Layout::panels(3);
  ASSERT_EQ(physical_bytes(type, layout), 12 * 4 + 64);
  std::vector<float> physical(physical_bytes(type, layout) / 4, -1.0f);
  pack(type, layout, logical.data(), physical.data());
  std::vector<float> want = {1, 2, 3, 6, 7,  8,  //
                             4, 5, 0, 9, 10, 0};
  want.resize(want.size() + 16, 0.0f);
  EXPECT_EQ(physical, want);
}

TEST(Layout, StridedRowsByHand) {
  const TensorType type = matrix(2, 3);
  const std::vector<float> logical = {1, 2, 3, 4, 5, 6};
  const Layout layout = Layout::rows(4);
  ASSERT_EQ(physical_bytes(type, layout), 8 * 4 + 64);
  std::vector<float> physical(physical_bytes(type, layout) / 4, -1.0f);
  pack(type, layout, logical.data(), physical.data());
  std::vector<float> want = {1, 2, 3, 0, 4, 5, 6, 0};
  want.resize(want.size() + 16, 0.0f);
  EXPECT_EQ(physical, want);
}

TEST(Layout, PackPutsEachElementAtItsIndexAndUnpackBringsItBack) {
  for (int64_t rows : {1, 3, 17}) {
    for (int64_t cols : {1, 15, 16, 17, 32, 50}) {
      const TensorType type = matrix(rows, cols);
      std::vector<float> logical(rows * cols);
      std::iota(logical.begin(), logical.end(), 1.0f);
      for (const Layout& layout :
           {Layout::rows(), Layout::rows(cols), Layout::rows(cols + 7), Layout::panels(1),
            Layout::panels(16), Layout::panels(32), Layout::panels(48)}) {
        SCOPED_TRACE(type.to_string() + " " + to_string(layout));
        const int64_t elements = physical_elements(type, layout);
        ASSERT_EQ(physical_bytes(type, layout), elements * 4 + 64);
        std::vector<float> physical(elements + 16, -1.0f);
        pack(type, layout, logical.data(), physical.data());
        // All that is not an element is zero, which the sum shows.
        double left = std::accumulate(physical.begin(), physical.end(), 0.0);
        for (int64_t i = 0; i < rows; ++i) {
          for (int64_t j = 0; j < cols; ++j) {
            const int64_t at = physical_index(type, layout, i, j);
            ASSERT_LT(at, elements);
            ASSERT_EQ(physical[at], logical[i * cols + j]);
            left -= physical[at];
          }
        }
        EXPECT_EQ(left, 0.0);
        std::vector<float> back(rows * cols, -1.0f);
        unpack(type, layout, physical.data(), back.data());
        EXPECT_EQ(back, logical);
      }
    }
  }
}

TEST(Layout, AnyTypeCanBeRows) {
  const TensorType scalar{DType::I64, {}};
  EXPECT_EQ(physical_bytes(scalar, Layout::rows()), 8 + 64);
  const int64_t value = 1234567890123;
  std::vector<int64_t> physical(9, -1);
  pack(scalar, Layout::rows(), &value, physical.data());
  EXPECT_EQ(physical, (std::vector<int64_t>{value, 0, 0, 0, 0, 0, 0, 0, 0}));
  int64_t back = 0;
  unpack(scalar, Layout::rows(), physical.data(), &back);
  EXPECT_EQ(back, value);
  EXPECT_EQ(physical_bytes({DType::U8, {2, 3, 4}}, Layout::rows()), 24 + 64);
}

TEST(Layout, TextForm) {
  for (const char* text : {"rows", "rows(528)", "panels(32)", "panels(1)"}) {
    EXPECT_EQ(to_string(parse_layout(text)), text);
  }
  EXPECT_EQ(parse_layout("rows"), Layout::rows());
  EXPECT_EQ(parse_layout("rows(528)"), Layout::rows(528));
  EXPECT_EQ(parse_layout("panels(32)"), Layout::panels(32));
  for (const char* text : {"", "row", "rows()", "rows(0)", "rows(-3)", "rows(+3)", "rows(007)",
                           "rows(3", "rows (3)", "rows(3) ", "panels", "panels(0)", "panels(1e3)",
                           "panels(99999999999999999999)", "columns(3)", "panels(", ")"}) {
    EXPECT_EQ(
        error_of([&] { parse_layout(text); }),
        "bad layout '" + std::string(text) + "', expected rows, rows(STRIDE) or panels(WIDTH)");
  }
}

// The planner and the verifier ask ir/access.h, which may not ask this layer: both must say the same.
TEST(Layout, IsTheSameToTheIr) {
  const auto refused = [](const auto& f) { return error_of(f) != ""; };
  const TensorType types[] = {{DType::F32, {4, 20}}, {DType::F32, {4, 1}},    {DType::F32, {20}},
                              {DType::F32, {}},      {DType::F32, {2, 3, 4}}, {DType::F64, {4, 20}},
                              {DType::U8, {4, 20}}};
  for (const TensorType& type : types)
    for (const char* text : {"rows",
                             "rows(20)",
                             "rows(1)",
                             "rows(19)",
                             "rows(32)",
                             "panels(16)",
                             "panels(1)",
                             "panels(7)",
                             "rows(+32)",
                             "rows(032)",
                             "panels(+16)",
                             "rows(-32)",
                             "rows(0)",
                             "rows( 32)",
                             "rows(32 )",
                             "panels(0x10)",
                             "rows(3e1)",
                             "rows()",
                             "panels()",
                             "rows(32))",
                             "ROWS",
                             "rows ",
                             "",
                             "panels",
                             "tiles(16)",
                             "rows(32",
                             "(32)",
                             "panels(99999999999999999999)"}) {
      SCOPED_TRACE(type.to_string() + " '" + text + "'");
      const bool here = refused([&] { check_layout(type, parse_layout(text)); });
      EXPECT_EQ(refused([&] { ir::buffer_bytes(type, text, 1); }), here);
      if (here) continue;
      const int64_t bytes = physical_bytes(type, parse_layout(text));
      EXPECT_EQ(ir::buffer_bytes(type, text, 1), (bytes + 63) / 64 * 64);
    }
}

TEST(Layout, ChecksTheType) {
  EXPECT_EQ(error_of([] { check_layout(matrix(2, 8), Layout::rows(7)); }),
            "a state of type f32[2,8] cannot have layout rows(7): the stride is below a row");
  EXPECT_EQ(error_of([] { check_layout({DType::F32, {8}}, Layout::panels(16)); }),
            "a state of type f32[8] cannot have layout panels(16): panels are for f32 of rank 2");
  EXPECT_EQ(
      error_of([] { check_layout({DType::F64, {8, 8}}, Layout::rows(16)); }),
      "a state of type f64[8,8] cannot have layout rows(16): a row stride is for f32 of rank 2");
  EXPECT_EQ(error_of([] { check_layout({DType::F32, {Dim::batch(), 8}}, Layout::rows()); }),
            "a state of type f32[B,8] cannot have layout rows: a state has no symbol in its shape");
  EXPECT_EQ(
      error_of([] { check_layout(matrix(2, 8), Layout::panels(0)); }),
      "a state of type f32[2,8] cannot have layout panels(0): a panel has at least one column");
  EXPECT_NE(error_of([] { check_layout(matrix(int64_t{1} << 40, int64_t{1} << 40), {}); }), "");
  EXPECT_NE(error_of([] { check_layout(matrix(2, 8), Layout::panels(int64_t{1} << 62)); }), "");
}

}  // namespace
}  // namespace lathe::runtime
