#include "tools/report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace lathe::report {
namespace {

using plot::Axis;
using plot::Figure;
using plot::Ink;
using plot::Mark;
using plot::Panel;
using plot::Scale;
using plot::Series;

// Two stand beside each other on a wide screen; on a narrow one their letters can still be read.
constexpr plot::PanelSize kPanel = {440, 270};
constexpr double kTitle = 13.5;
constexpr size_t kLastDays = 60;

using Numbers = std::vector<double>;

Numbers days_of(std::span<const Date> dates) {
  Numbers days;
  for (const Date date : dates) days.push_back(date.days());
  return days;
}

Series line(std::string name, Numbers x, Numbers y, Ink ink, double width = 1.2,
            Mark mark = Mark::Line) {
  Series s{std::move(name), std::move(x), std::move(y), ink, mark};
  s.line = width;
  return s;
}

/// Where nothing is.
Series zero_line(const Numbers& x) {
  return line("", {x.front(), x.back()}, {0, 0}, Ink::Axis, 1);
}

Figure one_panel(std::string title, Axis x, Axis y, std::vector<Series> series) {
  return {
      std::move(title), {Panel{"", std::move(x), std::move(y), std::move(series)}}, kTitle, kPanel};
}

Axis time_axis() {
  return {"", Scale::Time, {}, {}};
}

Axis number_axis(std::string label) {
  return {std::move(label), Scale::Linear, {}, {}};
}

std::string titled(const ForecastResult& r, std::string_view what) {
  return fmt::format("{}: {}", series_label(r.series, r.synthetic), what);
}

/// Of several seeds which one it is.
std::string of_seed(const ForecastResult& r) {
  if (r.model.size() < 2) return "";
  return fmt::format(" Of seed {}, the one in the middle.", judged_seed(r).seed);
}

Picture forecast_picture(const ForecastResult& r, size_t first, std::string_view title,
                         std::string_view caption) {
  const auto from = [first](const auto& all) {
    return Numbers(all.begin() + static_cast<std::ptrdiff_t>(first), all.end());
  };
  const Numbers x = from(days_of(r.date));
  const bool few = x.size() <= kLastDays;
  std::vector<Series> series = {line("actual", x, from(r.actual), Ink::Curve1, few ? 2 : 1.6)};
  if (few && !r.naive.empty())
    series.push_back(line("naive", x, from(r.naive), Ink::Curve8, 1.2, Mark::Dashed));
  series.push_back(
      line("forecast", x, from(judged_seed(r).forecast), Ink::Curve2, few ? 1.6 : 0.9));
  return {one_panel(titled(r, title), time_axis(),
                    number_axis(std::string(target_units(r.spec.target))), std::move(series)),
          std::string(caption) + of_seed(r)};
}

Numbers errors_of(const ForecastResult& r, const Numbers& forecast) {
  Numbers errors;
  for (size_t i = 0; i < forecast.size(); ++i) errors.push_back(forecast[i] - r.actual[i]);
  return errors;
}

Picture error_picture(const ForecastResult& r) {
  const Numbers x = days_of(r.date);
  return {one_panel(
              titled(r, "error over time"), time_axis(),
              number_axis(fmt::format("forecast less actual, {}", target_units(r.spec.target))),
              {zero_line(x), line("", x, errors_of(r, judged_seed(r).forecast), Ink::Curve2, 0.8)}),
          "Error of each day: a forecast above zero was too high." + of_seed(r)};
}

Picture lead_picture(const ForecastResult& r) {
  const Numbers x = days_of(r.date), ours = errors_of(r, judged_seed(r).forecast),
                naives = errors_of(r, r.naive);
  Numbers sums;
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i)
    sums.push_back(sum += std::fabs(ours[i]) - std::fabs(naives[i]));
  return {one_panel(titled(r, "ahead of naive or behind"), time_axis(),
                    number_axis(fmt::format("sum, {}", target_units(r.spec.target))),
                    {zero_line(x), line("", x, std::move(sums), Ink::Curve3, 1.6)}),
          "Absolute errors less naive's, added up: where it falls the model is better than naive, "
          "where it rises worse." +
              of_seed(r)};
}

