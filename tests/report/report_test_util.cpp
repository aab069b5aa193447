#include "tests/report/report_test_util.h"

#include <algorithm>
#include <stdexcept>

#include "lathe/synthetic.h"
#include "runtime/philox.h"

namespace lathe::report::test {
namespace {

PriceColumns columns_of(const PriceSeries& prices) {
  return {prices.open, prices.close, prices.adj_close};
}

std::vector<double> forecasts(const PriceSeries& prices, const Made& made, uint64_t seed,
                              const std::vector<int64_t>& days) {
  const PriceColumns columns = columns_of(prices);
  std::vector<double> all;
  for (const int64_t day : days) {
    const double noise =
        0.1 *
        (static_cast<double>(runtime::uniform_at(seed, 0, 0, static_cast<uint64_t>(day))) - 0.5);
    const double rise = noise + made.leak * actual_rise(columns, made.spec, day);
    all.push_back(from_rise(columns, made.spec, day, rise));
  }
  return all;
}

DataUsed data_of(const PriceSeries& prices, int64_t test_days) {
  DataUsed data{prices.name,         prices.name + ".csv", prices.rows(),
                prices.date.front(), prices.date.back(),   "nothing dropped, repaired or noted"};
  data.synthetic = prices.synthetic;
  const int64_t test = prices.rows() - test_days, validation = test - test_days;
  const auto add = [&](const char* name, int64_t first, int64_t end) {
    data.parts.push_back({name, prices.date[static_cast<size_t>(first)],
                          prices.date[static_cast<size_t>(end - 1)], end - first});
  };
  add("train", 0, validation);
  add("validation", validation, test);
  add("test", test, prices.rows());
  data.date = prices.date;
  data.close = prices.close;
  return data;
}

}  // namespace

ForecastResult made_result(const PriceSeries& prices, const Made& made) {
  std::vector<int64_t> days, train;
  for (int64_t d = prices.rows() - made.spec.horizon - made.test_days;
       d < prices.rows() - made.spec.horizon; ++d)
    days.push_back(d);
  for (int64_t d = 20; d + made.spec.horizon < days.front(); ++d) train.push_back(d);
  std::vector<SeedForecast> model;
  for (uint64_t seed = 1; seed <= static_cast<uint64_t>(made.seeds); ++seed)
    model.push_back({seed, forecasts(prices, made, seed, days)});
  std::vector<BaselineForecast> baselines;
  for (const ForecastBaselineText& b : forecast_baselines()) {
    if (b.baseline == ForecastBaseline::Linear || !applies_to(b.baseline, made.spec.target))
      continue;
    baselines.push_back(
        {std::string(b.name), baseline_forecast(b.baseline, columns_of(prices), made.spec,
                                                {.train = train, .test = days})});
  }
  return forecast_result(prices, made.spec, days, std::move(model), std::move(baselines),
                         {.resamples = 200});
}

ForecastReport made_report(const std::vector<PriceSeries>& prices, const std::vector<Made>& made) {
  ForecastReport report;
  report.title = "A test of reports";
  report.made = "2024-05-01 10:00, lathe 1.0";
  report.command = "lathe train etf --csv walk.csv --report";
  report.split = "70/15/15 in the order of time";
  report.model.layers = "dense 64 relu\ndense 1";
  report.model.parameters = 1409;
  report.model.seeds = {1, 2};
  report.model.loss = "mse";
  report.model.optimizer = "adam, lr 0.001";
  report.model.epochs = 3;
  report.model.more = {{"Window", "20 days of open"}};
  report.curves = {{"seed 1", {3, 2, 1}, {3, 2.5, 2}}, {"seed 2", {4, 2, 1}, {4, 2.5, 2}}};
  for (const PriceSeries& p : prices) {
    report.data.push_back(data_of(p, made.front().test_days));
    for (const Made& m : made) report.results.push_back(made_result(p, m));
  }
  return report;
}

PriceSeries as_of_a_market(std::string name, uint64_t seed) {
  PriceSeries prices = synthetic_prices({.seed = seed, .days = 600, .name = std::move(name)});
  prices.synthetic = false;
  return prices;
}

namespace {

class Parser {
 public:
  explicit Parser(std::string_view page) : page_(page) {}

  std::vector<Element> parse() {
    if (take("<!DOCTYPE html>\n") == false) fail("no doctype");
    while (at_ < page_.size()) {
      if (take("</")) {
        close();
      } else if (take("<")) {
        open();
      } else {
        text(page_[at_] == '&' ? entity() : std::string(1, page_[at_++]));
      }
    }
    if (!open_.empty()) fail("not closed: " + elements_[open_.back()].tag);
    return std::move(elements_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(what + " before: " + std::string(page_.substr(at_, 60)));
  }

  bool take(std::string_view text) {
    if (!page_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  std::string name() {
    const size_t end = page_.find_first_of(" =/>\n", at_);
    if (end == std::string_view::npos || end == at_) fail("no name");
    const std::string name(page_.substr(at_, end - at_));
    const bool good = name.find_first_not_of("abcdefghijklmnopqrstuvwxyzBC0123456789-") ==
                      std::string::npos;  // B and C: viewBox, and nothing else has capitals
    if (!good) fail("a strange name " + name);
    at_ = end;
    return name;
  }

  std::string entity() {
    for (const auto& [written, meant] : std::map<std::string_view, char>{
             {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}})
      if (take(written)) return std::string(1, meant);
    fail("a bare &");
  }

  void text(const std::string& piece) {
    if (open_.empty() && piece != "\n") fail("text outside");
    for (const size_t e : open_) elements_[e].text += piece;
  }

  void open() {
    Element element{name()};
    while (!take(">") && !take("/>")) {
      if (!take(" ")) fail("no end of a tag");
      const std::string key = name();
      if (!take("=\"")) fail("an attribute without quotes");
      std::string value;
      while (!take("\"")) {
        if (at_ == page_.size() || page_[at_] == '<') fail("an open attribute");
        value += page_[at_] == '&' ? entity() : std::string(1, page_[at_++]);
      }
      if (!element.attributes.emplace(key, value).second) fail("an attribute twice");
    }
    elements_.push_back(std::move(element));
    begins_.push_back(at_);
    if (page_[at_ - 2] != '/') open_.push_back(elements_.size() - 1);
  }

  void close() {
    const size_t end = at_ - 2;
    const std::string tag = name();
    if (open_.empty() || elements_[open_.back()].tag != tag) fail("closes nothing: " + tag);
    elements_[open_.back()].inner =
        std::string(page_.substr(begins_[open_.back()], end - begins_[open_.back()]));
    open_.pop_back();
    if (!take(">")) fail("no end of a tag");
  }

  std::string_view page_;
  size_t at_ = 0;
  std::vector<Element> elements_;
  std::vector<size_t> begins_, open_;
};

}  // namespace

std::vector<Element> parse_page(std::string_view page) {
  return Parser(page).parse();
}

std::vector<Element> with_tag(const std::vector<Element>& page, std::string_view tag) {
  std::vector<Element> found;
  std::copy_if(page.begin(), page.end(), std::back_inserter(found),
               [tag](const Element& e) { return e.tag == tag; });
  return found;
}

}  // namespace lathe::report::test
