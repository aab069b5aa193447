// PriceTask: its parts by name, its check and its JSON.
#include "lathe/price_task.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ir/error.h"

namespace lathe {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kLongestWindow = 10'000;

template <class T, class F>
void check_each_once(const std::vector<T>& all, const char* what, F&& name) {
  if (all.empty()) throw Error(std::string("a task of prices needs a ") + what);
  for (size_t i = 0; i < all.size(); ++i)
    if (std::find(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i), all[i]) !=
        all.begin() + static_cast<std::ptrdiff_t>(i))
      throw Error(std::string(what) + " " + std::string(name(all[i])) + " is named twice");
}

template <class T, class F>
Json names(const std::vector<T>& all, F&& name) {
  Json list = Json::array();
  for (const T& one : all) list.push_back(name(one));
  return list;
}

template <class F>
auto read_names(const Json& list, F&& read) {
  std::vector<decltype(read(std::string()))> all;
  for (const Json& one : list) all.push_back(read(one.get<std::string>()));
  return all;
}

constexpr auto kFieldName = [](PriceField field) { return to_string(field); };
constexpr auto kTargetName = [](ForecastTarget target) { return to_string(target); };
constexpr auto kSame = [](const std::string& name) -> const std::string& { return name; };

}  // namespace

TargetSpec PriceTask::spec(size_t target, int64_t ahead) const {
  return {targets.at(target), ahead, rise_over};
}

bool PriceTask::learns_rise(size_t target) const {
  return form != PriceForm::Raw && targets.at(target) != ForecastTarget::Direction;
}

std::vector<PriceField> PriceTask::columns() const {
  std::vector<PriceField> all = features;
  if (form != PriceForm::Raw && std::find(all.begin(), all.end(), PriceField::Close) == all.end())
    all.push_back(PriceField::Close);
  return all;
}

void PriceTask::check() const {
  if (window < 1 || window > kLongestWindow)
    throw Error("a window has 1 to " + std::to_string(kLongestWindow) + " days, not " +
                std::to_string(window));
  if (horizon < 1 || horizon > kLongestHorizon)
    throw Error("forecasts are for 1 to " + std::to_string(kLongestHorizon) + " days ahead, not " +
                std::to_string(horizon));
  check_each_once(features, "feature", kFieldName);
  check_each_once(targets, "target", kTargetName);
  if (series.empty()) throw Error("a task of prices needs a series, whose prices are forecast");
  std::vector<std::string> all = series;
  all.insert(all.end(), companions.begin(), companions.end());
  check_each_once(all, "series", kSame);
  if (pooled() && !companions.empty())
    throw Error("other series' windows can be inputs where one series is forecast, not " +
                std::to_string(series.size()));
  if (form == PriceForm::Raw &&
      std::find(targets.begin(), targets.end(), ForecastTarget::AdjClose) != targets.end())
    throw Error(
        "the level of adj_close knows of later dividends: it can't be forecast as it is, raw; "
        "take the form log or ratio");
}

std::string PriceTask::to_json() const {
  return Json{{"window", window},
              {"features", names(features, kFieldName)},
              {"form", to_string(form)},
              {"targets", names(targets, kTargetName)},
              {"rise_over", to_string(rise_over)},
              {"horizon", horizon},
              {"series", series},
              {"companions", companions}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

PriceTask PriceTask::from_json(std::string_view text, const std::string& source) {
  try {
    const Json j = Json::parse(text);
    PriceTask task;
    task.window = j.at("window").get<int64_t>();
    task.features =
        read_names(j.at("features"), [](const std::string& s) { return price_field(s); });
    task.form = price_form(j.at("form").get<std::string>());
    task.targets =
        read_names(j.at("targets"), [](const std::string& s) { return forecast_target(s); });
    task.rise_over = lathe::rise_base(j.at("rise_over").get<std::string>());
    task.horizon = j.at("horizon").get<int64_t>();
    task.series = j.at("series").get<std::vector<std::string>>();
    task.companions = j.at("companions").get<std::vector<std::string>>();
    task.check();
    return task;
  } catch (const nlohmann::json::exception&) {
    throw Error(source + ": is no task of prices, as PriceTask::to_json writes it");
  } catch (const Error& e) {
    throw Error(source + ": " + e.what());
  }
}

}  // namespace lathe
