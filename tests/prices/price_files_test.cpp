// Which files prices are read from.
#include "tests/prices/price_test_util.h"

namespace lathe::prices {
namespace {

namespace fs = std::filesystem;
using data::has;

constexpr std::string_view kOneRow = "Date,Open,High,Low,Close\n2020-01-29,1,1,1,1\n";

TEST(PriceFiles, OfFilesAndFolders) {
  data::TempFolder folder;
  const fs::path root = folder.path();
  for (const char* name : {"a/QQQ.csv", "a/SPY.CSV", "a/0050.TW.csv", "a/notes.txt", "a/._SPY.csv",
                           "a/inner/GLD.csv", "b/TLT.data", "empty/x.txt", "empty/._SPY.csv"})
    folder.write(name, kOneRow);
  using Paths = std::vector<fs::path>;
  const Paths all = {root / "a/0050.TW.csv", root / "a/QQQ.csv", root / "a/SPY.CSV"};
  EXPECT_EQ(files_of_prices(root / "a"), all);
  EXPECT_EQ(files_of_prices(root / "a/._SPY.csv"), Paths{root / "a/._SPY.csv"}) << "asked for";
  EXPECT_EQ(files_of_prices(root / "b/TLT.data"), Paths{root / "b/TLT.data"});
  EXPECT_EQ(files_of_prices(Paths{root / "a/SPY.CSV", root / "a", root / "b/../a/QQQ.csv"}),
            (Paths{all[2], all[0], all[1]}))
      << "each file once, in the order given";
  EXPECT_EQ(files_of_prices(Paths{}), Paths{});
  EXPECT_EQ(data::error_of([&] { files_of_prices(root / "c"); }),
            (root / "c").string() + ": there is no such file or folder");
  EXPECT_EQ(data::error_of([&] { files_of_prices(Paths{root / "a", root / "empty"}); }),
            (root / "empty").string() + ": has no file of prices, *.csv");
}

TEST(PriceFiles, ReadsAPath) {
  data::TempFolder folder;
  EXPECT_EQ(read_prices(folder.write("SPY.csv", kOneRow)).series.name, "SPY");
  const fs::path none = folder.path() / "QQQ.csv";
  EXPECT_EQ(data::error_of([&] { read_prices(none); }), none.string() + ": can't be opened");
  EXPECT_TRUE(has(data::error_of([&] { read_prices(folder.path()); }), ": can't be opened"));
}

TEST(PriceFiles, FindsATicker) {
  data::TempFolder folder;
  const std::string root = folder.path().string();
  for (const char* name : {"etf/SPY.csv", "etf/QQQ.csv", "etf-tw/0050.TW.csv", "etf/._SPY.csv",
                           "etf-tw/tbrain/0050.csv", "etf/0050.csv.txt"})
    folder.write(name, kOneRow);
  EXPECT_EQ(find_prices("SPY", root), folder.path() / "etf/SPY.csv");
  EXPECT_EQ(find_prices("0050.TW", root), folder.path() / "etf-tw/0050.TW.csv");
  EXPECT_EQ(find_prices("0050", root), folder.path() / "etf-tw/tbrain/0050.csv");
  {
    data::ScopedVariable variable("LATHE_DATA", root);
    EXPECT_EQ(find_prices("QQQ"), folder.path() / "etf/QQQ.csv");
  }
  folder.write("SPY.csv", kOneRow);
  EXPECT_EQ(find_prices("SPY", root), folder.path() / "SPY.csv") << "the folder itself comes first";

  EXPECT_TRUE(has(data::error_of([&] { find_prices("spy", root); }),
                  "unknown ticker 'spy'; did you mean 'SPY'? (looked in " + root + ", " + root +
                      "/etf, " + root + "/etf-tw, " + root + "/etf-tw/tbrain)"));
  EXPECT_TRUE(has(data::error_of([&] { find_prices("MSCI-W", root); }),
                  "unknown ticker 'MSCI-W'; known are 0050, 0050.TW, QQQ, SPY (looked in "));
  EXPECT_TRUE(has(data::error_of([&] { find_prices("", root); }), "is no ticker"));
  EXPECT_TRUE(has(data::error_of([&] { find_prices("../SPY", root); }), "is no ticker"));
  EXPECT_TRUE(has(data::error_of([&] { find_prices("SPY", root + "/none"); }),
                  "/none: is no folder that can be read"));
  data::TempFolder empty;
  EXPECT_TRUE(has(data::error_of([&] { find_prices("SPY", empty.path().string()); }),
                  "no prices of 'SPY': there is no CSV file in " + empty.path().string()));
}

}  // namespace
}  // namespace lathe::prices
