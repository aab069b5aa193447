// The meaning of each op: one function an op, one file a family (as in ir/ops/). Results are not
// yet rounded to their type: the interpreter does that for all of them.
#pragma once

#include <vector>

#include "codegen/interp/value.h"
#include "ir/graph.h"

namespace lathe::interp {

/// An op about to be computed.
struct Call {
  const ir::Op& op;
  std::vector<const Value*> operands;
};

// `r` comes with the op's type, its symbols bound, and zeros.
void compute_map(const Call& c, Value& r);
void compute_convert(const Call& c, Value& r);
void compute_matmul(const Call& c, Value& r);
void compute_transpose(const Call& c, Value& r);
void compute_reduce(const Call& c, Value& r);
void compute_broadcast(const Call& c, Value& r);
void compute_reshape(const Call& c, Value& r);
void compute_concat(const Call& c, Value& r);
void compute_slice(const Call& c, Value& r);
void compute_softmax(const Call& c, Value& r);
void compute_log_softmax(const Call& c, Value& r);
void compute_scatter_add(const Call& c, Value& r);
void compute_gather(const Call& c, Value& r);
void compute_one_hot(const Call& c, Value& r);
void compute_argmax(const Call& c, Value& r);
void compute_constant(const Call& c, Value& r);
void compute_random_uniform(const Call& c, Value& r);

}  // namespace lathe::interp
