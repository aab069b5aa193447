// What ops.def says of each structured op, as data and as functions.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace lathe::ir {

class Builder;

enum class ResultRule : uint8_t { Inferred, Declared, Effect };

struct AttrSpec {
  std::string name;
  std::string type;                   ///< bool, int, real, word, ints, words, reals, any
  std::optional<Attr> default_value;  ///< nothing: must be given
};

struct OpInfo {
  OpKind kind;
  std::string_view text;
  int least, most;  ///< operands; most -1: any number
  bool has_gradient;
  ResultRule result;
  std::vector<AttrSpec> attrs;
  bool any_attrs;
};

/// What an op's shape rule sees.
struct InferInput {
  const Op& op;  ///< attributes, fn; `type` is what was declared
  std::vector<const TensorType*> operands;
  const TensorType* state = nullptr;  ///< Update, Assign: the state's type
};

std::span<const OpInfo> op_table();
const OpInfo& op_info(OpKind kind);  ///< not for Param and State
const OpInfo* find_op(std::string_view text);
bool has_result(OpKind kind);

/// Attributes that any op may carry beside those of its row.
bool is_common_attr(std::string_view name);

/// The type of the op's result: number and types of operands, attributes and a declared type are
/// checked. Error that names the op and the shapes.
TensorType infer_type(const InferInput& in);

/// Adds to `b` the gradients of `value`'s operands, given `dy`, the gradient of its result. kNone
/// where an operand has none. Only for ops with a gradient.
std::vector<ValueId> vjp(Builder& b, ValueId value, ValueId dy);

}  // namespace lathe::ir
