// What is known of this CPU without LLVM, beside what LLVM knows.
#include "codegen/host_cpu.h"

#include <gtest/gtest.h>
#include <sched.h>

#include "codegen/backend.h"
#include "codegen/build_id.h"

namespace lathe::codegen {
namespace {

TEST(HostCpu, HasTheVectorsThatLlvmSees) {
  EXPECT_EQ(load_backend().cpu_shape({}).vector_lanes, host_vector_lanes());
  EXPECT_EQ(cpu_shape({}).vector_lanes, host_vector_lanes());
  EXPECT_EQ(cpu_shape({.cpu = "x86-64-v2"}).vector_lanes, 4);
}

TEST(HostCpu, IsTheSameOnEveryCore) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  const std::string here = host_cpu_identity();
  EXPECT_GT(here.size(), 20u);
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &all)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(host_cpu_identity(), here) << core;
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof all, &all), 0);
}

TEST(CompilerIdentity, HasAllThatCodeDependsOn) {
  const std::string here = compiler_identity({});
  EXPECT_NE(here.find(kBuildId), std::string::npos);
  EXPECT_EQ(std::string(kBuildId).size(), 64u);
  EXPECT_NE(here.find("llvm 19."), std::string::npos);
  EXPECT_NE(here.find(host_cpu_identity()), std::string::npos);
  EXPECT_EQ(here, compiler_identity({}));
  const std::string named = compiler_identity({.cpu = "x86-64-v3"});
  EXPECT_NE(named.find("x86-64-v3"), std::string::npos);
  for (const LlvmOptions& other :
       {LlvmOptions{.cpu = "x86-64-v4"}, LlvmOptions{.cpu = "x86-64-v3", .features = "-fma"},
        LlvmOptions{.cpu = "x86-64-v3", .opt_level = 1}, LlvmOptions{}})
    EXPECT_NE(compiler_identity(other), named);
}

TEST(Backend, IsOfThisBuild) {
  EXPECT_STREQ(load_backend().build(), kBuildId);
}

}  // namespace
}  // namespace lathe::codegen
