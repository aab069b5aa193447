// Work strings: an MLP and its training, as the peers' harness writes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lathe::bench {

/// WIDTHS:ACTS:LOSS:OPT:BATCH[:DROPOUT], such as
/// `784-500-500-10:sigmoid,sigmoid,softmax:mse:sgd:100`.
struct Work {
  std::string text;  ///< in full
  std::vector<int64_t> widths;
  std::vector<std::string> activations;  ///< one a layer
  std::string loss;                      ///< mse or cce
  std::string optimizer;
  int64_t batch = 0;
  double dropout = 0;

  /// Of the resident data: 60,000, or 4,000 where a row is 200 wide or less.
  int64_t rows() const { return widths[0] > 200 ? 60'000 : 4'000; }
  double learning_rate() const { return optimizer == "sgd" ? 0.1 : 1e-3; }
  /// Multiply-adds of one row's forward pass, times two.
  double forward_flops() const;
  /// The same of a row of a training step: no gradient of the input is needed.
  double step_flops() const;
};

/// A work string, or one of the names mnist, keras512, etf. UsageError says what is wrong with it.
Work parse_work(const std::string& text);

}  // namespace lathe::bench
