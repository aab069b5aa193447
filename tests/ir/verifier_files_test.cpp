// The files in tests/files/ir/verifier and the errors in tests/files/ir/text: every case is refused
// on the line that announces it, and together they and the broken modules of verifier_test.cpp show
// every rule of the verifier.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ir/error.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/verifier.h"
#include "tests/ir/verifier_cases.h"

namespace lathe::ir {
namespace {

struct Case {
  int first_line = 1;
  std::string text;
  int error_line = 0;
  std::string error;  ///< empty: must be accepted
};

/// Cases are divided by `// -----`; blank lines stand in for those before, so that lines agree.
std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<Case> cases(1);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line == "// -----") {
      cases.push_back({number + 1, std::string(number, '\n'), 0, ""});
      continue;
    }
    Case& c = cases.back();
    if (const size_t at = line.find("// error"); at != line.npos) {
      const size_t colon = line.find(": ", at);
      EXPECT_EQ(c.error, "") << path << ": two errors in one case";
      const std::string column =
          line[at + 8] == '@' ? line.substr(at + 9, colon - at - 9) + ": " : "";
      c.error = column + "\n" + line.substr(colon + 2);
      c.error_line = number;
      line.resize(at);
    }
    c.text += line + "\n";
  }
  return cases;
}

std::vector<std::filesystem::path> files() {
  const auto folder = std::filesystem::path(LATHE_TEST_FILES) / "ir";
  std::vector<std::filesystem::path> paths = {folder / "text" / "errors.lathe"};
  for (const auto& entry : std::filesystem::directory_iterator(folder / "verifier"))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(VerifierFiles, EveryCaseIsRefusedOnItsLine) {
  int count = 0;
  for (const auto& path : files()) {
    for (const Case& c : read_cases(path)) {
      const std::string where = path.filename().string() + ":" + std::to_string(c.first_line);
      std::string said;
      try {
        const Module m = parse_verified(c.text, "f");
        EXPECT_TRUE(same(m, parse_verified(print(m)))) << where;
      } catch (const Error& e) {
        said = e.what();
      }
      if (c.error.empty()) {
        EXPECT_EQ(said, "") << where;
        continue;
      }
      ++count;
      const size_t split = c.error.find('\n');
      const std::string place =
          "f:" + std::to_string(c.error_line) + ":" + c.error.substr(0, split);
      EXPECT_EQ(said.find(place), 0u) << where << " expects " << place << ", said: " << said;
      EXPECT_NE(said.find(c.error.substr(split + 1)), said.npos) << where << " said: " << said;
    }
  }
  EXPECT_GT(count, 50);
}

TEST(VerifierFiles, EveryRuleIsShown) {
  std::vector<bool> shown(40, false);
  for (const auto& path : files())
    for (const Case& c : read_cases(path)) try {
        parse_verified(c.text);
      } catch (const VerifyError& e) {
        shown.at(e.rule) = true;
      } catch (const Error&) {  // found by the parser already
      }
  for (const BrokenModule& broken : broken_modules()) shown.at(broken.rule) = true;
  for (const auto& [first, last] : {std::pair(1, 18), std::pair(20, 23), std::pair(30, 34)})
    for (int rule = first; rule <= last; ++rule) EXPECT_TRUE(shown[rule]) << "rule " << rule;
}

}  // namespace
}  // namespace lathe::ir