/// Right directions less wrong ones so far. A day without a direction counts as neither.
Numbers hits_so_far(const Numbers& rises, const Numbers& leans) {
  Numbers sums;
  double sum = 0;
  for (size_t i = 0; i < rises.size(); ++i) {
    const double same = rises[i] * leans[i];
    sums.push_back(sum += same > 0 ? 1 : same < 0 ? -1 : 0);
  }
  return sums;
}

Picture hits_picture(const ForecastResult& r) {
  const Numbers x = days_of(r.date);
  const Numbers up(r.actual_rise.size(), 1);
  return {
      one_panel(
          titled(r, "hits less misses"), time_axis(), number_axis("days"),
          {zero_line(x),
           line("always up", x, hits_so_far(r.actual_rise, up), Ink::Curve8, 1.2, Mark::Dashed),
           line("forecast", x, hits_so_far(r.actual_rise, judged_seed(r).lean), Ink::Curve2, 1.6)}),
      "Days of which the direction was right, less those of which it was wrong, so far." +
          of_seed(r)};
}

Picture scatter_picture(const ForecastResult& r) {
  const bool priced = r.spec.target != ForecastTarget::Direction;
  const Numbers &x = judged_seed(r).lean, &y = r.actual_rise;
  const auto [left, right] = std::minmax_element(x.begin(), x.end());
  const auto [low, high] = std::minmax_element(y.begin(), y.end());
  std::vector<Series> series = {
      line("", {std::min(*left, 0.0), std::max(*right, 0.0)}, {0, 0}, Ink::Axis, 1),
      line("", {0, 0}, {std::min(*low, 0.0), std::max(*high, 0.0)}, Ink::Axis, 1)};
  Series dots{"a day", x, y, Ink::Curve1, Mark::Dots};
  dots.dot = 2.2;
  dots.opacity = 0.35;
  series.push_back(std::move(dots));
  if (priced) {
    // As far as both axes go.
    const double from = std::max(std::min(*left, 0.0), std::min(*low, 0.0));
    const double to = std::min(std::max(*right, 0.0), std::max(*high, 0.0));
    series.push_back(
        line("forecast = actual", {from, to}, {from, to}, Ink::Curve2, 1.6, Mark::Dashed));
  }
  return {one_panel(titled(r, "forecast and actual rise"),
                    number_axis(priced ? "forecast rise over the last known price, %"
                                       : "forecast less 0.5: above 0 it says up"),
                    number_axis("actual rise, %"), std::move(series)),
          (priced ? "A dot a day. Good forecasts lie along the dashed line; in the quarters top "
                    "right and bottom left the direction was right. The axes have scales of their "
                    "own."
                  : "A dot a day. In the quarters top right and bottom left the direction was "
                    "right.") +
              of_seed(r)};
}

double middle_of(Numbers values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/// Of each epoch what `pick` makes of the curves that have got so far.
template <class Pick>
Numbers by_epoch(std::span<const LearningCurve> curves, Numbers LearningCurve::* column,
                 Pick pick) {
  Numbers out;
  for (size_t epoch = 0;; ++epoch) {
    Numbers values;
    for (const LearningCurve& c : curves) {
      if (epoch < (c.*column).size() && std::isfinite((c.*column)[epoch]))
        values.push_back((c.*column)[epoch]);
    }
    if (values.empty()) return out;
    out.push_back(pick(values));
  }
}

Numbers epochs(size_t count) {
  Numbers all;
  for (size_t i = 1; i <= count; ++i) all.push_back(static_cast<double>(i));
  return all;
}

/// Those of a single curve, or each one's of a few.
std::vector<Series> single_curves(std::span<const LearningCurve> curves) {
  std::vector<Series> series;
  const bool one = curves.size() == 1;
  for (size_t i = 0; i < curves.size(); ++i) {
    const LearningCurve& c = curves[i];
    const auto add = [&](const Numbers& loss, const char* part, Ink ink, Mark mark) {
      if (loss.empty()) return;
      std::string name = one ? part : fmt::format("{}, {}", c.name, part);
      series.push_back(line(std::move(name), epochs(loss.size()), loss, ink, 1.6, mark));
    };
    add(c.loss, "training", plot::curve_ink(one ? 0 : i), Mark::Dashed);
    add(c.val_loss, "validation", plot::curve_ink(one ? 1 : i), Mark::Line);
  }
  return series;
}

std::vector<Series> range_of_curves(std::span<const LearningCurve> curves) {
  std::vector<Series> series;
  const auto add = [&](Numbers LearningCurve::* column, const char* part, Ink ink) {
    const auto extreme = [&](auto pick) {
      Numbers y = by_epoch(curves, column, pick);
      series.push_back(line(fmt::format("{}, least and most", part), epochs(y.size()), std::move(y),
                            ink, 0.8, Mark::Dashed));
    };
    Numbers middle = by_epoch(curves, column, middle_of);
    if (middle.empty()) return;
    const size_t count = middle.size();
    series.push_back(
        line(fmt::format("{}, middle", part), epochs(count), std::move(middle), ink, 2));
    extreme([](const Numbers& v) { return *std::min_element(v.begin(), v.end()); });
    extreme([](const Numbers& v) { return *std::max_element(v.begin(), v.end()); });
  };
  add(&LearningCurve::loss, "training", Ink::Curve1);
  add(&LearningCurve::val_loss, "validation", Ink::Curve2);
  return series;
}

/// Logarithmic where losses are so far apart that a first one would flatten the others.
Scale scale_of(const std::vector<Series>& series) {
  constexpr double kFar = 50;
  double low = INFINITY, high = -INFINITY;
  for (const Series& s : series) {
    for (const double v : s.y) {
      if (!std::isfinite(v)) continue;
      low = std::min(low, v);
      high = std::max(high, v);
    }
  }
  return low > 0 && high > kFar * low ? Scale::Log : Scale::Linear;
}

}  // namespace

