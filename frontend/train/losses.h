// Losses as IR: one value a row from the loss's own formula, and one way for all of them from there
// to the number that training makes small.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/base/options.h"
#include "frontend/train/step_values.h"
#include "lathe/losses.h"

namespace lathe::detail {

enum class TargetKind {
  Dense,          ///< of the prediction's shape; classes are one-hot encoded
  Probabilities,  ///< the same, 0 to 1
  OneHot,         ///< the same as Dense, of two or more units: one can't tell classes apart
  Classes,        ///< classes only, of two or more units
};

/// What a row's loss depends on: the row, the batch that it is in; or there is one for all rows.
enum class LossScope { Row, Batch, Whole };

/// What a loss's formula makes, and what is left to do with the last axis.
struct LossTerms {
  enum class Over { Mean, Sum, Done };
  ir::ValueId value;  ///< [B, ..., units]; Done: [B, ...], or [...] of the whole batch
  Over over = Over::Done;
};

struct LossRow {
  std::string_view name;
  std::vector<std::string> aliases;
  std::string formula;
  std::vector<OptionSpec> options;  ///< of all losses `reduction`, and the row's own
  TargetKind targets;
  LossScope scope;
  LossTerms (*build)(StepValues& v, const Options& options);

  bool probabilities() const { return targets == TargetKind::Probabilities; }
  int64_t least_units() const {
    return targets == TargetKind::OneHot || targets == TargetKind::Classes ? 2 : 1;
  }
};

std::span<const LossRow> loss_table();
/// Error, with the nearest name, for an unknown loss, and for options that it does not take.
const LossRow& find_loss(const Loss& loss);
/// What a row's loss depends on, with the options of `loss`: of a Whole one that sums over `axis`
/// without the batch it is the Row, or, where negative axes may be the batch, the Batch.
LossScope loss_scope(const Loss& loss);
/// Error for a loss that training can't follow: reduction none is a number a row.
void check_trainable(const Loss& loss);
/// Whether the loss of many rows is another one in other batches: not just the mean of theirs.
bool depends_on_batch(const Loss& loss);
/// The options of `loss`, completed and checked.
Options loss_options(const Loss& loss);
/// What makes probabilities of the outputs that `loss` takes: None where they are some already, or
/// where it is not about such.
enum class Logits { None, Sigmoid, Softmax };
Logits logits_of(const Loss& loss);

/// Error unless the options of the loss `expression` make one.
void check_expression_loss(const Options& options);

/// [B, ...]: a loss a row, or [...] where it is of the whole batch; without weights or reduction.
ir::ValueId build_row_losses(const Loss& loss, StepValues& v);
/// [], after weights and reduction; with reduction none [B, ...], or what the loss of a whole batch
/// makes.
ir::ValueId build_loss(const Loss& loss, StepValues& v);

}  // namespace lathe::detail
