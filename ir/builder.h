// Builds a function op by op; every op's type is inferred and checked as it is added.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "ir/graph.h"

namespace lathe::ir {

class Builder {
 public:
  /// Appends to `f`, a function of `m` (which supplies the states).
  Builder(Module& m, Function& f) : module_(m), f_(f) {}

  Function& function() { return f_; }
  Module& module() { return module_; }
  const TensorType& type(ValueId v) const { return f_.op(v).type; }

  ValueId param(std::string name, TensorType type);
  ValueId state(StateId s);
  ValueId state(std::string_view name);  ///< Error when there is none
  void output(std::string name, ValueId value);

  /// An op of any kind. `declared` is for ops whose row says Declared.
  ValueId op(OpKind kind, std::vector<ValueId> operands, Attrs attrs = {},
             TensorType declared = {});
  /// A row of elementwise.def by name, its parameters by theirs; Error when there is none.
  ValueId map(std::string_view row, std::vector<ValueId> operands, const Attrs& params = {});
  /// Any expression over the operands. Algebra is applied first; a map that is one of its own
  /// operands, unchanged in type, comes back as that operand.
  ValueId map(const ScalarExpr& fn, std::vector<ValueId> operands);

  ValueId constant(double value, DType dtype, Shape shape = {});
  ValueId convert(ValueId x, DType dtype);  ///< x itself where it has that type
  ValueId matmul(ValueId a, ValueId b, bool transpose_a = false, bool transpose_b = false);
  /// Axis i of the result is axis perm[i] of x; of a matrix perm may be left out.
  ValueId transpose(ValueId x, std::vector<int64_t> perm = {});
  /// kind: sum, mean, max, min. Negative axes count from the end.
  ValueId reduce(std::string_view kind, ValueId x, std::vector<int64_t> axes,
                 bool keepdims = false);
  ValueId broadcast(ValueId x, Shape shape);  ///< x itself where it has that shape
  ValueId reshape(ValueId x, Shape shape);    ///< x itself where it has that shape
  ValueId softmax(ValueId x);
  ValueId log_softmax(ValueId x);
  /// `window` rows that end with each picked one; 0: that row, without an axis for them.
  ValueId gather(ValueId data, ValueId index, int64_t window = 0);
  ValueId scatter_add(ValueId parts, ValueId index, int64_t rows);
  ValueId one_hot(ValueId labels, int64_t depth);
  ValueId argmax(ValueId x);
  ValueId concat(std::vector<ValueId> parts, int64_t axis);
  ValueId slice(ValueId x, int64_t axis, int64_t start, int64_t size);
  /// B as a number, f32[]: what a mean over the batch divides by.
  ValueId batch_size();
  /// Uniform in [0, 1), f32: Philox keyed by seed (i64[]), step (i64[]) and `stream`.
  ValueId random_uniform(ValueId seed, ValueId step, int64_t stream, Shape shape);

  void assign(StateId s, ValueId value);
  void minimize(ValueId loss, Attrs attrs);
  void update(StateId s, ValueId gradient, Attrs attrs);

  /// Sums `x` over the axes in which `shape` is 1 or missing, so that it has that shape: the
  /// gradient of a broadcast.
  ValueId sum_to_shape(ValueId x, Shape shape);

  /// Ops added from now on carry this `layer` attribute; empty: none.
  void set_layer(std::string layer) { layer_ = std::move(layer); }
  const std::string& layer() const { return layer_; }

 private:
  ValueId append(Op op);
  Module& module_;
  Function& f_;
  std::string layer_;
};

}  // namespace lathe::ir
