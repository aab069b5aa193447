// What every kernel emitter works with: the frame of the step, where values lie, and small helpers
// over LLVM's builder.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "codegen/llvm/vector_math.h"
#include "ir/access.h"
#include "ir/graph.h"
#include "runtime/layout.h"

namespace lathe::codegen {

/// The CPU as the emitters see it.
struct CpuModel {
  int64_t lanes = 16;      ///< f32 lanes of a vector register
  int64_t registers = 32;  ///< vector registers
  MathOptions math;        ///< fused multiply-add or not
};

/// Of a line of cache.
inline constexpr int64_t kLineBytes = 64;

/// Lanes of everything but the blocks of wide contractions.
using ir::kRowLanes;

/// Slots of the frame that a step's kernels read: one pointer or 64-bit number each. The entry
/// fills it once a step.
struct FrameLayout {
  int params, states, outputs;  ///< how many of each
  int arena() const { return 0; }
  int scratch() const { return 1; }
  int batch() const { return 2; }  ///< rows of this step
  int rows() const { return 3; }   ///< N
  int workers() const { return 4; }
  int param(int i) const { return 5 + i; }
  int state(int i) const { return 5 + params + i; }
  int output(int i) const { return 5 + params + states + i; }
  int size() const { return 5 + params + states + outputs; }
};

/// Where a value lies while a kernel runs.
struct Place {
  llvm::Value* base = nullptr;
  TensorType type;
  runtime::Layout layout;
  llvm::Value* rows = nullptr;  ///< rows of a matrix in panels, when it has a symbol
};

/// Asks for the line of cache at an address that will be read, and perhaps written.
void emit_prefetch(llvm::IRBuilder<>& b, llvm::Value* address, bool written);

class KernelContext {
 public:
  KernelContext(const ir::Module& m, const ir::Function& f, const CpuModel& cpu,
                const FrameLayout& frame, llvm::Module& out)
      : module(m), f(f), cpu(cpu), frame(frame), out(out), b(out.getContext()) {}

  const ir::Module& module;
  const ir::Function& f;
  const CpuModel& cpu;
  const FrameLayout& frame;
  llvm::Module& out;
  llvm::IRBuilder<> b;
  std::vector<bool> buffers;  ///< ir::needs_buffer
  int64_t scratch_bytes = 0;  ///< grows to what the function's kernels need

  llvm::Function* fn = nullptr;  ///< the kernel being emitted
  llvm::Value* frame_ptr = nullptr;
  llvm::Value* worker = nullptr;

  /// Starts `void name(ptr frame, i64 worker)`.
  void begin(const std::string& name);
  void end();

  // types and constants
  llvm::Type* type_of(DType t);     ///< in memory; bool is i8
  llvm::Type* value_type(DType t);  ///< in registers; bool is i1
  llvm::Value* i64(int64_t v) { return b.getInt64(v); }
  llvm::Value* index_vector(int lanes);  ///< <0, 1, …> i64

  // frame
  llvm::Value* slot_ptr(int slot);
  llvm::Value* slot_i64(int slot);
  llvm::Value* batch() { return slot_i64(frame.batch()); }
  llvm::Value* workers() { return slot_i64(frame.workers()); }
  llvm::Value* scratch() { return slot_ptr(frame.scratch()); }
  llvm::Value* dim(Dim d);    ///< a dimension's size at run time
  int64_t most(Dim d) const;  ///< the largest that it can be: a symbol's is the batch planned for

  // places
  /// The memory of a value: of a parameter, a state read, an output or a buffer, through reshapes.
  Place place(ir::ValueId v);
  Place state_place(ir::StateId s);
  /// Bytes of a value that has as many rows as a batch can have.
  int64_t most_bytes(const TensorType& t) const;
  /// Every place that the result of `v` has to be written to: its buffer, its outputs.
  std::vector<Place> destinations(ir::ValueId v);
  /// Address of element (row, column), where the columns are all dimensions but the first,
  /// flattened. A rank of 0 or a flat vector is one row.
  llvm::Value* address(const Place& p, llvm::Value* row, llvm::Value* column, bool flat = false);
  int64_t row_stride(const Place& p);  ///< elements, of a place that is not in panels
  /// Elements from one row to the next within a panel, or of a place that is not in panels.
  int64_t line_step(const Place& p);
  llvm::Value* element_address(llvm::Value* base, DType t, llvm::Value* index);

  // loads and stores of `lanes` elements, of which the first `valid` count (nullptr: all)
  llvm::Value* load(llvm::Value* address, DType t, int lanes, llvm::Value* valid = nullptr);
  void store(llvm::Value* value, llvm::Value* address, DType t, int lanes,
             llvm::Value* valid = nullptr);
  llvm::Value* load_scalar(llvm::Value* address, DType t);
  void store_scalar(llvm::Value* value, llvm::Value* address, DType t);
  /// An integer of type `t` as i64: a row number, or a label.
  llvm::Value* index(llvm::Value* x, DType t);
  /// Of a gather: the first row that its window, or the row itself, has in the data for an element of
  /// its index; row 0 where one of them is outside.
  struct Picked {
    llvm::Value* first;
    llvm::Value* inside;  ///< i1
  };
  Picked picked(const ir::Op& gather, llvm::Value* index);
  llvm::Value* splat(llvm::Value* scalar, int lanes);
  llvm::Value* mask(int lanes, llvm::Value* valid);

  // control flow
  /// for (i = from; i < to; i += step) body(i)
  void loop(llvm::Value* from, llvm::Value* to, int64_t step,
            const std::function<void(llvm::Value*)>& body, const char* name = "loop");
  /// The same with values carried from turn to turn; returns them at the end.
  std::vector<llvm::Value*> loop_carry(
      llvm::Value* from, llvm::Value* to, int64_t step, std::vector<llvm::Value*> init,
      const std::function<std::vector<llvm::Value*>(llvm::Value*, std::vector<llvm::Value*>)>& body,
      const char* name = "loop");
  /// for (i = from; i < to; i = body(i))
  void walk(llvm::Value* from, llvm::Value* to,
            const std::function<llvm::Value*(llvm::Value*)>& body, const char* name = "walk");
  void when(llvm::Value* condition, const std::function<void()>& body);
  /// First and last + 1 of this worker's share of `count`.
  std::pair<llvm::Value*, llvm::Value*> share(llvm::Value* count);

  /// Room in this worker's scratch: `bytes` from `offset`; grows scratch_bytes.
  llvm::Value* scratch_at(int64_t offset, int64_t bytes);

  /// The value of a constant or batch_size, seen through reshapes, as a scalar of its type; nullptr
  /// for any other value.
  llvm::Value* leaf(ir::ValueId v);
  llvm::Value* real_constant(double v, DType t);
};

/// A kernel emitter: a complete function for kernel `k` of c.f; c.begin was called.
using KernelEmitter = void (*)(KernelContext& c, int kernel, const std::vector<ir::ValueId>& ops);
#define KERNEL_KIND(name, text) \
  void emit_##text(KernelContext& c, int kernel, const std::vector<ir::ValueId>& ops);
#include "ir/kernel_kinds.def"
#undef KERNEL_KIND

}  // namespace lathe::codegen
