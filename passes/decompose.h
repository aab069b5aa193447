// Compound ops into maps and plain reductions, which is what fusion and the executors work on.
#pragma once

#include "passes/pass.h"

namespace lathe::passes {

/// Afterwards there is no softmax, log_softmax or mean, and a reduction over the leading axis is
/// over that axis alone or over the first few, without keepdims:
///   softmax(x)             e = exp(x - max(x)); e / sum(e)
///   log_softmax(x)         d = x - max(x); d - log(sum(exp(d)))
///   mean over axes         sum / (number of elements, times the batch where B is an axis)
///   over axis 0 and later  over the other axes, then over axis 0, where they are not the first few
///                          or are all: a row is reduced where it is made
///   over axis 0, kept      without keepdims, then a reshape
/// Nothing else changes.
bool decompose(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
