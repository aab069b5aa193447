// Buffers, accesses and sizes: what the scheduler, the planner and the code generators rely on.
#include "ir/access.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "ir/error.h"
#include "ir/parser.h"

namespace lathe::ir {
namespace {

ValueId named(const Function& f, const std::string& name) {
  for (size_t i = 0; i < f.ops.size(); ++i)
    if (f.ops[i].name == name) return static_cast<ValueId>(i);
  ADD_FAILURE() << "no value " << name;
  return 0;
}

/// `r x`, `r* x` (aligned), `w y`, `w* %state`, in order.
std::string show(const Module& m, const Function& f, int kernel) {
  std::string s;
  for (const Access& a : accesses(m, f, kernel)) {
    s += (s.empty() ? "" : ", ") + std::string(a.write ? "w" : "r") + (a.aligned ? "* " : " ");
    s += a.is_state ? "%" + m.states.at(a.id).name : f.op(a.id).name;
  }
  EXPECT_EQ(accesses(m, f).at(kernel), accesses(m, f, kernel));
  return s;
}

TEST(Access, ViewsAndLeavesHaveNoBuffer) {
  const Module m = parse_verified(R"(module @m {
  state %w : f32[2,3]
  func @f(%x: f32[B,4]) -> (y: f32[B,4]) {
    kernel @a rows {
      %a = neg(%x) : f32[B,4]
      %inner = neg(%a) : f32[B,4]
      %b = exp(%inner) : f32[B,4]
    }
    %v = reshape(%b) : f32[B,2,2]
    %u = reshape(%v) : f32[B,4,1]
    %c = constant {value = 1.0} : f32[]
    %s = reshape(%w) : f32[6]
    kernel @b rows {
      %d = add(%u, %c) : f32[B,4,1]
    }
    %e = reshape(%d) : f32[B,4]
    kernel @c rows {
      %g = add(%e, %a) : f32[B,4]
    }
    return %g
  }
})");
  const Function& f = m.functions[0];
  EXPECT_EQ(resolve_view(f, named(f, "u")), named(f, "b"));
  EXPECT_EQ(resolve_view(f, named(f, "a")), named(f, "a"));
  EXPECT_EQ(f.op(resolve_view(f, named(f, "s"))).kind, OpKind::State);
  const std::vector<bool> needs = needs_buffer(f);
  const auto needed = [&](const char* name) { return needs[named(f, name)]; };
  for (const char* name : {"a", "b", "d", "g"}) EXPECT_TRUE(needed(name)) << name;
  for (const char* name : {"inner", "v", "u", "c", "s", "e", "x"}) EXPECT_FALSE(needed(name));
  EXPECT_EQ(show(m, f, 0), "r* x, w* a, w* b");
  EXPECT_EQ(show(m, f, 1), "r* b, w* d");
  EXPECT_EQ(show(m, f, 2), "r* d, r* a, w* g");
  EXPECT_EQ(kernel_ops(f)[1], std::vector<ValueId>{named(f, "d")});
}

TEST(Access, ContractionsAreAlignedInTheirEpilogue) {
  const Module m = parse_verified(R"(module @m {
  state %w : f32[3,4]
  state %v : f32[3,4]
  state %b : f32[4]
  state %rate : f32[]
  func @f(%x: f32[B,3], %dz: f32[B,4], %other: f32[3,4]) -> (out: f32[3,4]) {
    kernel @k contraction {
      %0 = matmul(%x, %dz) {transpose_a = true} : f32[3,4]
      %step = map(%0, %rate, %v) {fn = (sub a2 (mul a1 a0))} : f32[3,4]
      %out = add(%step, %other) : f32[3,4]
      %new = add(%w, %out) : f32[3,4]
      %sum = reduce(%dz) {axes = [0], kind = sum} : f32[4]
      %bias = map(%sum, %rate, %b) {fn = (sub a2 (mul a1 a0))} : f32[4]
      assign(%v, %step)
      assign(%w, %new)
      assign(%b, %bias)
    }
    return %out
  }
})");
  EXPECT_EQ(show(m, m.functions[0], 0),
            "r x, r dz, r %rate, r* %v, r* other, r* %w, r* %b, w* out, w* %v, w* %w, w* %b");
}

TEST(Access, ABroadcastBiasIsNotAligned) {
  const Module m = parse_verified(R"(module @m {
  state %b : f32[4]
  func @f(%x: f32[B,3], %dz: f32[B,4]) -> (out: f32[3,4]) {
    kernel @k contraction {
      %0 = matmul(%x, %dz) {transpose_a = true} : f32[3,4]
      %out = add(%0, %b) : f32[3,4]
      %sum = reduce(%dz) {axes = [0], kind = sum} : f32[4]
      %bias = add(%sum, %b) : f32[4]
      assign(%b, %bias)
    }
    return %out
  }
})");
  EXPECT_EQ(show(m, m.functions[0], 0), "r x, r dz, r %b, w* out, w* %b");
}

