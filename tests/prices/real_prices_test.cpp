// Real daily prices, where there are some: read without an error, and with what is known of them.
#include <map>

#include "frontend/data/search_path.h"
#include "tests/prices/price_test_util.h"

namespace lathe::prices {
namespace {

namespace fs = std::filesystem;
using Kind = PriceProblemKind;

/// A folder of the data that this project is tested with, or nothing.
std::optional<fs::path> real_prices(const std::string& folder) {
  const fs::path root = fs::path(__FILE__).parent_path().parent_path().parent_path();
  std::vector<fs::path> places = data::data_folders();
  places.push_back(root / ".." / "shared" / "data");
  for (const fs::path& place : places) {
    std::error_code error;
    if (fs::is_directory(place / folder, error)) return place / folder;
  }
  return std::nullopt;
}

struct Odd {
  int64_t zero_volume = 0, flat = 0;
};

/// What the table says that came with the data; all other files have none.
const std::map<std::string, Odd>& odd_rows() {
  static const std::map<std::string, Odd> odd = {
      {"BND", {1, 1}},        {"IJR", {0, 1}},     {"IYT", {0, 8}},        {"MDY", {0, 1}},
      {"VOX", {16, 56}},      {"VUG", {2, 10}},    {"XLB", {0, 2}},        {"XLI", {1, 1}},
      {"0050.TW", {13, 14}},  {"0051", {1, 22}},   {"0052", {86, 343}},    {"0053", {4, 66}},
      {"0054", {52, 156}},    {"0055", {0, 1}},    {"0057", {90, 289}},    {"0058", {336, 717}},
      {"0059", {150, 428}},   {"006201", {2, 24}}, {"006203", {232, 610}}, {"006204", {232, 424}},
      {"006208", {197, 475}}, {"00701", {0, 1}},   {"00713", {0, 4}},
  };
  return odd;
}

void expect_as_known(const fs::path& file) {
  SCOPED_TRACE(file.string());
  const ReadPrices read = read_prices(file, {.strict = true});
  expect_sound(read.series);
  const auto odd = odd_rows().find(read.series.name);
  const Odd known = odd == odd_rows().end() ? Odd{} : odd->second;
  EXPECT_EQ(read.count(Kind::ZeroVolume), known.zero_volume);
  EXPECT_EQ(read.count(Kind::Flat), known.flat);
  EXPECT_EQ(read.count(Kind::PossibleSplit), 0);
  EXPECT_EQ(read.count(Kind::AdjustedJump), 0);
  EXPECT_EQ(read.count(Kind::Gap), 0);
}

TEST(RealPrices, UsEtfs) {
  const auto folder = real_prices("etf");
  if (!folder) GTEST_SKIP() << "no etf/ on the data search path";
  const std::vector<fs::path> files = files_of_prices(*folder);
  EXPECT_EQ(files.size(), 31u);
  int64_t rows = 0;
  for (const fs::path& file : files) {
    expect_as_known(file);
    const ReadPrices read = read_prices(file);
    rows += read.series.rows();
    EXPECT_TRUE(read.series.has(PriceField::AdjClose) && read.series.has(PriceField::Volume));
    EXPECT_EQ(read.count(Kind::Weekend), 0);
  }
  EXPECT_EQ(rows, 152342);
}

TEST(RealPrices, Spy) {
  const auto folder = real_prices("etf");
  if (!folder) GTEST_SKIP() << "no etf/ on the data search path";
  const PriceSeries spy = read_prices(*folder / "SPY.csv").series;
  ASSERT_EQ(spy.rows(), 7574);
  EXPECT_EQ(spy.date.front(), Date::of(1993, 1, 29));
  EXPECT_EQ(spy.date.back(), Date::of(2023, 2, 27));
  EXPECT_EQ(spy.open[0], 43.96875);
  EXPECT_EQ(spy.adj_close[0], 25.218218);
  EXPECT_EQ(spy.volume[1], 480500);
}

TEST(RealPrices, TaiwanEtfs) {
  const auto folder = real_prices("etf-tw/tbrain");
  if (!folder) GTEST_SKIP() << "no etf-tw/tbrain/ on the data search path";
  const std::vector<fs::path> files = files_of_prices(*folder);
  EXPECT_EQ(files.size(), 18u);
  for (const fs::path& file : files) {
    expect_as_known(file);
    const ReadPrices read = read_prices(file);
    EXPECT_FALSE(read.series.has(PriceField::AdjClose));
    // Saturdays that make up for a holiday.
    EXPECT_EQ(read.count(Kind::Weekend), read.series.rows() == 1327 ? 10
                                         : read.series.rows() > 200 ? 3
                                                                    : 2);
  }
}

TEST(RealPrices, Taiwan50OfYahoo) {
  const auto folder = real_prices("etf-tw");
  if (!folder) GTEST_SKIP() << "no etf-tw/ on the data search path";
  const fs::path file = *folder / "0050.TW.csv";
  expect_as_known(file);
  const ReadPrices all = read_prices(file);
  EXPECT_EQ(all.series.rows(), 3042);
  EXPECT_EQ(all.count(Kind::Weekend), 4);
  EXPECT_EQ(all.count(Kind::Jump), 2) << "a market that stops at 7 % does not move by 15 %";
  const ReadPrices later = read_prices(file, {.from = Date::of(2009, 3, 10)});
  EXPECT_EQ(later.count(Kind::Jump), 0);
  EXPECT_EQ(later.series.date.front(), Date::of(2009, 3, 10));
}

}  // namespace
}  // namespace lathe::prices
