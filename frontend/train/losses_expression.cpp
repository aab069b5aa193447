// The loss that is an expression of the user's own, and how Loss makes its text.
#include "frontend/base/number_expr.h"
#include "frontend/base/spec.h"
#include "frontend/base/table.h"
#include "frontend/train/losses.h"
#include "ir/error.h"

namespace lathe {

Loss Loss::expression(std::string called, const Expr& fn, NamedOptions with) {
  with["fn"] = fn.to_string();
  with["name"] = std::move(called);
  return {"expression", std::move(with)};
}

std::string Loss::to_string() const {
  Spec spec = parse_spec(name);
  add_options(spec, options);
  return lathe::to_string(spec);
}

namespace detail {

namespace {

/// Over a0, the target, and a1, the prediction.
ir::ScalarExpr row_expression(const Options& options) {
  try {
    ir::ScalarExpr fn = parse_number_expr(options.word("fn"));
    if (fn.arity() > 2)
      throw Error("takes a0, the target, and a1, the prediction, not a" +
                  std::to_string(fn.arity() - 1));
    if (!fn.uses(1)) throw Error("says nothing about a1, the prediction");
    return fn;
  } catch (const Error& e) {
    throw Error(std::string("loss 'expression': fn: ") + e.what());
  }
}

}  // namespace

void check_expression_loss(const Options& options) {
  row_expression(options);
  try {
    check_one_of(options, "over", {"mean", "sum"});
  } catch (const Error& e) {
    throw Error(std::string("loss 'expression': ") + e.what());
  }
}

LossTerms loss_expression(StepValues& v, const Options& options) {
  const auto over = options.word("over") == "sum" ? LossTerms::Over::Sum : LossTerms::Over::Mean;
  return {v.b.map(row_expression(options), {v.dense(), v.pred}), over};
}

}  // namespace detail

}  // namespace lathe
