// The layer PriceFeatures: its numbers, its rows, and what it refuses.
#include "lathe/price_features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lathe/model.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

using test::error_of;

const std::vector<PriceField> kAll = {PriceField::Open,  PriceField::High,     PriceField::Low,
                                      PriceField::Close, PriceField::AdjClose, PriceField::Volume};
constexpr int64_t kRows = 5;

double price(int64_t row, PriceField field) {
  const double base = 40 + 3 * std::sin(1.7 * static_cast<double>(row));
  switch (field) {
    case PriceField::Open:
      return base;
    case PriceField::High:
      return base + 2;
    case PriceField::Low:
      return base - 2;
    case PriceField::Close:
      return base + 0.5;
    case PriceField::AdjClose:
      return (base + 0.5) * (0.8 + 0.01 * static_cast<double>(row));
    case PriceField::Volume:
      return row == 2 ? 0 : 1e6 * static_cast<double>(row + 1);
  }
  return 0;
}

double expected(int64_t row, PriceField field, PriceForm form, int64_t first) {
  const double p = price(row, field), last = price(kRows - 1, PriceField::Close);
  if (field == PriceField::Volume) {
    if (form == PriceForm::Raw) return p;
    double mean = 0;
    for (int64_t k = first; k < kRows; ++k)
      mean += std::log1p(price(k, field)) / static_cast<double>(kRows - first);
    return std::log1p(p) - mean;
  }
  const bool adjusted = field == PriceField::AdjClose;
  const double ratio = p / (adjusted ? price(row - 1, field) : last);
  switch (form) {
    case PriceForm::Log:
      return std::log(ratio);
    case PriceForm::Ratio:
      return ratio - 1;
    case PriceForm::Raw:
      return adjusted ? ratio : p;
  }
  return 0;
}

TEST(PriceFeatures, AreWhatTheTableSays) {
  const std::vector<std::vector<PriceField>> columns = {
      kAll,
      {PriceField::Volume, PriceField::AdjClose, PriceField::Close, PriceField::Open},
      {PriceField::Close}};
  const std::vector<std::vector<PriceField>> features = {
      {},
      {PriceField::Close},
      {PriceField::Open, PriceField::Close},
      {PriceField::Close, PriceField::Volume, PriceField::Open},
      {PriceField::AdjClose},
      kAll};
  int cases = 0;
  for (const RunOptions& run : test::backends())
    for (const auto& has : columns)
      for (const auto& takes : features)
        for (const PriceForm form : {PriceForm::Log, PriceForm::Ratio, PriceForm::Raw}) {
          const std::vector<PriceField>& shown = takes.empty() ? has : takes;
          if (std::any_of(shown.begin(), shown.end(), [&](PriceField f) {
                return std::find(has.begin(), has.end(), f) == has.end();
              }))
            continue;
          ++cases;
          const int64_t first = price_rows(0, shown), width = static_cast<int64_t>(has.size());
          Sequential m({Input({kRows, width}),
                        PriceFeatures({.columns = has, .features = takes, .form = form})});
          m.set_run_options(run);
          Array x(DType::F32, {1, kRows, width});
          for (int64_t row = 0; row < kRows; ++row)
            for (size_t i = 0; i < has.size(); ++i)
              x.data<float>()[static_cast<size_t>(row * width) + i] =
                  static_cast<float>(price(row, has[i]));
          const Array y = m.predict(x);
          const auto count = static_cast<int64_t>(shown.size());
          ASSERT_EQ(y.shape(), (std::vector<int64_t>{1, kRows - first, count}));
          for (int64_t row = first; row < kRows; ++row)
            for (size_t i = 0; i < shown.size(); ++i) {
              const double want = expected(row, shown[i], form, first);
              EXPECT_NEAR(y.data<float>()[static_cast<size_t>((row - first) * count) + i], want,
                          1e-6 + 1e-6 * std::fabs(want))
                  << to_string(shown[i]) << " as " << to_string(form) << ", row " << row;
            }
        }
  EXPECT_GT(cases, 30);
}

TEST(PriceFeatures, AreReadBackFromFiles) {
  Sequential m({Input({6, 6}), PriceFeatures({.columns = kAll, .form = PriceForm::Ratio}),
                Flatten(), Dense(1)});
  m.compile({.loss = "mae", .run = test::interpreter()});
  const test::TempFolder folder;
  m.save(folder / "m.lathe");
  Model back = Model::load(folder / "m.lathe", test::interpreter());
  EXPECT_EQ(back.weights_sha256(), m.weights_sha256());
  EXPECT_EQ(back.summary(), m.summary());
  EXPECT_NE(m.summary().find("ratio"), std::string::npos);
  EXPECT_EQ(error_of([&] { m.to_json(); }),
            "layer price_features: Keras has no layer PriceFeatures");
}

TEST(PriceFeatures, FormsAreFoundByTheirNames) {
  for (const PriceFormText& f : price_forms()) {
    EXPECT_EQ(price_form(f.name), f.form);
    EXPECT_EQ(to_string(f.form), f.name);
  }
  EXPECT_EQ(price_form("ratio"), PriceForm::Ratio);
}

TEST(PriceFeatures, RefuseWhatMakesNoSense) {
  const auto made = [](const PriceFeaturesOptions& o) {
    return error_of([&] { PriceFeatures layer(o); });
  };
  EXPECT_EQ(made({}), "PriceFeatures: there must be one column or more");
  EXPECT_EQ(made({.columns = {PriceField::Open, PriceField::Open}}),
            "PriceFeatures: columns names open twice");
  EXPECT_EQ(made({.columns = {PriceField::Open}}),
            "PriceFeatures: the form log needs close, the last known price, not open alone");
  EXPECT_EQ(made({.columns = {PriceField::Close}, .features = {PriceField::High}}),
            "PriceFeatures: high is not among the columns close");
  EXPECT_EQ(error_of([] { price_form("loog"); }),
            "unknown form of prices 'loog'; did you mean 'log'?");
  EXPECT_EQ(error_of([] {
              PriceFeatures({.columns = {PriceField::Close, PriceField::AdjClose}})(Input({1, 2}));
            }),
            "layer PriceFeatures: takes windows of 2 or more rows of 2 columns (close,adj_close), "
            "not [1,2]");
}

}  // namespace
}  // namespace lathe
