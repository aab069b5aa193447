// Cases of the ops that compute each element from those at its place: map and convert.
#include "ir/elementwise.h"
#include "tests/llvm/op_cases.h"

namespace lathe::test {

using ir::Builder;
using ir::ValueId;

namespace {

/// In ulps of the type. The interpreter rounds an f32 row once, and an f64 row at every step as the
/// JIT does, with other functions; where a difference loses digits, the table says so.
Bound map_bound(const ir::ElementwiseRow& row, DType t) {
  const double epsilons = t == DType::F64 ? 0x1p-52 : 0x1p-23;
  return {.ulps = 4, .absolute = row.marks.absolute ? 8 * epsilons : 0};
}

}  // namespace

void map_cases(OpCases& c) {
  for (const ir::ElementwiseRow& row : ir::elementwise_table()) {
    for (DType t : {DType::F32, DType::F64})
      for (const Shape& shape : {Shape{B, 21}, Shape{3}})
        c.add(std::string(row.name), map_bound(row, t), [&](Builder& b) {
          std::vector<ValueId> operands;
          for (int i = 0; i < row.arity; ++i)
            operands.push_back(b.param("x" + std::to_string(i), {t, shape}));
          return b.map(row.name, operands);
        });
    if (row.arity > 2 || row.expr.is_truth()) continue;
    for (int i = 0; i < row.arity; ++i)
      c.add(std::string(row.name) + ".gradient", {.ulps = 8, .absolute = 1e-6, .extremes = false},
            [&](Builder& b) {
              std::vector<ValueId> operands;
              for (int k = 0; k < row.arity; ++k)
                operands.push_back(b.param("x" + std::to_string(k), f32({B, 21})));
              operands.push_back(b.map(row.name, operands));
              return b.map(ir::map_derivative(row.expr, row.arity, i), operands);
            });
  }
  for (const Shape& shape : kShapes)
    c.add("shape", {}, [&](Builder& b) {
      return b.map("add", {b.param("x", f32(shape)), b.param("y", f32(shape))});
    });
  const std::vector<std::pair<Shape, Shape>> broadcasts = {{{B, 21}, {}},
                                                           {{B, 21}, {1}},
                                                           {{B, 21}, {1, 1}},
                                                           {{B, 21}, {21}},
                                                           {{B, 21}, {1, 21}},
                                                           {{B, 21}, {B, 1}},
                                                           {{3, 21}, {3, 1}},
                                                           {{B, 1}, {21}},
                                                           {{B, 1}, {1, 5}},
                                                           {{5, 5}, {5}},
                                                           {{5, 5}, {5, 1}},
                                                           {{5, 1}, {1, 5}},
                                                           {{B, 3, 7}, {3, 7}},
                                                           {{B, 3, 7}, {7}},
                                                           {{B, 3, 7}, {3, 1}},
                                                           {{B, 3, 7}, {B, 1, 1}},
                                                           {{B, 3, 7}, {B, 3, 1}},
                                                           {{B, 3, 7}, {B, 1, 7}},
                                                           {{2, 3, 7}, {2, 1, 7}},
                                                           {{5}, {}},
                                                           {{5}, {1}},
                                                           {{1}, {}},
                                                           {{1, 1}, {1}},
                                                           {{1, 20}, {1, 1}}};
  for (const auto& [x, y] : broadcasts)
    for (bool swap : {false, true})
      c.add("broadcast", {}, [&](Builder& b) {
        const ValueId p = b.param("x", f32(x)), q = b.param("y", f32(y));
        return swap ? b.map("sub", {q, p}) : b.map("sub", {p, q});
      });
  for (DType t : {DType::I32, DType::I64, DType::U8})
    for (const char* row :
         {"add", "sub", "mul", "div", "maximum", "minimum", "neg", "abs", "less", "equal"})
      c.add(std::string(row) + "." + std::string(dtype_name(t)), {.extremes = t != DType::I64},
            [&](Builder& b) {
              std::vector<ValueId> operands = {b.param("x", {t, {B, 19}})};
              if (ir::find_elementwise(row)->arity == 2)
                operands.push_back(b.param("y", {t, {B, 19}}));
              return b.map(row, operands);
            });
}

void convert_cases(OpCases& c) {
  const std::vector<DType> types = {DType::F32, DType::F64, DType::I64,
                                    DType::I32, DType::U8,  DType::Bool};
  for (DType from : types)
    for (DType to : types)
      for (const Shape& shape : {Shape{B, 21}, Shape{B}, Shape{18}, Shape{}})
        if (from != to)
          c.add(std::string(dtype_name(from)) + "." + std::string(dtype_name(to)),
                {.extremes = to != DType::I64},
                [&](Builder& b) { return b.convert(b.param("x", {from, shape}), to); });
}

}  // namespace lathe::test
