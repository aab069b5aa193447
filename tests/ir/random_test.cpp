// 1,000 random modules: sound, and the same again from their text and their bytes.
#include <gtest/gtest.h>

#include <set>

#include "ir/elementwise.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/verifier.h"
#include "tests/ir/random_module.h"

namespace lathe::ir {
namespace {

#ifdef LATHE_SANITIZED  // which are slow
constexpr uint64_t kModules = 250;
#else
constexpr uint64_t kModules = 1000;
#endif

TEST(RandomModules, AreSoundAndComeBackFromText) {
  for (uint64_t seed = 0; seed < kModules; ++seed) {
    const Module m = random_module(seed);
    ASSERT_NO_THROW(verify(m)) << print(m);
    const std::string text = print(m);
    const Module back = parse(text);
    ASSERT_TRUE(same(m, back)) << text;
    ASSERT_EQ(print(back), text);
    ASSERT_NO_THROW(verify(back));
  }
}

TEST(RandomModules, HoldEveryOpAndRow) {
  std::set<OpKind> kinds;
  std::set<std::string_view> rows;
  bool parameters = false;  // other ones than the defaults
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    const Module m = random_module(seed);
    for (const Function& f : m.functions)
      for (ValueId id : f.body) {
        kinds.insert(f.op(id).kind);
        if (f.op(id).kind != OpKind::Map) continue;
        const ElementwiseRow* row = find_elementwise(f.op(id).fn);
        if (!row) continue;
        rows.insert(row->name);
        parameters = parameters || !(row->expr == f.op(id).fn);
      }
  }
  EXPECT_TRUE(parameters);
  for (const OpInfo& info : op_table()) EXPECT_TRUE(kinds.contains(info.kind)) << info.text;
  for (const ElementwiseRow& row : elementwise_table())
    EXPECT_TRUE(rows.contains(row.name)) << row.name;
}

TEST(RandomModules, AreTheSameForTheSameSeed) {
  EXPECT_TRUE(same(random_module(42), random_module(42)));
  EXPECT_FALSE(same(random_module(42), random_module(43)));
}

TEST(RandomModules, CompactChangesNothing) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Module m = random_module(seed);
    Module compacted = m;
    for (Function& f : compacted.functions) compact(f);
    ASSERT_NO_THROW(verify(compacted));
    ASSERT_TRUE(same(m, compacted)) << print(m);
  }
}

}  // namespace
}  // namespace lathe::ir
