// Random operands of a kernel, and the exact results that everyone's are held against.
#pragma once

#include <string>
#include <vector>

#include "runtime/tensor.h"
#include "tools/bench/kernels/kernel_work.h"

namespace lathe::bench {

class KernelArrays {
 public:
  /// Numbers of both signs, the same for the same work; weights small enough that activations do
  /// not saturate.
  explicit KernelArrays(const KernelWork& work);

  const Operands& operands() const { return operands_; }

 private:
  const float* keep(std::vector<float> values);

  std::vector<runtime::Tensor> kept_;
  Operands operands_;
};

/// The results in double precision, of every row where that is a moment's work, otherwise of rows
/// spread over the matrix, the first and the last among them.
class KernelReference {
 public:
  KernelReference(const KernelWork& work, const Operands& operands);

  /// Empty where all is within 1e-5 of the sum of |a||b| (of a contraction), and within 1e-6 of
  /// what else is added or rounded; otherwise how much differs, and the worst.
  std::string disagreement(const Results& results) const;

 private:
  struct Expected {
    double value, allowed;
  };
  void contraction_rows(const Operands& operands);
  void row_kernels(const Operands& operands);

  KernelWork work_;
  int64_t rows_ = 0, columns_ = 0;  ///< of the matrix
  std::vector<int64_t> checked_;    ///< rows
  std::vector<Expected> matrix_;    ///< of the checked rows
  std::vector<Expected> vector_;    ///< all of it
};

}  // namespace lathe::bench
