// Examples of prices: nothing of an input is known later than its day, targets and back, splits by
// date, and walks forward.
#include "lathe/price_examples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "lathe/price_model.h"
#include "lathe/synthetic.h"
#include "tests/prices/price_test_util.h"

namespace lathe {
namespace {

using data::error_of;

const std::vector<PriceField> kAll = {PriceField::Open,  PriceField::High,     PriceField::Low,
                                      PriceField::Close, PriceField::AdjClose, PriceField::Volume};
const std::vector<std::vector<PriceField>> kFeatures = {
    kAll, {PriceField::Open}, {PriceField::Close}, {PriceField::Volume}, {PriceField::AdjClose}};
constexpr PriceForm kForms[] = {PriceForm::Log, PriceForm::Ratio, PriceForm::Raw};

PriceSeries walk(const std::string& name, uint64_t seed, int64_t days = 80) {
  return synthetic_prices({.seed = seed, .days = days, .name = name});
}

std::vector<ForecastTarget> targets_for(PriceForm form) {
  std::vector<ForecastTarget> all;
  for (const ForecastTargetText& row : forecast_targets())
    if (form != PriceForm::Raw || row.target != ForecastTarget::AdjClose) all.push_back(row.target);
  return all;
}

/// A market of series, pooled, or of one and companions.
struct Market {
  PriceTask task;
  std::vector<PriceSeries> series, companions;
  PriceExamples examples() const { return {task, series, companions}; }
};

std::vector<Market> markets(const PriceTask& like) {
  Market one{like, {walk("a", 1)}, {}}, pooled{like, {walk("a", 1), walk("b", 2, 60)}, {}},
      joined{like, {walk("a", 1)}, {walk("b", 2)}};
  one.task.series = joined.task.series = {"a"};
  pooled.task.series = {"a", "b"};
  joined.task.companions = {"b"};
  return {one, pooled, joined};
}

/// Other prices behind the day `after`.
void shake(std::vector<PriceSeries>& all, Date after, uint64_t seed) {
  uint64_t state = seed * 2654435761u + 1;
  const auto factor = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return 0.5 + static_cast<double>(state >> 40) / double(1 << 24);
  };
  for (PriceSeries& one : all)
    for (size_t row = 0; row < one.date.size(); ++row)
      if (one.date[row] > after)
        for (const PriceFieldRow& field : price_fields()) one[field.field][row] *= factor();
}

std::vector<Array> shown(const PriceExamples& examples, const std::vector<PriceDay>& days) {
  std::vector<Array> all;
  const Inputs inputs = examples.inputs(days);
  for (const Inputs::Entry& entry : inputs.entries()) all.push_back(entry.copied(0, entry.rows()));
  for (size_t i = 0; i <= examples.task().companions.size(); ++i)
    all.push_back(examples.features(days, i));
  return all;
}

TEST(PriceExamples, WhatComesLaterChangesNoInput) {
  int cases = 0;
  for (const PriceForm form : kForms)
    for (const std::vector<PriceField>& features : kFeatures)
      for (int64_t horizon : {1, 5}) {
        PriceTask like;
        like.window = 7;
        like.features = features;
        like.form = form;
        like.targets = targets_for(form);
        like.horizon = horizon;
        for (Market& market : markets(like)) {
          const PriceExamples before = market.examples();
          const std::vector<PriceDay>& days = before.days();
          for (uint64_t draw = 0; draw < 3; ++draw) {
            const PriceDay at = days[(draw * 7919 + 13 * cases) % days.size()];
            const Date now = before.date(at);
            Market later = market;
            shake(later.series, now, draw + 1);
            shake(later.companions, now, draw + 2);
            const PriceExamples after = later.examples();
            std::vector<PriceDay> known;
            for (const PriceDay& day : days)
              if (before.date(day) <= now) known.push_back(day);
            ASSERT_EQ(shown(before, known), shown(after, known)) << to_string(form);
            // A forecast of the next day is of another price now.
            EXPECT_NE(before.targets({&at, 1}), after.targets({&at, 1}));
            ++cases;
          }
        }
      }
  EXPECT_EQ(cases, 3 * 5 * 2 * 3 * 3);
}

TEST(PriceExamples, ScalesKnowTheTrainingPartAlone) {
  PriceTask like;
  like.features = kAll;
  like.targets = {ForecastTarget::Rise, ForecastTarget::Direction};
  for (Market& market : markets(like)) {
    const auto weights = [&](const Market& of) {
      const PriceExamples examples = of.examples();
      const PriceSplit split = split_by_date(examples, {.train = .6, .validation = .2, .test = .2});
      Model model = price_model(of.task);
      learn_price_scales(model, examples, split.train);
      return std::pair(model.weights_sha256(), split.train_until);
    };
    const auto [before, until] = weights(market);
    Market later = market;
    shake(later.series, until, 1);
    shake(later.companions, until, 2);
    EXPECT_EQ(weights(later).first, before);
    shake(later.series, until + (-10), 3);
    EXPECT_NE(weights(later).first, before);
  }
}

TEST(PriceExamples, ForecastsAreInTheTargetsUnits) {
  for (const PriceForm form : kForms)
    for (const RiseBase base : {RiseBase::Close, RiseBase::Open}) {
      PriceTask like;
      like.form = form;
      like.targets = targets_for(form);
      like.rise_over = base;
      like.horizon = 5;
      for (const Market& market : markets(like)) {
        const PriceExamples examples = market.examples();
        const std::vector<Array> learned = examples.targets(examples.days());
        for (size_t target = 0; target < like.targets.size(); ++target)
          for (int64_t ahead = 1; ahead <= 5; ++ahead) {
            const std::vector<double> said =
                examples.forecasts(examples.days(), learned, target, ahead);
            for (size_t i = 0; i < said.size(); ++i) {
              const PriceDay day = examples.days()[i];
              const double want = target_value(examples.prices(day.series),
                                               market.task.spec(target, ahead), day.day);
              EXPECT_NEAR(said[i], want, 1e-5 * (1 + std::fabs(want)));
            }
          }
      }
    }
}

TEST(PriceExamples, ASeriesOfFewDaysHasTheScalesOfAll) {
  PriceTask like;
  like.series = {"many", "few"};
  // The window's 20 days less the first, the target's, and 29 or 30 to learn from.
  for (const int64_t learned : {kFewestScaleDays - 1, kFewestScaleDays}) {
    const PriceExamples examples(like, {walk("many", 1), walk("few", 2, learned + 20)});
    Model model = price_model(like);
    learn_price_scales(model, examples, examples.days());
    const std::vector<std::string> names = model.weight_names();
    const auto at = std::find(names.begin(), names.end(), "open_scale_embeddings");
    ASSERT_NE(at, names.end());
    const Array units = model.get_weights()[static_cast<size_t>(at - names.begin())];
    double squares[] = {0, 0}, counts[] = {0, 0};
    const Array rises = examples.targets(examples.days())[0];
    for (size_t i = 0; i < examples.days().size(); ++i) {
      squares[examples.days()[i].series] += std::pow(rises.data<float>()[i], 2);
      counts[examples.days()[i].series] += 1;
    }
    ASSERT_EQ(counts[1], learned);
    const bool own = learned >= kFewestScaleDays;
    const double of_few =
        own ? squares[1] / counts[1] : (squares[0] + squares[1]) / (counts[0] + counts[1]);
    EXPECT_NEAR(units.data<float>()[0], std::sqrt(squares[0] / counts[0]), 1e-5);
    EXPECT_NEAR(units.data<float>()[1], std::sqrt(of_few), 1e-5);
  }
}

TEST(PriceExamples, AModelBeginsWithNaive) {
  PriceTask like;
  like.features = kAll;
  like.targets = {ForecastTarget::Open, ForecastTarget::Rise, ForecastTarget::Return,
                  ForecastTarget::AdjClose};
  like.rise_over = RiseBase::Open;
  like.horizon = 2;
  for (const Market& market : markets(like)) {
    const PriceExamples examples = market.examples();
    Model model = price_model(market.task, {.hidden = {5}});
    learn_price_scales(model, examples, examples.days());
    const std::vector<Array> outputs = model.predict_all(examples.inputs(examples.days()));
    for (size_t target = 0; target < like.targets.size(); ++target)
      for (int64_t ahead = 1; ahead <= 2; ++ahead) {
        const std::vector<double> said =
            examples.forecasts(examples.days(), outputs, target, ahead);
        for (size_t i = 0; i < said.size(); ++i) {
          const PriceDay day = examples.days()[i];
          EXPECT_EQ(said[i], naive_forecast(examples.prices(day.series),
                                            market.task.spec(target, ahead), day.day));
        }
      }
  }
}

TEST(PriceExamples, EachDaysFeaturesHaveAScaleOfTheirOwn) {
  PriceTask like;
  like.features = {PriceField::Open, PriceField::Volume};
  like.window = 10;
  for (const Market& market : markets(like)) {
    const PriceExamples examples = market.examples();
    Model model = price_model(market.task);
    learn_price_scales(model, examples, examples.days());
    const std::vector<std::string> names = model.weight_names();
    const std::vector<Array> weights = model.get_weights();
    const auto weight = [&](const std::string& name, size_t i) {
      const auto at = std::find(names.begin(), names.end(), name);
      EXPECT_NE(at, names.end()) << name;
      return weights.at(static_cast<size_t>(at - names.begin())).data<float>()[i];
    };
    const bool pooled = market.task.pooled();
    constexpr size_t kNumbers = 10 * 2;
    for (size_t input = 0; input <= market.task.companions.size(); ++input) {
      const std::string scale =
          market.task.companions.empty() ? "scale" : "scale_" + std::to_string(input);
      const Array shown = examples.features(examples.days(), input);
      for (size_t s = 0; s < market.task.series.size(); ++s)
        for (size_t i = 0; i < kNumbers; ++i) {
          std::vector<double> values;
          for (size_t row = 0; row < examples.days().size(); ++row)
            if (examples.days()[row].series == static_cast<int32_t>(s))
              values.push_back(shown.data<float>()[row * kNumbers + i]);
          double mean = 0, variance = 0;
          for (double v : values) mean += v / static_cast<double>(values.size());
          for (double v : values)
            variance += (v - mean) * (v - mean) / static_cast<double>(values.size());
          ASSERT_GT(variance, 1e-8);
          if (pooled) {
            EXPECT_NEAR(weight("feature_means_embeddings", s * kNumbers + i), mean, 1e-6);
            EXPECT_NEAR(
                weight("feature_factors_embeddings", s * kNumbers + i) * std::sqrt(variance), 1,
                1e-5);
          } else {
            EXPECT_NEAR(weight(scale + "_mean", i), mean, 1e-6);
            EXPECT_NEAR(weight(scale + "_variance", i) / variance, 1, 1e-5);
          }
        }
    }
  }
}

TEST(PriceExamples, ScalesAreOfTheModelsTask) {
  PriceTask task;
  task.series = {"a"};
  const PriceExamples examples(task, {walk("a", 1)});
  task.features = kAll;
  Model model = price_model(task);
  EXPECT_EQ(error_of([&] { learn_price_scales(model, examples, examples.days()); }),
            "the model was made for another task of prices than the examples");
}

TEST(PriceSplit, NoPartKnowsATargetOfTheNext) {
  for (int64_t horizon : {1, 4}) {
    PriceTask like;
    like.horizon = horizon;
    for (const Market& market : markets(like)) {
      const PriceExamples examples = market.examples();
      const PriceSplit split = split_by_date(examples, {.train = .5, .validation = .2, .test = .3});
      const auto all = static_cast<double>(examples.days().size());
      EXPECT_NEAR(static_cast<double>(split.train.size()), .5 * all, 2.0 + .02 * all);
      const auto dates = [&](const std::vector<PriceDay>& part) {
        Date first = examples.date(part[0]), last_target = examples.target_date(part[0]);
        for (const PriceDay& day : part) {
          first = std::min(first, examples.date(day));
          last_target = std::max(last_target, examples.target_date(day));
        }
        return std::pair(first, last_target);
      };
      EXPECT_EQ(dates(split.train).second, split.train_until);
      EXPECT_GE(dates(split.validation).first, split.train_until);
      EXPECT_LE(dates(split.validation).second, split.validation_until);
      EXPECT_GE(dates(split.test).first, split.validation_until);
    }
  }
}

TEST(PriceSplit, MayDoWithoutTraining) {
  PriceTask task;
  task.series = {"a"};
  for (const Date start : {Date::of(1930, 1, 6), Date::of(2010, 1, 4)}) {
    const PriceExamples examples(task,
                                 {synthetic_prices({.days = 60, .start = start, .name = "a"})});
    const PriceSplit split = split_by_date(examples, {.train = 0, .validation = 0, .test = 1});
    EXPECT_TRUE(split.train.empty());
    EXPECT_TRUE(split.validation.empty());
    EXPECT_EQ(split.test, examples.days());
  }
}

TEST(WalkForward, ForecastsEachTestDayOnceFromWhatWasKnown) {
  for (int64_t horizon : {1, 3})
    for (int64_t train_days : {0, 15}) {
      PriceTask like;
      like.window = 5;
      like.horizon = horizon;
      for (const Market& market : markets(like)) {
        const PriceExamples examples = market.examples();
        const PriceSplit split =
            split_by_date(examples, {.train = .5, .validation = 0, .test = .5});
        const std::vector<PriceSplit> steps =
            walk_forward(examples, split, {.every = 4, .train_days = train_days});
        std::vector<PriceDay> tested;
        for (const PriceSplit& step : steps) {
          std::set<Date> dates;
          for (const PriceDay& day : step.test) dates.insert(examples.date(day));
          EXPECT_LE(dates.size(), 4u);
          // All that is known by then, or what lies within so many days before.
          std::set<Date> past;
          for (const PriceDay& day : examples.days())
            if (examples.date(day) < *dates.begin()) past.insert(examples.date(day));
          while (train_days > 0 && static_cast<int64_t>(past.size()) > train_days)
            past.erase(past.begin());
          std::vector<PriceDay> known;
          for (const PriceDay& day : examples.days())
            if (past.contains(examples.date(day)) && examples.target_date(day) <= *dates.begin())
              known.push_back(day);
          EXPECT_EQ(step.train, known);
          tested.insert(tested.end(), step.test.begin(), step.test.end());
        }
        const auto earlier = [](PriceDay a, PriceDay b) {
          return std::pair(a.series, a.day) < std::pair(b.series, b.day);
        };
        std::sort(tested.begin(), tested.end(), earlier);
        EXPECT_EQ(tested, split.test);
      }
    }
}

TEST(WalkForward, RefusesWhatMakesNoSense) {
  PriceTask task;
  task.series = {"a"};
  const PriceExamples examples(task, {walk("a", 1)});
  const PriceSplit split = split_by_date(examples, {.train = .5, .validation = 0, .test = .5});
  EXPECT_EQ(error_of([&] { walk_forward(examples, split, {.every = 0, .train_days = 7}); }),
            "a walk forward trains every 1 or more days on 1 or more, or 0 for all, not every 0 on "
            "7");
  const PriceSplit first{.train = {}, .validation = {}, .test = examples.days()};
  EXPECT_EQ(error_of([&] { walk_forward(examples, first, {}); }),
            "on 2010-01-29 there is no example whose target is known yet");
}

TEST(PriceTask, IsReadBack) {
  PriceTask task;
  task.window = 11;
  task.features = {PriceField::Volume, PriceField::AdjClose};
  task.form = PriceForm::Ratio;
  task.targets = {ForecastTarget::Rise, ForecastTarget::Direction};
  task.rise_over = RiseBase::Open;
  task.horizon = 3;
  task.series = {"a \"b\""};
  task.companions = {"c"};
  const PriceTask back = PriceTask::from_json(task.to_json(), "text");
  EXPECT_EQ(back.to_json(), task.to_json());
  Model model = price_model(task);
  EXPECT_EQ(price_task_of(model).to_json(), task.to_json());
}

TEST(PriceTask, RefusesWhatMakesNoSense) {
  const auto error = [](auto change) {
    PriceTask task;
    task.series = {"a"};
    change(task);
    return error_of([&] { task.check(); });
  };
  EXPECT_EQ(error([](PriceTask& t) { t.window = 0; }), "a window has 1 to 10000 days, not 0");
  EXPECT_EQ(error([](PriceTask& t) { t.horizon = 6; }),
            "forecasts are for 1 to 5 days ahead, not 6");
  EXPECT_EQ(error([](PriceTask& t) { t.features = {}; }), "a task of prices needs a feature");
  EXPECT_EQ(error([](PriceTask& t) { t.targets.push_back(t.targets[0]); }),
            "target open is named twice");
  EXPECT_EQ(error([](PriceTask& t) { t.series = {}, t.companions = {"c"}; }),
            "a task of prices needs a series, whose prices are forecast");
  EXPECT_EQ(error([](PriceTask& t) { t.companions = {"a"}; }), "series a is named twice");
  EXPECT_EQ(error([](PriceTask& t) { t.series = {"a", "b"}, t.companions = {"c"}; }),
            "other series' windows can be inputs where one series is forecast, not 2");
  EXPECT_EQ(
      error([](PriceTask& t) { t.form = PriceForm::Raw, t.targets = {ForecastTarget::AdjClose}; }),
      "the level of adj_close knows of later dividends: it can't be forecast as it is, raw; "
      "take the form log or ratio");
  EXPECT_EQ(error_of([] { PriceTask::from_json("[1]", "here"); }),
            "here: is no task of prices, as PriceTask::to_json writes it");
}

TEST(PriceExamples, RefuseWhatDoesNotFit) {
  PriceTask task;
  task.series = {"a"};
  const auto error = [&](std::vector<PriceSeries> series, std::vector<PriceSeries> others = {}) {
    return error_of([&] { PriceExamples(task, series, others); });
  };
  EXPECT_EQ(error({}), "the task is of 1 series, but there are 0");
  EXPECT_EQ(error({walk("b", 1)}), "the task's series number 1 is a, not b");
  task.features = {PriceField::AdjClose};
  PriceSeries without = walk("a", 1);
  without.adj_close.clear();
  EXPECT_EQ(error({without}), "a: there is no adj_close, which the task needs");
  PriceSeries shorter_volume = walk("a", 1);
  shorter_volume.volume.pop_back();
  EXPECT_EQ(error({shorter_volume}), "a: there are 80 days, but 79 numbers of volume");
  PriceSeries disordered = walk("a", 1);
  std::swap(disordered.date[3], disordered.date[4]);
  EXPECT_EQ(error({disordered}), "a: the days do not ascend");
  disordered.date[3] = disordered.date[4];
  EXPECT_EQ(error({disordered}), "a: the days do not ascend");
  task.features = {PriceField::Open};
  task.targets = {ForecastTarget::AdjClose};
  EXPECT_EQ(error({without}), "a: there is no adj_close, which the task needs");
  task.targets = {ForecastTarget::Open};
  task.companions = {"b"};
  PriceSeries other = walk("b", 1);
  for (Date& date : other.date) date = date + 20000;
  EXPECT_EQ(error({walk("a", 1)}, {other}), "a and b have no day in common");
  task.companions = {};
  PriceTask shorter = task;
  shorter.window = 80;
  const PriceExamples few(shorter, {walk("a", 1)});
  EXPECT_TRUE(few.days().empty());
  EXPECT_EQ(
      error_of([&] { split_by_date(few, {}); }),
      "no day is left for the training: 80 days of prices make 0 examples of 80 rows each and "
      "targets up to 1 day ahead; expected more days or a shorter window");
  shorter.window = 75;
  shorter.horizon = 4;
  EXPECT_EQ(error_of([&] { split_by_date(PriceExamples(shorter, {walk("a", 1)}), {}); }),
            "no day is left for the validation: 80 days of prices make 2 examples of 75 rows each "
            "and targets up to 4 days ahead; expected more days or a shorter window");
}

}  // namespace
}  // namespace lathe