Picture parts_picture(const DataUsed& data) {
  // The last close of each week: days would not be seen, and make the page ten times as large.
  Numbers x, y;
  for (size_t i = 0; i < data.date.size(); ++i) {
    const bool last =
        i + 1 == data.date.size() || data.date[i + 1] - data.date[i] > 6 - data.date[i].weekday();
    if (!last) continue;
    x.push_back(data.date[i].days());
    y.push_back(data.close[i]);
  }
  std::vector<Series> series;
  for (size_t p = 0; p < data.parts.size(); ++p) {
    const DataPart& part = data.parts[p];
    Series s = line(part.name, {}, {}, plot::curve_ink(p), 1.4);
    for (size_t i = 0; i < x.size(); ++i) {
      if (x[i] < part.first.days() || x[i] > part.last.days()) continue;
      s.x.push_back(x[i]);
      s.y.push_back(y[i]);
    }
    series.push_back(std::move(s));
  }
  return {one_panel(fmt::format("{}: close and parts", series_label(data.series, data.synthetic)),
                    time_axis(), number_axis("price"), std::move(series)),
          "The last close of each week. What lies at another level than the training part is new "
          "to a model that sees raw prices."};
}

Picture curves_picture(std::span<const LearningCurve> curves, bool synthetic) {
  constexpr size_t kFew = 4;
  std::vector<Series> series =
      curves.size() <= kFew ? single_curves(curves) : range_of_curves(curves);
  const Scale scale = scale_of(series);
  Axis y{scale == Scale::Log ? "loss, logarithmic" : "loss", scale, {}, {}};
  std::string title = synthetic ? "loss by epoch (SYNTHETIC)" : "loss by epoch";
  return {
      one_panel(std::move(title), {"epoch", Scale::Whole, {}, {}}, std::move(y), std::move(series)),
      curves.size() <= kFew
          ? "Dashed: on the training part. In one line: on the validation part."
          : fmt::format("{} trainings: what lies in the middle at each epoch, and the least "
                        "and the largest, dashed.",
                        curves.size())};
}

std::vector<Picture> result_pictures(const ForecastResult& result) {
  std::vector<Picture> all;
  const size_t rows = result.date.size();
  const bool priced = result.spec.target != ForecastTarget::Direction;
  if (rows > kLastDays)
    all.push_back(forecast_picture(
        result, 0, "forecast and actual",
        priced ? "The whole test part. Two lines on each other prove nothing: naive's would, too."
               : "The whole test part."));
  all.push_back(forecast_picture(
      result, rows - std::min(rows, kLastDays),
      fmt::format("last {} days", std::min(rows, kLastDays)),
      priced ? "Close up: a forecast that follows the naive one, a day late, knows no more."
             : "Close up."));
  if (priced) {
    all.push_back(error_picture(result));
    all.push_back(lead_picture(result));
  } else {
    all.push_back(hits_picture(result));
  }
  all.push_back(scatter_picture(result));
  return all;
}

}  // namespace lathe::report
