// Ops without a result: minimize (replaced by autodiff), update (replaced by the optimiser's
// expansion) and assign.
#include "ir/error.h"
#include "ir/op_table.h"

namespace lathe::ir {

namespace {
TensorType expect_state_type(const InferInput& in, const char* what) {
  LATHE_CHECK(in.state != nullptr, "an op on a state without its state");
  if (*in.operands[0] != *in.state)
    throw Error(std::string("the ") + what + " must have the state's type " +
                in.state->to_string() + ", not " + in.operands[0]->to_string());
  return {};
}
}  // namespace

TensorType infer_minimize(const InferInput& in) {
  if (in.operands[0]->rank() != 0 || !is_float(in.operands[0]->dtype))
    throw Error("the loss must be one number of type f32 or f64");
  return {};
}

TensorType infer_update(const InferInput& in) {
  return expect_state_type(in, "gradient");
}
TensorType infer_assign(const InferInput& in) {
  return expect_state_type(in, "value");
}

}  // namespace lathe::ir
