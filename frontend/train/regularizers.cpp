#include "frontend/train/regularizers.h"

#include <cmath>
#include <numeric>

#include "frontend/base/letters.h"
#include "frontend/base/table.h"
#include "frontend/train/image_variation.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

using ir::ValueId;
using namespace ir::scalar_dsl;

const E kX = E::arg(0);

ValueId sum(ir::Builder& b, ValueId x) {
  std::vector<int64_t> axes(b.type(x).shape.size());
  std::iota(axes.begin(), axes.end(), 0);
  return axes.empty() ? x : b.reduce("sum", x, std::move(axes));
}

ValueId l1(ir::Builder& b, ValueId x, const Options& o) {
  return b.map(kX * E(o.real("l1", 0)), {sum(b, b.map(abs(kX), {x}))});
}

ValueId l2(ir::Builder& b, ValueId x, const Options& o) {
  return b.map(kX * E(o.real("l2", 0)), {sum(b, b.map(kX * kX, {x}))});
}

ValueId l1_l2(ir::Builder& b, ValueId x, const Options& o) {
  return b.map("add", {l1(b, x, o), l2(b, x, o)});
}

/// The mean magnitude of the products of two different rows, each over its length.
ValueId orthogonal(ir::Builder& b, ValueId x, const Options& o) {
  const Shape shape = b.type(x).shape;
  if (shape.size() != 2)
    throw Error("orthogonal_regularizer takes weights of two dimensions, not " +
                std::to_string(shape.size()));
  const bool rows = o.word("mode") == "rows";
  const ValueId square =
      b.reduce("sum", b.map(kX * kX, {x}), {rows ? int64_t{1} : int64_t{0}}, true);
  const ValueId unit = b.map(kX / max(sqrt(E::arg(1)), E(1e-7)), {x, square});
  const ValueId products = b.matmul(unit, unit, !rows, rows);
  const ValueId with_itself = sum(b, b.map(kX * kX, {unit}));
  const double n = static_cast<double>(shape[rows ? 0 : 1].size());
  const double pairs = n * (n - 1) / 2;
  if (pairs == 0) return b.constant(0, b.type(x).dtype);
  return b.map((kX - E::arg(1)) * E(o.real("factor", 0) * 0.5 / pairs),
               {sum(b, b.map(abs(kX), {products})), with_itself});
}

ValueId of_images(ir::Builder& b, ValueId x, const Options& o) {
  return b.map(kX * E(o.real("factor", 0)), {sum(b, image_total_variation(b, x))});
}

void check_factors(const Options& o) {
  for (const char* name : {"l1", "l2", "factor"})
    if (const double v = o.real(name, 0); !(v >= 0) || !std::isfinite(static_cast<float>(v)))
      throw Error(std::string(name) + " must be 0 or more, and finite");
}

void check_orthogonal(const Options& o) {
  check_factors(o);
  check_one_of(o, "mode", {"rows", "columns"});
}

Chosen<RegularizerRow> read(std::string_view text) {
  return choose(regularizer_table(), parse_spec(text), "regularizer");
}

std::vector<RegularizerRow> make_rows() {
  const auto options = [](std::string_view text) { return parse_option_specs(text); };
  std::vector<RegularizerRow> rows = {
      {"l1", "l1 sum of |x|", options("l1:real=0.01"), check_factors, l1},
      {"l2", "l2 sum of x^2", options("l2:real=0.01"), check_factors, l2},
      {"l1_l2", "l1 sum of |x| + l2 sum of x^2", options("l1:real=0 l2:real=0"), check_factors,
       l1_l2},
      {"orthogonal_regularizer",
       "factor times the mean |product| of two rows, or columns, of length 1",
       options("factor:real=0.01 mode:word=rows"), check_orthogonal, orthogonal},
      {"image_total_variation",
       "factor times the sum of |vertical| and |horizontal| differences, of results that are "
       "images",
       options("factor:real=0.01"), check_factors, of_images},
  };
  for (RegularizerRow& row : rows) row.aliases.push_back(class_case(row.name));
  return rows;
}

}  // namespace

std::span<const RegularizerRow> regularizer_table() {
  static const std::vector<RegularizerRow> kTable = make_rows();
  return kTable;
}

void check_regularizer(std::string_view text) {
  if (!text.empty()) read(text);
}

ValueId build_regularizer(ir::Builder& b, std::string_view text, ValueId x) {
  const Chosen<RegularizerRow> r = read(text);
  return r.row.build(b, x, r.options);
}

}  // namespace lathe::detail
