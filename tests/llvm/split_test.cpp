// A module in parts: every function in one of them, callees not after their callers.
#include "codegen/llvm/split.h"

#include <gtest/gtest.h>
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/SourceMgr.h>

#include <map>
#include <set>
#include <string>

namespace lathe::codegen {
namespace {

/// `callers` functions, each of which calls the next and a leaf that it shares with others, and an
/// entry that calls all of them.
std::string module_text(int callers) {
  std::string text, all;
  for (int i = 0; i < callers; ++i) {
    const std::string n = std::to_string(i), leaf = std::to_string(i / 3);
    if (i % 3 == 0)
      text += "define internal i64 @leaf" + leaf + "(i64 %x) {\n  %y = mul i64 %x, " + n +
              "\n  ret i64 %y\n}\n";
    text += "define internal i64 @f" + n + "(i64 %x) {\n  %y = call i64 @leaf" + leaf +
            "(i64 %x)\n  %z = add i64 %x, %y\n";
    if (i + 1 < callers)
      text += "  %w = call i64 @f" + std::to_string(i + 1) + "(i64 %z)\n  ret i64 %w\n}\n";
    else
      text += "  ret i64 %z\n}\n";
    all += "  %r" + n + " = call i64 @f" + n + "(i64 0)\n";
  }
  return "define void @entry() {\n" + all + "  ret void\n}\n" + text;
}

std::unique_ptr<llvm::Module> parse(const std::string& text, llvm::LLVMContext& context) {
  llvm::SMDiagnostic problem;
  auto module = llvm::parseAssemblyString(text, problem, context);
  EXPECT_TRUE(module) << problem.getMessage().str();
  return module;
}

TEST(Split, EveryFunctionIsInOnePartBehindItsCallees) {
  const std::string text = module_text(20);
  for (const int parts : {1, 2, 3, 7}) {
    std::map<std::string, int> where;
    size_t largest = 0;
    for (int part = 0; part < parts; ++part) {
      llvm::LLVMContext context;
      const auto m = parse(text, context);
      keep_part(*m, part, parts);
      EXPECT_FALSE(llvm::verifyModule(*m));
      size_t here = 0;
      for (const llvm::Function& f : *m) {
        if (f.isDeclaration()) {
          EXPECT_TRUE(where.contains(f.getName().str())) << f.getName().str() << " comes later";
          continue;
        }
        EXPECT_TRUE(where.emplace(f.getName().str(), part).second);
        EXPECT_FALSE(f.hasLocalLinkage());
        EXPECT_EQ(f.hasHiddenVisibility(), f.getName() != "entry");
        ++here;
      }
      largest = std::max(largest, here);
    }
    EXPECT_EQ(where.size(), 20u + 7 + 1);
    EXPECT_EQ(where["entry"], parts - 1);
    EXPECT_LE(largest, 28u / parts + 12);
  }
}

TEST(Split, SmallModulesStayWhole) {
  llvm::LLVMContext context;
  EXPECT_EQ(parts_worth(*parse(module_text(3), context), 8), 1);
  EXPECT_EQ(parts_worth(*parse(module_text(2000), context), 3), 3);
  EXPECT_EQ(parts_worth(*parse(module_text(2000), context), 0), 1);
  EXPECT_EQ(parts_worth(*parse("", context), 4), 1);
}

}  // namespace
}  // namespace lathe::codegen
