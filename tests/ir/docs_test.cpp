// docs/ir.md is kept true: its examples are sound and printed as they stand there, and every op,
// row and kind of kernel is in it.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/verifier.h"

namespace lathe::ir {
namespace {

std::string read_page() {
  std::ifstream in(std::string(LATHE_TEST_FILES) + "/../../docs/ir.md");
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

/// The blocks fenced as ```lathe. The function of the examples is told in pieces, which are joined.
std::vector<std::string> read_examples() {
  std::vector<std::string> modules;
  const std::string page = read_page(), open = "\n```lathe\n", close = "```\n";
  for (size_t at = 0; (at = page.find(open, at)) != page.npos;) {
    at += open.size();
    const size_t end = page.find(close, at);
    const std::string block = page.substr(at, end - at);
    if (block.starts_with("module"))
      modules.push_back(block);
    else
      modules.back() += block;
    at = end;
  }
  return modules;
}

/// Without blank lines, which the printer places by itself.
std::string squeezed(std::string text) {
  for (size_t at = 0; (at = text.find("\n\n", at)) != text.npos;) text.erase(at, 1);
  return text;
}

TEST(Docs, ExamplesAreSoundAndPrintedAsTheyStand) {
  const std::vector<std::string> modules = read_examples();
  ASSERT_EQ(modules.size(), 3u);
  for (const std::string& text : modules) {
    Module m;
    ASSERT_NO_THROW(m = parse_verified(text, "docs/ir.md"));
    EXPECT_EQ(squeezed(print(m)), squeezed(text));
  }
}

TEST(Docs, EveryOpIsDescribed) {
  const std::string page = read_page();
  for (const OpInfo& info : op_table()) {
    const std::string name(info.text);
    EXPECT_NE(page.find("\n### " + name + "\n"), page.npos) << name;
    const bool shown = page.find(" " + name + "(") != page.npos ||
                       page.find(" " + name + " :") != page.npos ||
                       page.find(" " + name + " {") != page.npos;
    EXPECT_TRUE(shown) << name << " has no example";
    for (const AttrSpec& a : info.attrs) EXPECT_NE(page.find(a.name), page.npos) << a.name;
  }
#define KERNEL_KIND(name, text) EXPECT_NE(page.find("\"" #text "\""), page.npos) << #text;
#include "ir/kernel_kinds.def"
#undef KERNEL_KIND
#define SCALAR_OP(name, text, arity, result, host)                 \
  {                                                                \
    const size_t at = page.find("## Scalar expressions");          \
    EXPECT_LT(page.find(#text, at), page.find("## Ops")) << #text; \
  }
#include "ir/scalar_ops.def"
#undef SCALAR_OP
}

}  // namespace
}  // namespace lathe::ir
