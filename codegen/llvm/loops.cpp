// Loops kernels: one op, element by element, for whatever the fast kernels do not take. Elements
// are shared among the workers; each is computed on its own, so their order is free.
#include <numeric>

#include "codegen/llvm/kernel_context.h"
#include "codegen/llvm/philox_emit.h"
#include "codegen/llvm/row_reduce.h"
#include "codegen/llvm/scalar_emit.h"
#include "ir/access.h"
#include "ir/error.h"
#include "ir/op_table.h"

namespace lathe::codegen {

using ir::OpKind;
using ir::ValueId;
using llvm::Value;

namespace {

using Index = std::vector<Value*>;

class Loops {
 public:
  Loops(KernelContext& c, const std::vector<ValueId>& ops) : c_(c), b_(c.b), ops_(ops) {}

  void emit() {
    const ValueId id = ops_.front();
    const ir::Op& op = c_.f.op(id);
    for (ValueId v : op.operands) {
      if (Value* leaf = c_.leaf(v))
        constants_[v] = leaf;
      else
        places_[v] = c_.place(v);
    }
    std::vector<Place> targets = c_.destinations(id);
    for (ValueId other : ops_)
      if (c_.f.op(other).kind == OpKind::Assign)
        targets.push_back(c_.state_place(c_.f.op(other).state));

    Value* count = c_.i64(1);
    for (Dim d : op.type.shape) count = b_.CreateMul(count, c_.dim(d));
    auto [from, to] = c_.share(count);
    c_.loop(
        from, to, 1,
        [&](Value* flat) {
          const Index index = split(op.type.shape, flat);
          Value* value = element(op, index, flat);
          for (const Place& p : targets) c_.store_scalar(value, address(p, index), op.type.dtype);
        },
        "element");
  }

 private:
  /// The multi-index of a row-major position; the leading dimension may be a symbol.
  Index split(const Shape& shape, Value* flat) {
    Index index(shape.size());
    for (size_t i = shape.size(); i-- > 0;) {
      if (i == 0) {
        index[i] = flat;
        break;
      }
      index[i] = b_.CreateURem(flat, c_.i64(shape[i].size()));
      flat = b_.CreateUDiv(flat, c_.i64(shape[i].size()));
    }
    return index;
  }

  Value* address(const Place& p, const Index& index) {
    if (index.empty()) return p.base;
    Value* column = c_.i64(0);
    for (size_t i = 1; i < index.size(); ++i)
      column = b_.CreateAdd(b_.CreateMul(column, c_.i64(p.type.shape[i].size())), index[i]);
    return c_.address(p, index[0], column);
  }

  Value* read(ValueId v, const Index& index) {
    if (auto it = constants_.find(v); it != constants_.end()) return it->second;
    return c_.load_scalar(address(places_.at(v), index), c_.f.op(v).type.dtype);
  }

  /// `v` at the place that NumPy's broadcasting gives to `index` of the result.
  Value* read_broadcast(ValueId v, const Index& index) {
    const Shape& shape = c_.f.op(v).type.shape;
    Index own;
    for (size_t i = 0; i < shape.size(); ++i) {
      Value* at = index[index.size() - shape.size() + i];
      own.push_back(shape[i] == Dim(1) ? c_.i64(0) : at);
    }
    return read(v, own);
  }

