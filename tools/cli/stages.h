// The stages that `lathe dump` shows: those of the pass pipeline, then those of code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/pipeline.h"
#ifdef LATHE_LLVM
#include "codegen/compile.h"
#endif

namespace lathe::cli {

struct Stage {
  std::string name, text;
  std::optional<passes::Stage> ir;  ///< nothing: a stage of compiled code
#ifdef LATHE_LLVM
  std::optional<codegen::LlvmStage> code = std::nullopt;
#endif
};

/// In order. Those of compiled code only where this build has LLVM.
const std::vector<Stage>& all_stages();
/// UsageError, with the nearest name, for an unknown one.
const Stage& find_stage(const std::string& name);

/// How far a module that was read as text has come, from its kernels and attributes.
passes::Stage stage_of(const ir::Module& module);

}  // namespace lathe::cli
