// Gradient cases from the tables: every row of elementwise.def, every primitive of scalar_ops.def,
// every op of ops.def. A new row, primitive or op has its cases, or does not compile.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/elementwise.h"
#include "tests/interp/gradcheck.h"

namespace lathe::test {

/// How the operands of a case are drawn.
struct Draw {
  double low = -3, high = 3;
  std::vector<double> kinks;
};

/// A case of one op: parameters x0, x1, … of these types, whose symbol B is 3.
GradientCase make_case(
    std::string label, const std::vector<TensorType>& types,
    const std::function<ir::ValueId(ir::Builder&, const std::vector<ir::ValueId>&)>& build,
    const Draw& draw = {});

std::vector<GradientCase> cases_for(const ir::ElementwiseRow& row);
/// None for an op without a gradient.
std::vector<GradientCase> cases_for(ir::OpKind kind);

}  // namespace lathe::test
