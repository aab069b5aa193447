// What every pass looks like: IR in, IR out. Passes keep no state, never print, and know of the
// machine only what PassOptions says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace lathe::passes {

/// What layouts and tiles depend on. Set by the caller; the defaults are an AVX-512 core.
struct Target {
  int64_t vector_lanes = 16;  ///< f32 lanes of a vector register
};

struct PassOptions {
  int64_t max_batch = 256;  ///< largest B that the planned code must take
  Target target;
  bool fuse_ops = true;  ///< false: a kernel for each op, so that a fused kernel can be doubted
};

/// A decision worth telling: what was done or refused, where, and why.
struct Remark {
  std::string pass, function, subject, message;
};
using Remarks = std::vector<Remark>;

/// Returns true exactly when the module's text changed.
using PassFn = bool (*)(ir::Module& module, const PassOptions& options, Remarks& remarks);

}  // namespace lathe::passes
