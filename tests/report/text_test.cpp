// The terminal's form of a report.
#include <gtest/gtest.h>

#include <sstream>

#include "lathe/synthetic.h"
#include "tests/report/report_test_util.h"
#include "tools/plot/utf8.h"
#include "tools/report/text_table.h"

namespace lathe::report::test {
namespace {

const TargetSpec kOpen{ForecastTarget::Open, 1};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void expect_fits(const std::string& text) {
  EXPECT_TRUE(text.ends_with('\n'));
  for (const std::string& line : lines_of(text)) {
    EXPECT_LE(plot::code_points(line).size(), kTextWidth) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(TextReport, HasTheHonestTableAndTheVerdict) {
  const std::string text = to_text(made_report({as_of_a_market("SPY", 1)}, {{kOpen, 3}}));
  expect_fits(text);
  for (const char* said :
       {"SPY, open, one day ahead: 120 test days", "\nmodel, 3 seeds", "\nnaive ",
        "\n+- over seeds", "/naive", "R2 rise", "No better than naive", "Of 3 seeds: 3 no better."})
    EXPECT_TRUE(has(text, said)) << said << " in\n" << text;
  EXPECT_FALSE(has(text, "SYNTHETIC"));
  EXPECT_FALSE(has(text, "Warning"));
}

TEST(TextReport, EveryTargetFits) {
  for (const ForecastTargetText& t : forecast_targets()) {
    for (const int64_t horizon : {1, 5}) {
      const std::string text =
          to_text(made_report({as_of_a_market("SPY", 1)}, {{TargetSpec{t.target, horizon}, 2}}));
      expect_fits(text);
      EXPECT_TRUE(has(text, std::string(t.name))) << text;
    }
  }
}

TEST(TextReport, OfManyALineEach) {
  std::vector<PriceSeries> many;
  for (uint64_t i = 0; i < 4; ++i)
    many.push_back(as_of_a_market("a series of a long name, number " + std::to_string(i), i));
  const std::string text = to_text(made_report(many, {{kOpen}}));
  expect_fits(text);
  EXPECT_TRUE(has(text, "Of 4 forecasts: 4 no better.")) << text;
  EXPECT_FALSE(has(text, "Diebold"));
  EXPECT_LT(lines_of(text).size(), 12u);
}

TEST(TextReport, SaysWhatIsMadeAndWhatLooksTooGood) {
  ForecastReport report =
      made_report({synthetic_prices({.seed = 1, .days = 600})}, {{kOpen, 1, 0.5}});
  report.tbrain = {{"synthetic-1", true, "model", {{0.7, 0.3, 0.4}}}};
  const std::string text = to_text(report);
  expect_fits(text);
  EXPECT_TRUE(text.starts_with("SYNTHETIC: "));
  EXPECT_TRUE(has(text, "synthetic-1 (SYNTHETIC), open"));
  EXPECT_TRUE(has(text, "synthetic-1 (SYNTHETIC)  model"));
  EXPECT_TRUE(has(text, "Warning: ")) << text;
}

TEST(TextReport, OfNothingIsSaid) {
  const std::string text = to_text({});
  expect_fits(text);
  EXPECT_TRUE(has(text, "Nothing was forecast."));
}

TEST(TextTable, NumbersAreToTheRight) {
  EXPECT_EQ(text_table({{"", false}, {"n"}}, {{"one", "1.5"}, {"t\xc3\xa4n", "10.5"}}),
            "        n\none   1.5\nt\xc3\xa4n  10.5\n");
}

TEST(TextTable, LeavesOutWhatCanBeSparedAndThenCutsNames) {
  const std::string wide(60, '1'), name(60, 'n');
  const std::string without = text_table({{"", false}, {"a"}, {"b", true, 1}, {"c", true, 2}},
                                         {{"x", wide, "22222", wide}});
  EXPECT_FALSE(has(without, "c")) << without;
  EXPECT_TRUE(has(without, "b")) << without;
  const std::string cut = text_table({{"", false}, {"a"}}, {{name, wide}});
  expect_fits(cut);
  EXPECT_TRUE(has(cut, "nnn... " + wide)) << cut;
}

TEST(TextTable, SentencesAreBrokenAtBlanks) {
  EXPECT_EQ(wrapped("two  words\n"), "two words\n");
  EXPECT_EQ(wrapped(""), "");
  const std::string word(60, 'w');
  EXPECT_EQ(wrapped(word + " " + word), word + "\n" + word + "\n");
  const std::string endless(150, 'w');
  EXPECT_EQ(wrapped("a " + endless + " b"), "a\n" + endless + "\nb\n");
}

}  // namespace
}  // namespace lathe::report::test
