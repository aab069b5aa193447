// Rows kernels ask the caches for what their next walk over a row needs, of large matrices.
#include <gtest/gtest.h>

#include <string>

#include "codegen/compile.h"
#include "ir/parser.h"
#include "passes/pipeline.h"

namespace lathe {
namespace {

/// Calls of the prefetch intrinsic in the code of a function of an operand and a result `type`.
int fetches(const std::string& type, const std::string& body, int64_t max_batch = 1) {
  ir::Module m =
      ir::parse_verified("module @m {\nfunc @f(%x: " + type + ", %t: " + type + ") -> (y: " + type +
                             ") {\n" + body + " : " + type + "\nreturn %y\n}\n}\n",
                         "rows");
  passes::PassOptions options;
  options.max_batch = max_batch;
  passes::Remarks remarks;
  passes::run_to_stage(m, passes::Stage::Planned, options, remarks);
  const std::string text = codegen::llvm_stage_text(m, {}, codegen::LlvmStage::Llvm);
  int count = 0;
  const std::string call = "call void @llvm.prefetch";
  for (size_t at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) ++count;
  return count;
}

TEST(RowsFetch, WhatTheNextWalkNeedsOfLargeMatrices) {
  const auto body = [](const std::string& type) {
    return "%p = softmax(%x) : " + type + "\n%y = mul(%p, %t)";
  };
  // Three loops, each with a vector that is not whole: after the second the third's operand and
  // result, after the third the next row.
  EXPECT_EQ(fetches("f32[200,500]", body("f32[200,500]")), 6);
  EXPECT_EQ(fetches("f32[20,500]", body("f32[20,500]")), 0);
  EXPECT_EQ(fetches("f32[B,500]", body("f32[B,500]"), 200), 6);
  EXPECT_EQ(fetches("f32[B,500]", body("f32[B,500]"), 20), 0);
}

TEST(RowsFetch, NothingForOneWalk) {
  EXPECT_EQ(fetches("f32[200,500]", "%y = mul(%x, %t)"), 0);
}

}  // namespace
}  // namespace lathe
