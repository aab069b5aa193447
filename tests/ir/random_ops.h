// Ops of random modules, one after the other over a growing pool of values: single ops, and blocks
// of them as models have them.
#pragma once

#include <vector>

#include "ir/builder.h"
#include "ir/elementwise.h"
#include "tests/ir/random_numbers.h"

namespace lathe::ir {

class RandomOps {
 public:
  /// Dimensions are drawn from `sizes`, where there are any, and are 1 to 5 otherwise.
  RandomOps(Random& r, Builder& b, Module& m, Function& f, const std::vector<int64_t>& sizes)
      : r_(r), b_(b), m_(m), f_(f), sizes_(sizes) {}

  /// What one_hot and gather are given; kNone: no gathers.
  void set_labels(ValueId labels) { labels_ = labels; }
  void set_data(ValueId data, ValueId index) { data_ = data, index_ = index; }

  /// An op or a block. Error where the shapes that were drawn do not fit: what was added is sound.
  void add();

  /// Offers a value, of about that size at most, to later ops. Floats that are too large are
  /// offered behind a tanh.
  void keep(ValueId v, double bound);
  const std::vector<ValueId>& pool() const { return pool_; }

  ValueId any() { return r_.pick(pool_); }
  /// A float value, of that element type where one is asked for.
  ValueId real(const DType* type = nullptr);
  Dim dim();
  Shape shape();
  DType float_type() { return r_.chance(80) ? DType::F32 : DType::F64; }

 private:
  double bound(ValueId v) const { return static_cast<size_t>(v) < bound_.size() ? bound_[v] : 3; }
  /// A float value of at least that rank; the last dimension is no symbol. Error where none is found.
  ValueId real_of_rank(int least, int most);
  ValueId tame(ValueId v, const ElementwiseRow& row);
  ElementwiseRow drawn(const ElementwiseRow& row);
  ScalarExpr expression(int operands, int depth);
  ValueId float_row(ValueId x);
  double matmul_bound(ValueId a, ValueId b, Dim k) const;

  // random_ops.cpp: one op each
  void elementwise();
  void free_map();
  void matmul();
  void reduce();
  void broadcast();
  void reshape();
  void concat();
  void slice();
  void transpose();
  void embedding();
  void random_uniform();

  // random_blocks.cpp: what models are made of
  void dense();
  void tied_weights();
  void column_statistics();
  void classifier();
  void branches();
  void shared();

  Random& r_;
  Builder& b_;
  Module& m_;
  Function& f_;
  const std::vector<int64_t>& sizes_;
  std::vector<ValueId> pool_;
  std::vector<double> bound_;  ///< by value: how large it may be, roughly
  ValueId labels_ = kNone, data_ = kNone, index_ = kNone;
};

}  // namespace lathe::ir