  Value* element(const ir::Op& op, const Index& index, Value* flat) {
    const auto type = [&](size_t i) -> const TensorType& { return c_.f.op(op.operands[i]).type; };
    switch (op.kind) {
      case OpKind::Map: {
        std::vector<Value*> args;
        for (ValueId v : op.operands) args.push_back(read_broadcast(v, index));
        return emit_scalar(b_, op.fn, args, type(0).dtype, c_.cpu.math);
      }
      case OpKind::Convert:
        return emit_convert(c_, read(op.operands[0], index), type(0).dtype, op.type.dtype);
      case OpKind::Broadcast:
        return read_broadcast(op.operands[0], index);
      case OpKind::MatMul:
        return dot(op, index);
      case OpKind::Transpose:
        return transposed(op, index);
      case OpKind::Reduce:
        return reduce(op, index);
      case OpKind::Gather: {
        const auto axes = static_cast<std::ptrdiff_t>(type(1).rank());
        const bool window = op.attrs.integer("window", 0) != 0;
        Index own(index.begin() + axes - (window ? 0 : 1), index.end());
        const auto [first, inside] =
            c_.picked(op, read(op.operands[1], {index.begin(), index.begin() + axes}));
        own[0] = window ? b_.CreateSelect(inside, b_.CreateAdd(first, own[0]), first) : first;
        Value* value = read(op.operands[0], own);
        return b_.CreateSelect(inside, value, llvm::Constant::getNullValue(value->getType()));
      }
      case OpKind::OneHot: {
        Value* label = c_.index(read(op.operands[0], {index[0]}), type(0).dtype);
        return b_.CreateUIToFP(b_.CreateICmpEQ(index[1], label), b_.getFloatTy());
      }
      case OpKind::ArgMax:
        return argmax(op, index);
      case OpKind::Concat:
        return concat(op, index);
      case OpKind::Slice: {
        Index own = index;
        const int64_t axis = op.attrs.integer("axis", 0);
        own[axis] = b_.CreateAdd(own[axis], c_.i64(op.attrs.integer("start", 0)));
        return read(op.operands[0], own);
      }
      case OpKind::RandomUniform:
        return emit_uniform_at(b_, read(op.operands[0], {}), read(op.operands[1], {}),
                               static_cast<uint32_t>(op.attrs.integer("stream", 0)), flat);
      case OpKind::Param:
      case OpKind::State:
      case OpKind::Constant:
      case OpKind::BatchSize:
      case OpKind::Reshape:
      case OpKind::ScatterAdd:
      case OpKind::Softmax:
      case OpKind::LogSoftmax:
      case OpKind::Minimize:
      case OpKind::Update:
      case OpKind::Assign:
        break;
    }
    internal_error(__FILE__, __LINE__, "an op that a loops kernel does not know");
  }

  Value* transposed(const ir::Op& op, const Index& index) {
    const std::vector<int64_t> perm = op.attrs.ints("perm");
    if (perm.empty()) return read(op.operands[0], {index[1], index[0]});
    Index own(index.size());
    for (size_t i = 0; i < perm.size(); ++i) own[perm[i]] = index[i];
    return read(op.operands[0], own);
  }

  Value* dot(const ir::Op& op, const Index& index) {
    const bool ta = op.attrs.flag("transpose_a"), tb = op.attrs.flag("transpose_b");
    const TensorType& a = c_.f.op(op.operands[0]).type;
    llvm::Type* t = c_.value_type(op.type.dtype);
    // What is summed over: the last dimension of `a` or, of its transpose, all before it.
    Shape inner{a.shape.back()};
    if (ta) inner.assign(a.shape.begin(), a.shape.end() - 1);
    Value* depth = c_.dim(inner[0]);
    for (size_t i = 1; i < inner.size(); ++i) depth = b_.CreateMul(depth, c_.dim(inner[i]));
    const auto behind = [](Index front, Value* last) {
      front.push_back(last);
      return front;
    };
    return c_.loop_carry(
        c_.i64(0), depth, 1, {llvm::Constant::getNullValue(t)},
        [&](Value* k, std::vector<Value*> acc) {
          const Index along = inner.size() > 1 ? split(inner, k) : Index{k};
          const Index rows(index.begin(), index.end() - 1);
          Value* x = read(op.operands[0], ta ? behind(along, index[0]) : behind(rows, k));
          Value* y =
              read(op.operands[1], tb ? Index{index.back(), k} : behind(along, index.back()));
          Value* next = c_.cpu.math.fma
                            ? b_.CreateIntrinsic(llvm::Intrinsic::fma, {t}, {x, y, acc[0]})
                            : b_.CreateFAdd(acc[0], b_.CreateFMul(x, y));
          return std::vector<Value*>{next};
        },
        "k")[0];
  }

