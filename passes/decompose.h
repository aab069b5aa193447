// Compound ops into maps and plain reductions, which is what fusion and the executors work on.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

/// Afterwards there is no softmax, log_softmax or mean, and a reduction over the leading axis is
/// over that axis alone, without keepdims:
///   softmax(x)            e = exp(x - max(x)); e / sum(e)
///   log_softmax(x)        d = x - max(x); d - log(sum(exp(d)))
///   mean over axes        sum / (number of elements, times the batch where B is an axis)
///   over axis 0 and more  over the other axes, then over axis 0
///   over axis 0, kept     over axis 0, then a reshape
/// Nothing else changes.
bool decompose(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
