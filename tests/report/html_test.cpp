// The page of a report: well-formed, whole, honest about what is made, and asking nothing of a network.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "lathe/synthetic.h"
#include "tests/report/report_test_util.h"

namespace lathe::report::test {
namespace {

const TargetSpec kOpen{ForecastTarget::Open, 1};
const TargetSpec kDirection{ForecastTarget::Direction, 1};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string attribute(const Element& e, const std::string& name) {
  const auto found = e.attributes.find(name);
  return found == e.attributes.end() ? "" : found->second;
}

std::vector<Element> with_class(const std::vector<Element>& page, const std::string& name) {
  std::vector<Element> found;
  for (const Element& e : page) {
    const std::string all = " " + attribute(e, "class") + " ";
    if (has(all, " " + name + " ")) found.push_back(e);
  }
  return found;
}

std::vector<Element> within(const Element& e) {
  return parse_page("<!DOCTYPE html>\n<div>" + e.inner + "</div>");
}

/// The cells of a table's rows, the titles first.
std::vector<std::vector<std::string>> cells_of(const Element& table) {
  std::vector<std::vector<std::string>> rows;
  for (const Element& e : within(table)) {
    if (e.tag == "tr") rows.emplace_back();
    if (e.tag == "th" || e.tag == "td")
      rows.back().push_back(e.text.substr(0, e.text.find_last_not_of('\n') + 1));
  }
  return rows;
}

const std::vector<std::string> kSections = {"data", "split", "model", "curves", "forecasts"};

void expect_sections(const std::vector<Element>& page) {
  std::vector<std::string> ids;
  for (const Element& e : with_tag(page, "section")) ids.push_back(attribute(e, "id"));
  EXPECT_EQ(ids, kSections);
  EXPECT_EQ(with_tag(page, "h1").size(), 1u);
  EXPECT_EQ(with_tag(page, "h2").size(), kSections.size());
}

TEST(Html, HasEverySectionInOrder) {
  const ForecastReport report = made_report({as_of_a_market("SPY", 1)}, {{kOpen, 2}});
  const auto page = parse_page(to_html(report));
  expect_sections(page);
  const std::string text = page.front().text;
  for (const char* said :
       {"A test of reports", "2024-05-01 10:00, lathe 1.0", "lathe train etf --csv walk.csv",
        "SPY.csv", "nothing dropped, repaired or noted", "70/15/15", "360: ", "dense 64 relu",
        "1409", "mse", "adam, lr 0.001", "20 days of open", "mae_naive", "120 test days",
        "SPY, open, one day ahead", "No better than naive", "Of 2 seeds: 2 no better"})
    EXPECT_TRUE(has(text, said)) << said;
  // Parts, curves, then forecast, close up, error, its sum, scatter.
  EXPECT_EQ(with_tag(page, "svg").size(), 7u);
  EXPECT_EQ(with_tag(page, "figcaption").size(), 7u);
  for (const Element& e : with_tag(page, "svg")) {
    EXPECT_TRUE(has(e.inner, "<title>")) << "nothing for who can't see it";
    EXPECT_FALSE(has(e.text, "nothing to draw")) << e.text;
  }
}

TEST(Html, SaysWhatThereIsNothingOf) {
  const std::string text = to_html({});
  const auto page = parse_page(text);
  expect_sections(page);
  for (const char* said : {"No data are named", "No parts are named", "No layers are named",
                           "nothing was trained", "There are none", "Nothing was forecast"})
    EXPECT_TRUE(has(text, said)) << said;
}

TEST(Html, TextIsTextWhateverIsInIt) {
  const std::string nasty = "<b>&\"'</title></pre>-->\xff";
  ForecastReport report = made_report({as_of_a_market(nasty, 1)}, {{kOpen, 2}, {kDirection, 2}});
  report.title = report.made = report.command = report.split = nasty;
  report.model = {nasty, 1, {1}, nasty, nasty, 1, {{nasty, nasty}}};
  report.notes = {nasty};
  report.data[0].note = report.data[0].problems = nasty;
  report.data[0].parts[0].name = nasty;
  report.curves[0].name = nasty;
  report.results[0].baselines[0].name = nasty;
  report.tbrain = {{nasty, false, nasty, {{0.5, 0.1, 0.4}}}};
  const auto page = parse_page(to_html(report));
  expect_sections(page);
  EXPECT_EQ(with_tag(page, "b").size(), 0u);
  const std::string shown = "<b>&\"'</title></pre>-->\xef\xbf\xbd";
  EXPECT_EQ(with_tag(page, "h1").front().text, shown);
  EXPECT_EQ(with_tag(page, "pre").front().text, shown);
  EXPECT_EQ(with_tag(page, "code").front().text, shown);
  EXPECT_EQ(with_tag(page, "title").front().text, shown);
  EXPECT_TRUE(has(with_tag(page, "svg").back().text, "<b>&\"'"));
}

TEST(Html, AsksNothingOfANetwork) {
  const std::string text = to_html(
      made_report({as_of_a_market("SPY", 1), as_of_a_market("QQQ", 2)}, {{kOpen}, {kDirection}}));
  for (const char* never : {"://", "@import", "url("}) EXPECT_FALSE(has(text, never)) << never;
  const auto page = parse_page(text);
  std::set<std::string> ids;
  for (const Element& e : page) {
    if (attribute(e, "id").empty()) continue;
    EXPECT_TRUE(ids.insert(attribute(e, "id")).second) << attribute(e, "id") << " twice";
  }
  const std::set<std::string> allowed = {"lang",
                                         "charset",
                                         "name",
                                         "content",
                                         "id",
                                         "class",
                                         "role",
                                         "tabindex",
                                         "aria-label",
                                         "scope",
                                         "href",
                                         "open",
                                         "viewBox",
                                         "width",
                                         "height",
                                         "d",
                                         "stroke-width",
                                         "stroke-dasharray",
                                         "fill-opacity",
                                         "cx",
                                         "cy",
                                         "r",
                                         "x",
                                         "y",
                                         "font-size",
                                         "font-weight",
                                         "text-anchor",
                                         "transform"};
  int links = 0;
  for (const Element& e : page) {
    EXPECT_FALSE(e.tag == "script" || e.tag == "link") << e.tag;
    for (const auto& [name, value] : e.attributes) EXPECT_TRUE(allowed.contains(name)) << name;
    const std::string href = attribute(e, "href");
    if (href.empty()) continue;
    EXPECT_TRUE(href[0] == '#' && ids.contains(href.substr(1))) << href;
    ++links;
  }
  EXPECT_GE(links, 8);  // of each result: from the overview to it, and to what the columns say
}

TEST(Html, MadePricesAreMarkedWhereverTheyStand) {
  const auto page = parse_page(
      to_html(made_report({synthetic_prices({.seed = 1, .days = 600})}, {{kOpen}, {kDirection}})));
  EXPECT_TRUE(has(with_tag(page, "title").front().text, "SYNTHETIC"));
  EXPECT_TRUE(has(with_tag(page, "h1").front().text, "SYNTHETIC"));
  EXPECT_EQ(with_class(page, "banner").size(), 1u);
  for (const char* tag : {"caption", "figcaption", "svg", "h3"}) {
    EXPECT_GE(with_tag(page, tag).size(), 2u);
    for (const Element& e : with_tag(page, tag)) {
      EXPECT_TRUE(has(e.text, "SYNTHETIC")) << tag << ": " << e.text;
    }
  }
}

TEST(Html, OfAMarketNothingIsSaidToBeMade) {
  EXPECT_FALSE(has(to_html(made_report({as_of_a_market("SPY", 1)}, {{kOpen}})), "SYNTHETIC"));
}

TEST(Html, OfBothOnlyTheMadeOneIsMarked) {
  const auto page = parse_page(to_html(made_report(
      {as_of_a_market("SPY", 1), synthetic_prices({.seed = 1, .days = 600})}, {{kOpen}})));
  const auto details = with_tag(page, "details");
  ASSERT_EQ(details.size(), 2u);
  EXPECT_FALSE(has(details[0].text, "SYNTHETIC"));
  EXPECT_TRUE(has(details[1].text, "SYNTHETIC"));
}

TEST(Html, TablesAreWholeAndTheirHeadersToldApart) {
  const auto page = parse_page(to_html(
      made_report({as_of_a_market("SPY", 1), as_of_a_market("QQQ", 2)}, {{kOpen}, {kDirection}})));
  const auto tables = with_tag(page, "table");
  EXPECT_EQ(tables.size(), 2u + 1 + 4);  // data and parts, the overview, each result
  for (const Element& table : tables) {
    const auto rows = cells_of(table);
    ASSERT_GT(rows.size(), 1u);
    for (const auto& row : rows) {
      EXPECT_EQ(row.size(), rows[0].size()) << row[0];
      for (const std::string& cell : row) EXPECT_FALSE(cell.empty()) << row[0];
    }
  }
  for (const Element& e : with_tag(page, "th"))
    EXPECT_TRUE(attribute(e, "scope") == "col" || attribute(e, "scope") == "row") << e.text;
  // Each can be scrolled, with the keyboard too.
  EXPECT_EQ(with_class(page, "scroll").size(), tables.size());
  for (const Element& e : with_class(page, "scroll")) {
    EXPECT_EQ(attribute(e, "tabindex"), "0");
    EXPECT_EQ(attribute(e, "role"), "region");
  }
}

TEST(Html, WhatIsNotForecastHasNoParts) {
  ForecastReport report = made_report({as_of_a_market("SPY", 1)}, {{kOpen}});
  report.data.push_back({"QQQ", "QQQ.csv", 600, report.data[0].first, report.data[0].last});
  report.data.back().note = "an input, not forecast";
  const auto tables = with_tag(parse_page(to_html(report)), "table");
  EXPECT_EQ(cells_of(tables[0]).size(), 3u);
  EXPECT_EQ(cells_of(tables[0])[2].back(), "an input, not forecast");
  EXPECT_EQ(cells_of(tables[1]).size(), 2u);
}

TEST(Html, TheHonestTableHasModelSpreadAndBaselines) {
  const auto page = parse_page(to_html(made_report({as_of_a_market("SPY", 1)}, {{kOpen, 3}})));
  const auto rows = cells_of(with_tag(page, "table").back());
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row[0]);
  EXPECT_EQ(names,
            (std::vector<std::string>{"Forecast", "model, 3 seeds", "\xc2\xb1 over the seeds",
                                      "naive", "today_open", "drift", "window_mean"}));
  const auto column = [&rows](const std::string& title) {
    const auto at = std::find(rows[0].begin(), rows[0].end(), title);
    EXPECT_NE(at, rows[0].end()) << title;
    return static_cast<size_t>(at - rows[0].begin());
  };
  EXPECT_EQ(rows[3][column("MAE/naive")], "1.000");
  EXPECT_EQ(rows[3][column("R\xc2\xb2 of the rise")], "0.0000");
  const std::string dash = "\xe2\x80\x93";
  EXPECT_EQ(rows[3][column("Hits, %")], dash) << "naive says no direction";
  EXPECT_EQ(rows[2][column("p")], dash) << "a spread of p-values means nothing";
  EXPECT_NE(rows[2][column("MAE/naive")], dash);
  // Below it a line for each column, and of what naive is.
  const auto explained = with_class(page, "explained");
  ASSERT_FALSE(explained.empty());
  for (const std::string& title : rows[0]) {
    if (title == "Forecast") continue;
    EXPECT_TRUE(has(explained.back().text, title + ": ")) << title;
  }
  EXPECT_TRUE(has(explained.back().text, "naive: "));
}

TEST(Html, OfDirectionThereAreOnlyHits) {
  const auto page = parse_page(to_html(made_report({as_of_a_market("SPY", 1)}, {{kDirection}})));
  const auto rows = cells_of(with_tag(page, "table").back());
  EXPECT_EQ(rows[0], (std::vector<std::string>{"Forecast", "Hits, %", "Hits from, %", "Hits to, %",
                                               "Up days, %"}));
  EXPECT_FALSE(has(page.front().text, "mae_naive"));
}

TEST(Html, WarnsOfWhatLooksLikeALeak) {
  const auto warnings = [](const Made& made) {
    return with_class(parse_page(to_html(made_report({as_of_a_market("SPY", 1)}, {made}))),
                      "warning");
  };
  EXPECT_EQ(warnings({kOpen}).size(), 0u);
  EXPECT_EQ(warnings({TargetSpec{ForecastTarget::Open, 2}, 1, 0.5}).size(), 0u);
  const auto found = warnings({kOpen, 1, 0.5});
  ASSERT_GE(found.size(), 2u);  // above all and at the result
  EXPECT_TRUE(has(found.front().text, "SPY, open, one day ahead looks too good"))
      << found.front().text;
  EXPECT_GE(warnings({kDirection, 1, 0.5}).size(), 2u);
  EXPECT_GE(warnings({kOpen, 1, 0.5, 20}).size(), 2u) << "too few days for a verdict";
}

TEST(Html, OfManyAreALineEachAndPicturesOfTheFirst) {
  std::vector<PriceSeries> many;
  for (uint64_t i = 0; i < 5; ++i) many.push_back(as_of_a_market("S" + std::to_string(i), i));
  const ForecastReport report = made_report(many, {{kOpen}});
  const auto page = parse_page(to_html(report, {.drawn = 2}));
  EXPECT_EQ(with_tag(page, "details").size(), 5u);
  EXPECT_EQ(with_tag(page, "svg").size(), 2u + 1 + 2 * 5);  // parts, curves, results
  const auto overview = cells_of(with_tag(page, "table")[2]);
  ASSERT_EQ(overview.size(), 6u);
  EXPECT_EQ(overview[5][0], "S4");
  EXPECT_EQ(overview[5][2], "no better");
  EXPECT_TRUE(has(page.front().text, "Of 5 forecasts: 5 no better."));
  EXPECT_TRUE(has(page.front().text, "Pictures are of the first 2"));
}

TEST(Html, ShowsTheTBrainScoreWhereThereIsOne) {
  ForecastReport report = made_report({as_of_a_market("SPY", 1)}, {{kOpen}});
  report.tbrain = {{"SPY", false, "model", {{0.7, 0.3, 0.4}, {0.8, 0.3, 0.5}}},
                   {"SPY", false, "naive", {{0.5, 0.02, 0.48}}}};
  const auto rows = cells_of(with_tag(parse_page(to_html(report)), "table").back());
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1],
            (std::vector<std::string>{"SPY", "model", "0.7500", "0.3000", "0.4500", "0.0707"}));
  EXPECT_EQ(rows[2].back(), "\xe2\x80\x93");
}

TEST(Html, OfManyCurvesTheMiddleAndTheEndsAreDrawn) {
  ForecastReport report = made_report({as_of_a_market("SPY", 1)}, {{kOpen}});
  report.curves.clear();
  for (int i = 0; i < 100; ++i)
    report.curves.push_back({std::to_string(i), {2.0 + i, 1.0 + i}, {3.0 + i, 2.0 + i}});
  const std::string text = to_html(report);
  EXPECT_TRUE(has(text, "training, middle"));
  EXPECT_TRUE(has(text, "100 trainings"));
  EXPECT_LT(text.size(), 250'000u);
}

TEST(Html, IsSmall) {
  PriceSeries long_one = synthetic_prices({.seed = 1, .days = 7500});
  EXPECT_LT(to_html(made_report({long_one}, {{kOpen, 1, 0, 1125}})).size(), 250'000u);
}

}  // namespace
}  // namespace lathe::report::test