  Value* reduce(const ir::Op& op, const Index& index) {
    const TensorType& x = c_.f.op(op.operands[0]).type;
    const std::vector<int64_t> axes = op.attrs.ints("axes");
    const bool keep = op.attrs.flag("keepdims");
    const std::string kind = op.attrs.word("kind");
    LATHE_CHECK(kind != "mean", "a mean that decompose should have split");
    // The reduced dimensions, walked as one row-major index.
    Shape inner;
    Value* count = c_.i64(1);
    for (int64_t axis : axes) {
      inner.push_back(x.shape[axis]);
      count = b_.CreateMul(count, c_.dim(x.shape[axis]));
    }
    llvm::Type* t = c_.value_type(op.type.dtype);
    Value* start = kind == "sum" ? llvm::Constant::getNullValue(t)
                                 : llvm::ConstantFP::getInfinity(t, kind == "max");
    using namespace ir::scalar_dsl;
    const E join = kind == "max" ? max(E::arg(0), E::arg(1)) : min(E::arg(0), E::arg(1));
    return c_.loop_carry(
        c_.i64(0), count, 1, {start},
        [&](Value* flat, std::vector<Value*> acc) {
          const Index in = split(inner, flat);
          Index own;
          size_t outer = 0, reduced = 0;
          for (int64_t i = 0; i < x.rank(); ++i) {
            const bool gone = reduced < axes.size() && axes[reduced] == i;
            own.push_back(gone ? in[reduced++] : index[outer]);
            if (!gone || keep) ++outer;
          }
          Value* value = read(op.operands[0], own);
          if (kind == "sum") return std::vector<Value*>{b_.CreateFAdd(acc[0], value)};
          Value* args[] = {acc[0], value};
          return std::vector<Value*>{emit_scalar(b_, join, args, op.type.dtype, c_.cpu.math)};
        },
        "reduced")[0];
  }

  Value* argmax(const ir::Op& op, const Index& index) {
    const TensorType& x = c_.f.op(op.operands[0]).type;
    Index own = index;
    own.push_back(c_.i64(0));
    Value* first = read(op.operands[0], own);
    return c_.loop_carry(
        c_.i64(1), c_.i64(x.shape.back().size()), 1, {first, b_.getInt32(0)},
        [&](Value* i, std::vector<Value*> best) {
          own.back() = i;
          Value* value = read(op.operands[0], own);
          // Strictly larger, or NaN where the best is not: the first one wins.
          Value* take =
              b_.CreateAnd(b_.CreateFCmpUGT(value, best[0]), b_.CreateFCmpORD(best[0], best[0]));
          return std::vector<Value*>{
              b_.CreateSelect(take, value, best[0]),
              b_.CreateSelect(take, b_.CreateTrunc(i, b_.getInt32Ty()), best[1])};
        },
        "argmax")[1];
  }

  Value* concat(const ir::Op& op, const Index& index) {
    const int64_t axis = op.attrs.integer("axis", 0);
    // Every part is read at a place inside it; the right one is chosen.
    Value* value = nullptr;
    int64_t start = 0;
    for (ValueId v : op.operands) {
      const int64_t size = c_.f.op(v).type.shape[axis].size();
      Value* at = b_.CreateSub(index[axis], c_.i64(start));
      Value* inside = b_.CreateICmpULT(at, c_.i64(size));
      Index own = index;
      own[axis] = b_.CreateSelect(inside, at, c_.i64(0));
      Value* part = read(v, own);
      value = value ? b_.CreateSelect(inside, part, value) : part;
      start += size;
    }
    return value;
  }

  KernelContext& c_;
  llvm::IRBuilder<>& b_;
  const std::vector<ValueId>& ops_;
  std::map<ValueId, Value*> constants_;
  std::map<ValueId, Place> places_;
};

}  // namespace

void emit_loops(KernelContext& c, int, const std::vector<ValueId>& ops) {
  Loops(c, ops).emit();
}

}  // namespace lathe::codegen