TEST(Access, RowsReadTheirOwnRow) {
  const Module m = parse_verified(R"(module @m {
  state %e : f32[5,3]
  func @f(%x: f32[B,3], %row: f32[3], %col: f32[B,1], %data: f32[N,3], %i: i32[B]) -> (out: f32[B,3], m: f32[B], t: f32[5,3]) {
    kernel @k rows {
      %0 = gather(%data, %i) : f32[B,3]
      %1 = map(%0, %x, %row, %col) {fn = (add (add a0 a1) (add a2 a3))} : f32[B,3]
      %m = reduce(%1) {axes = [1], kind = max} : f32[B]
      %2 = one_hot(%i) {depth = 3} : f32[B,3]
      %out = mul(%1, %2) : f32[B,3]
    }
    kernel @l rows {
      %t = square(%e) : f32[5,3]
      assign(%e, %t)
    }
    return %out, %m, %t
  }
})");
  const Function& f = m.functions[0];
  EXPECT_EQ(show(m, f, 0), "r data, r* i, r* x, r row, r* col, w* m, w* out");
  EXPECT_EQ(show(m, f, 1), "r* %e, w* t, w* %e");
  EXPECT_FALSE(is_flat(f, 0));
  EXPECT_FALSE(is_flat(f, 1));
}

TEST(Access, ASquareMatrixPlusARowIsNotAligned) {
  // [3] against [3,3] is the row that every row reads, though the leading dimensions agree.
  const Module m = parse_verified(R"(module @m {
  func @f(%x: f32[3,3], %row: f32[3]) -> (out: f32[3,3]) {
    kernel @k rows {
      %out = add(%x, %row) : f32[3,3]
    }
    return %out
  }
})");
  EXPECT_EQ(show(m, m.functions[0], 0), "r* x, r row, w* out");
}

TEST(Access, FlatKernelsAreAlignedElementByElement) {
  const Module m = parse_verified(R"(module @m {
  state %b : f32[4]
  func @f(%g: f32[4], %rate: f32[], %one: f32[1]) -> () {
    kernel @k rows {
      %new = map(%b, %g, %rate, %one) {fn = (sub a0 (mul a1 (mul a2 a3)))} : f32[4]
      assign(%b, %new)
    }
    return
  }
})");
  EXPECT_TRUE(is_flat(m.functions[0], 0));
  EXPECT_EQ(show(m, m.functions[0], 0), "r* %b, r* g, r rate, r one, w* %b");
}

TEST(Access, ColumnsTransposeAndLoops) {
  const Module m = parse_verified(R"(module @m {
  state %b : f32[4]
  func @f(%x: f32[B,4], %w: f32[3,4]) -> (t: f32[4,3], s: f32[B,4]) {
    kernel @c columns {
      %0 = reduce(%x) {axes = [0], kind = sum} : f32[4]
      %1 = add(%0, %b) : f32[4]
      assign(%b, %1)
    }
    kernel @t transpose {
      %t = transpose(%w) : f32[4,3]
    }
    kernel @l loops {
      %s = softmax(%x) : f32[B,4]
    }
    return %t, %s
  }
})");
  const Function& f = m.functions[0];
  EXPECT_EQ(show(m, f, 0), "r x, r* %b, w* %b");
  EXPECT_EQ(show(m, f, 1), "r w, w t");
  EXPECT_EQ(show(m, f, 2), "r x, w s");
}

TEST(Access, PanelsAreTwoVectorsOrAllThree) {
  for (auto [columns, lanes, width] : std::vector<std::array<int64_t, 3>>{{10, 16, 16},
                                                                          {32, 16, 32},
                                                                          {33, 16, 48},
                                                                          {48, 16, 48},
                                                                          {49, 16, 32},
                                                                          {500, 16, 32},
                                                                          {20, 8, 16},
                                                                          {5, 4, 16}})
    EXPECT_EQ(panel_width(columns, lanes), width) << columns << " columns, " << lanes << " lanes";
}

TEST(Access, BytesOfBuffers) {
  const auto bytes = [](TensorType t, std::string_view layout, int64_t batch) {
    return buffer_bytes(t, layout, batch);
  };
  const TensorType matrix{DType::F32, {Dim::batch(), 20}};
  EXPECT_EQ(bytes({DType::F32, {}}, "rows", 1), 128);
  EXPECT_EQ(bytes({DType::U8, {64}}, "rows", 1), 128);
  EXPECT_EQ(bytes({DType::U8, {65}}, "rows", 1), 192);
  EXPECT_EQ(bytes({DType::F64, {Dim::batch(), 4}}, "rows", 10), 384);
  EXPECT_EQ(bytes(matrix, "rows(32)", 3), 3 * 32 * 4 + 64);
  EXPECT_EQ(bytes(matrix, "panels(16)", 3), 3 * 32 * 4 + 64);
  EXPECT_EQ(bytes(matrix, "panels(32)", 3), 3 * 32 * 4 + 64);
  for (const char* bad : {"rows(19)", "rows(0)", "rows()", "rows(-32)", "tiles(3)", "panels(a)", "",
                          "rows(+32)", "rows(032)"})
    EXPECT_THROW(bytes(matrix, bad, 3), Error) << bad;
  EXPECT_THROW(bytes({DType::F32, {5}}, "rows(16)", 3), Error);
  EXPECT_THROW(bytes(matrix, "rows", int64_t{1} << 60), Error);
}

}  // namespace
}  // namespace lathe::ir
