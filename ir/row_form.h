// How an operand of an elementwise op lies against the rows of the result.
//
// A value of type [R, …] has R rows; the other dimensions, flattened, are its columns. Rank 0, and
// rank 1 without a symbol in a `flat` kernel, is one row.
#pragma once

#include "ir/graph.h"

namespace lathe::ir {

enum class RowForm : uint8_t {
  Full,       ///< an element for each element of the result
  PerRow,     ///< one number a row: [R], [R,1], …
  RowVector,  ///< one row, the same for all: [C], [1,C], …
  Scalar,     ///< one number
  General,    ///< broadcast in another way
};

/// The form of an operand of type `operand` of an elementwise op of type `result`.
RowForm row_form(const TensorType& result, const TensorType& operand);

/// The same where a row is the last dimension alone, as in a contraction: [B,4,C] has 4 B rows.
RowForm matrix_form(const TensorType& result, const TensorType& operand);

/// Ops that compute each element from the operands' elements at the same place: map, convert,
/// broadcast, and random_uniform, whose operands are one number each for all of them.
bool is_elementwise(OpKind kind);

/// True for an elementwise op whose result, of rank 0 or 1 without a symbol, is one row.
bool is_flat_op(const Op& op);

}  // namespace lathe::ir
