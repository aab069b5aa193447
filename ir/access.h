// Who touches what: buffers, and the accesses of kernels to buffers and states.
//
// The scheduler, the planner, the code generators and the verifiers all ask here, so that they
// agree. A *buffer* is memory of a value: of a parameter (the caller's), of a result (the caller's)
// or of a value that crosses kernels (the arena's). A reshape is a *view*: it has no buffer of its
// own and does no work, in a kernel or outside. A *leaf* (constant, batch_size) has none either: it
// is emitted at each use.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace lathe::ir {

/// The value that owns the buffer of `v`: follows reshapes. A leaf, a state read or a parameter may
/// come back.
ValueId resolve_view(const Function& f, ValueId v);

/// constant and batch_size: no buffer, emitted at each use.
bool is_leaf(OpKind kind);
/// Leaves and reshapes: ops that do no work of their own, and stand outside kernels.
bool is_free(OpKind kind);

/// By value: computed in a kernel, and used (through views) by an op of another kernel or by an
/// output. Parameters, state reads, leaves and views are false.
std::vector<bool> needs_buffer(const Function& f);

/// The ops of each kernel, in body order.
std::vector<std::vector<ValueId>> kernel_ops(const Function& f);

/// A rows kernel whose ops are all is_flat_op() (row_form.h), of one shape: one row, executed
/// element by element. Any other rows kernel is executed row by row.
bool is_flat(const Function& f, int kernel);

/// Whether kernels of that kind go through their result tile by tile, each from where its own
/// operands lie (Access::aligned), so that they may hold assigns of states that they read.
bool is_tiled(KernelKind kind);

/// One buffer or state that a kernel reads or writes.
struct Access {
  bool write = false;
  bool is_state = false;
  int32_t id = kNone;  ///< StateId, or the ValueId that owns the buffer
  /// A tile of the kernel touches only the elements, or whole rows, at the position of its own
  /// output tile, so that tiles may run in any order, and a write may land on a read:
  /// - contraction: operands of the matmul's result shape in maps on the result; operands of the
  ///   column sum's shape in maps on the column sum. Not the matmul's and the sum's own operands,
  ///   and not a vector that is broadcast to the result's rows;
  /// - rows: operands whose leading dimension is the kernel's; where it is flat, operands of its
  ///   shape. Not gather's data;
  /// - columns: operands of the sum's shape in maps on it. Not the reduced operand;
  /// - transpose, scatter, loops: none.
  bool aligned = false;
  friend bool operator==(const Access&, const Access&) = default;
};

/// Every buffer and state that the kernel touches, each once for reads and once for writes (aligned
/// where all its accesses are), reads first, in order of first access. Values that stay within the
/// kernel are not among them; an assign writes its state directly.
std::vector<Access> accesses(const Module& m, const Function& f, int kernel);
/// The same for every kernel at once, in linear time.
std::vector<std::vector<Access>> accesses(const Module& m, const Function& f);

/// f32 lanes that rows and panels are a multiple of on every CPU: kernels are written in logical vectors of so
/// many, split by LLVM where registers are narrower, so that sums over rows have one order at every width.
inline constexpr int kRowLanes = 16;

/// Columns of the panels that a contraction with so many columns reads, where a vector has `lanes`: two
/// vectors, or one where there are no more, or all three that there are: a third one by itself would load a
/// number of the left operand for each multiply-add.
int64_t panel_width(int64_t columns, int64_t lanes);

/// Bytes that a buffer of this type and layout (`rows`, `rows(LD)`, `panels(NR)`) takes with `batch`
/// rows: padding and 64 bytes behind it included, rounded up to 64. Error where the layout is
/// malformed or does not fit the type: what runtime/layout.h refuses, too.
int64_t buffer_bytes(const TensorType& type, std::string_view layout, int64_t batch);

/// The same for a value, at its function's `max_batch`, in its own layout. 1 row where there is no
/// `max_batch` and no batch.
int64_t buffer_bytes(const Function& f, ValueId v);

}  // namespace lathe::ir
