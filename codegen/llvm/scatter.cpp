// Scatter kernels: each worker has a share of the result's rows, clears them, and adds the parts that
// go there in the order of the index: one order, whatever the number of workers.
#include "codegen/llvm/kernel_context.h"

namespace lathe::codegen {

using llvm::Value;

namespace {

/// Parts of the shape [index..., row...].
class Scatter {
 public:
  Scatter(KernelContext& c, ir::ValueId id)
      : c_(c),
        op_(c.f.op(id)),
        index_type_(c.f.op(op_.operands[1]).type),
        parts_leaf_(c.leaf(op_.operands[0])),
        index_leaf_(c.leaf(op_.operands[1])),
        targets_(c.destinations(id)) {
    if (!parts_leaf_) parts_ = c.place(op_.operands[0]);
    if (!index_leaf_) index_ = c.place(op_.operands[1]);
    for (int i = 1; i < index_type_.rank(); ++i) inner_ *= index_type_.shape[i].size();
    for (int i = 1; i < op_.type.rank(); ++i) width_ *= op_.type.shape[i].size();
  }

  void emit() {
    llvm::IRBuilder<>& b = c_.b;
    auto [from, to] = c_.share(c_.dim(op_.type.shape[0]));
    Value* first = from;
    Value* rows = b.CreateSub(to, from);
    c_.loop(
        from, to, 1,
        [&](Value* row) {
          columns([&](Value* column, Value* valid) {
            Value* zero = c_.splat(llvm::Constant::getNullValue(c_.value_type(dtype())), kRowLanes);
            for (const Place& p : targets_)
              c_.store(zero, c_.address(p, row, column), dtype(), kRowLanes, valid);
          });
        },
        "clear");
    c_.loop(
        c_.i64(0), b.CreateMul(c_.dim(index_type_.shape[0]), c_.i64(inner_)), 1,
        [&](Value* i) {
          Value* outer = b.CreateUDiv(i, c_.i64(inner_));
          Value* inner = b.CreateURem(i, c_.i64(inner_));
          Value* row = index_leaf_;
          if (!row) row = c_.load_scalar(c_.address(index_, outer, inner), index_type_.dtype);
          row = c_.index(row, index_type_.dtype);
          // Unsigned: what lies before the share is far behind it.
          c_.when(b.CreateICmpULT(b.CreateSub(row, first), rows),
                  [&] { add(row, outer, b.CreateMul(inner, c_.i64(width_))); });
        },
        "index");
  }

 private:
  DType dtype() const { return op_.type.dtype; }

  /// In vectors, of which the last may be shorter.
  void columns(const std::function<void(Value* column, Value* valid)>& body) {
    c_.loop(c_.i64(0), c_.i64(width_), kRowLanes, [&](Value* column) {
      Value* left = c_.b.CreateSub(c_.i64(width_), column);
      body(column, width_ % kRowLanes == 0 ? nullptr : left);
    });
  }

  void add(Value* row, Value* outer, Value* start) {
    columns([&](Value* column, Value* valid) {
      Value* part = parts_leaf_ ? c_.splat(parts_leaf_, kRowLanes)
                                : c_.load(c_.address(parts_, outer, c_.b.CreateAdd(start, column)),
                                          dtype(), kRowLanes, valid);
      for (const Place& p : targets_) {
        Value* at = c_.address(p, row, column);
        Value* sum = c_.b.CreateFAdd(c_.load(at, dtype(), kRowLanes, valid), part);
        c_.store(sum, at, dtype(), kRowLanes, valid);
      }
    });
  }

  KernelContext& c_;
  const ir::Op& op_;
  const TensorType& index_type_;
  Value *parts_leaf_, *index_leaf_;  ///< where they are no values in memory
  Place parts_, index_;
  std::vector<Place> targets_;
  int64_t inner_ = 1;  ///< elements of the index behind its first axis
  int64_t width_ = 1;  ///< of a row
};

}  // namespace

void emit_scatter(KernelContext& c, int, const std::vector<ir::ValueId>& ops) {
  Scatter(c, ops.front()).emit();
}

}  // namespace lathe::codegen
