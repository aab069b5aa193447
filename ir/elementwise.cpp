#include "ir/elementwise.h"

#include <unordered_map>

namespace lathe::ir {

namespace {

using scalar_dsl::E;

std::vector<ElementwiseRow> build_table() {
  using namespace scalar_dsl;
  std::vector<ElementwiseRow> rows;
#define DERIVED \
  std::vector<E> {}
#define GRADIENT(...) \
  std::vector<E> {    \
    __VA_ARGS__       \
  }
#define NONE \
  ElementwiseMarks {}
#define KINK(v)      \
  ElementwiseMarks { \
    .kinks = { v }   \
  }
#define TIE          \
  ElementwiseMarks { \
    .tie = true      \
  }
#define DOMAIN(lo, hi)    \
  ElementwiseMarks {      \
    .low = lo, .high = hi \
  }
#define ELEMENTWISE(name, arity, expression, gradient, marks)                               \
  {                                                                                         \
    const E x = E::arg(0), y = E::arg(1), z = E::arg(2), out = E::arg(arity);               \
    (void)y, (void)z, (void)out;                                                            \
    rows.push_back(ElementwiseRow{#name, arity, #expression, expression, gradient, marks}); \
  }
#include "ir/elementwise.def"
#undef ELEMENTWISE
  return rows;
}

struct ExprHash {
  size_t operator()(const ScalarExpr& e) const { return e.hash(); }
};

}  // namespace

std::span<const ElementwiseRow> elementwise_table() {
  static const std::vector<ElementwiseRow> table = build_table();
  return table;
}

const ElementwiseRow* find_elementwise(std::string_view name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, const ElementwiseRow*> m;
    for (const auto& row : elementwise_table()) m.emplace(row.name, &row);
    return m;
  }();
  auto it = index.find(name);
  return it == index.end() ? nullptr : it->second;
}

const ElementwiseRow* find_elementwise(const ScalarExpr& expr) {
  static const auto index = [] {
    std::unordered_map<ScalarExpr, const ElementwiseRow*, ExprHash> m;
    for (const auto& row : elementwise_table()) m.emplace(row.expr, &row);
    return m;
  }();
  auto it = index.find(expr);
  return it == index.end() ? nullptr : it->second;
}

ScalarExpr map_derivative(const ScalarExpr& expr, int arity, int wrt) {
  const ElementwiseRow* row = find_elementwise(expr);
  if (row && row->arity == arity && !row->gradient.empty()) return row->gradient.at(wrt);
  return simplify(derivative(expr, wrt));
}

}  // namespace lathe::ir
