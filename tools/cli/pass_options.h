// Options for what the passes need to know of the machine and of the batch.
#pragma once

#include "passes/pass.h"
#include "tools/cli/args.h"

namespace lathe::cli {

struct PassArgs {
  passes::PassOptions values;

  void declare(Args& args) {
    args.whole("--max-batch", values.max_batch, 1, 1'000'000,
               "largest batch that memory is planned for (default: 256)");
    args.whole("--vector-lanes", values.target.vector_lanes, 1, 64,
               "f32 numbers in a vector register");
  }
  const passes::PassOptions& options() const { return values; }
};

}  // namespace lathe::cli
