// Linking objects to an image, and what an image must not have: uses of what is outside, data that
// can be written to, addresses.
#include "codegen/llvm/link_image.h"

#include <gtest/gtest.h>
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>

#include <cstring>
#include <string>
#include <vector>

#include "codegen/llvm/target.h"
#include "ir/error.h"

namespace lathe::codegen {
namespace {

/// LLVM IR as an object file for this machine.
std::string object_of(const std::string& text) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic problem;
  const auto module = llvm::parseAssemblyString(text, problem, context);
  if (!module) {
    ADD_FAILURE() << problem.getMessage().str();
    return "";
  }
  const auto machine = make_target({});
  module->setTargetTriple(machine->getTargetTriple().str());
  module->setDataLayout(machine->createDataLayout());
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile);
  passes.run(*module);
  return {bytes.begin(), bytes.end()};
}

LinkedCode link(const std::vector<std::string>& texts, const std::vector<std::string>& symbols) {
  std::vector<std::string> objects;
  for (const std::string& text : texts) objects.push_back(object_of(text));
  const std::vector<llvm::StringRef> all(objects.begin(), objects.end());
  return link_objects(all, symbols);
}

/// The message of the InternalError that linking raises.
std::string refusal(const std::string& text) {
  try {
    link({text}, {"f"});
  } catch (const InternalError& e) {
    return e.what();
  }
  return "";
}

/// Runs function `f`, which has the type of an entry and writes one i64 to where its first argument
/// points.
int64_t run(const LinkedCode& linked) {
  runtime::CodeImage image;
  image.functions.resize(1);
  image.entries = linked.entries;
  image.segments = linked.segments;
  image.code = linked.code;
  const auto code = runtime::map_image(image);
  int64_t result = 0;
  code->entry(0)(reinterpret_cast<const runtime::Call*>(&result), 0);
  return result;
}

const char* kConstants = R"(
@table = internal constant [4 x i64] [i64 10, i64 20, i64 30, i64 40]
define internal i64 @third() noinline nounwind {
  %p = getelementptr [4 x i64], ptr @table, i64 0, i64 2
  %v = load volatile i64, ptr %p
  ret i64 %v
}
define void @f(ptr %to, i64 %worker) nounwind {
  %v = call i64 @third()
  store i64 %v, ptr %to
  ret void
}
)";

TEST(LinkImage, CodeWithConstantsRuns) {
  const LinkedCode linked = link({kConstants}, {"f"});
  ASSERT_EQ(linked.segments.size(), 2u);
  EXPECT_TRUE(linked.segments[0].executable);
  EXPECT_FALSE(linked.segments[1].executable);
  EXPECT_EQ(run(linked), 30);
}

TEST(LinkImage, ObjectsCallEachOther) {
  const std::string first = R"(
@one = internal constant [2 x i64] [i64 1, i64 5]
define hidden i64 @one_of_them(i64 %i) nounwind {
  %p = getelementptr [2 x i64], ptr @one, i64 0, i64 %i
  %v = load i64, ptr %p
  ret i64 %v
})";
  const std::string second = R"(
declare hidden i64 @one_of_them(i64)
define hidden i64 @both() nounwind {
  %a = call i64 @one_of_them(i64 0)
  %b = call i64 @one_of_them(i64 1)
  %c = add i64 %a, %b
  ret i64 %c
})";
  const std::string third = R"(
declare hidden i64 @both()
define void @f(ptr %to, i64 %worker) nounwind {
  %v = call i64 @both()
  store i64 %v, ptr %to
  ret void
})";
  EXPECT_EQ(run(link({first, second, third}, {"f"})), 6);
}

TEST(LinkImage, WhatIsOutsideIsNamed) {
  const std::string message = refusal(R"(
declare ptr @memcpy(ptr, ptr, i64)
declare double @pow(double, double)
define void @f(ptr %to, i64 %worker) nounwind {
  %a = call ptr @memcpy(ptr %to, ptr %to, i64 %worker)
  %b = call double @pow(double 1.5, double 2.5)
  store double %b, ptr %to
  ret void
})");
  EXPECT_NE(message.find("memcpy"), std::string::npos) << message;
  EXPECT_NE(message.find("pow"), std::string::npos) << message;
}

TEST(LinkImage, NoDataThatCanBeWrittenTo) {
  for (const char* data : {"internal global i64 7", "internal global i64 0"}) {
    const std::string message = refusal("@n = " + std::string(data) + R"(
define void @f(ptr %to, i64 %worker) nounwind {
  store volatile i64 %worker, ptr @n
  ret void
})");
    EXPECT_NE(message.find("can be written to"), std::string::npos) << message;
  }
}

TEST(LinkImage, NoAddresses) {
  const std::string message = refusal(R"(
@a = internal constant i64 1
@b = internal constant i64 2
@table = internal constant [2 x ptr] [ptr @a, ptr @b], section ".rodata"
define void @f(ptr %to, i64 %worker) nounwind {
  %p = getelementptr [2 x ptr], ptr @table, i64 0, i64 %worker
  %q = load ptr, ptr %p
  %v = load i64, ptr %q
  store i64 %v, ptr %to
  ret void
})");
  EXPECT_NE(message, "");
}

}  // namespace
}  // namespace lathe::codegen
