// The page of a report (forecast_report.h).
#include <fmt/format.h>

#include <algorithm>

#include "tools/plot/svg.h"
#include "tools/report/figures.h"
#include "tools/report/findings.h"
#include "tools/report/forecast_report.h"
#include "tools/report/html.h"
#include "tools/report/page_style.h"
#include "tools/report/score_table.h"

namespace lathe::report {
namespace {

constexpr std::string_view kAbsent = "\xe2\x80\x93";             // an en dash
constexpr std::string_view kSpread = "\xc2\xb1 over the seeds";  // plus or minus

std::string or_absent(const std::string& text) {
  return text.empty() ? std::string(kAbsent) : text;
}

std::string section(std::string_view id, std::string_view title, const std::string& html) {
  return element("section", text_element("h2", title) + html,
                 fmt::format("id=\"{}\" aria-label=\"{}\"", id, plot::escaped(title)));
}

/// A sentence for each, in a frame.
std::string box(std::string_view kind, const std::vector<std::string>& texts) {
  std::string html;
  for (const std::string& text : texts) html += text_element("p", text);
  return element("div", html, fmt::format("class=\"box {}\" role=\"note\"", kind));
}

std::string_view box_kind(Finding finding) {
  switch (finding) {
    case Finding::Better:
      return "better";
    case Finding::Worse:
      return "worse";
    case Finding::Suspicious:
      return "warning";
    case Finding::TooFewRows:
    case Finding::NoBetter:
      return "";
  }
  return "";
}

std::string header(const ForecastReport& report) {
  std::string html = element("h1", badge_html(any_synthetic(report)) + plot::escaped(report.title));
  html += text_element("p", fmt::format("Made {} with", or_absent(report.made)), "class=\"faint\"");
  html += element("p", text_element("code", or_absent(report.command)), "class=\"command\"");
  if (any_synthetic(report))
    html += element(
        "div",
        element("p", badge_html(true) + plot::escaped("These prices were made by rule. They are no "
                                                      "market's, and say nothing about one.")),
        "class=\"box banner\" role=\"note\"");
  html += text_element("p", findings_summary(report.results));
  for (const std::string& warning : leak_warnings(report.results))
    html += box("warning", {warning});
  return element("header", html + list_html(report.notes));
}

std::string data_section(const ForecastReport& report) {
  HtmlTable table{"The prices that were read",
                  {{"Series"},
                   {"From"},
                   {"Days", HtmlCells::Numbers},
                   {"First"},
                   {"Last"},
                   {"Checks", HtmlCells::Words},
                   {"Note", HtmlCells::Words}},
                  {}};
  for (const DataUsed& d : report.data) {
    const bool any = d.days > 0;
    table.rows.push_back(
        {{series_label(d.series, d.synthetic), or_absent(d.source), fmt::format("{}", d.days),
          any ? d.first.to_string() : std::string(kAbsent),
          any ? d.last.to_string() : std::string(kAbsent), or_absent(d.problems),
          or_absent(d.note)}});
    table.synthetic |= d.synthetic;
  }
  return section("data", "Data",
                 report.data.empty() ? text_element("p", "No data are named.") : table_html(table));
}

/// A row a series that has parts, a column a part; parts are told by their names.
HtmlTable split_table(const ForecastReport& report) {
  HtmlTable table{"The parts of each series: days on which forecasts are made, first and last",
                  {{"Series"}},
                  {}};
  for (const DataUsed& d : report.data) {
    for (const DataPart& part : d.parts) {
      const bool known = std::any_of(table.columns.begin(), table.columns.end(),
                                     [&](const HtmlColumn& c) { return c.title == part.name; });
      if (!known) table.columns.push_back({part.name});
    }
  }
  for (const DataUsed& d : report.data) {
    if (d.parts.empty()) continue;
    HtmlTable::Row row{{series_label(d.series, d.synthetic)}};
    for (size_t c = 1; c < table.columns.size(); ++c) {
      const auto part = std::find_if(d.parts.begin(), d.parts.end(), [&](const DataPart& p) {
        return p.name == table.columns[c].title;
      });
      row.cells.push_back(part == d.parts.end()
                              ? std::string(kAbsent)
                              : fmt::format("{}: {} to {}", part->days, part->first.to_string(),
                                            part->last.to_string()));
    }
    table.rows.push_back(std::move(row));
    table.synthetic |= d.synthetic;
  }
  return table;
}

/// In a fold where they are many.
std::string pictures(const std::vector<std::string>& figures, std::string_view fold) {
  if (figures.empty()) return "";
  std::string all;
  for (const std::string& f : figures) all += f;
  const std::string html = element("div", all, "class=\"pictures\"");
  return figures.size() <= 2 ? html : element("details", text_element("summary", fold) + html);
}

std::string split_section(const ForecastReport& report, const PageOptions& options) {
  std::string html = text_element("p", or_absent(report.split));
  const HtmlTable table = split_table(report);
  if (table.columns.size() == 1)
    return section("split", "Split", html + text_element("p", "No parts are named."));
  std::vector<std::string> figures;
  for (const DataUsed& d : report.data) {
    if (d.date.empty() || d.parts.empty() || figures.size() == options.drawn) continue;
    const Picture picture = parts_picture(d);
    figures.push_back(figure_html(picture.figure, picture.caption, d.synthetic));
  }
  return section("split", "Split",
                 html + table_html(table) +
                     pictures(figures, fmt::format("Pictures of {} series", figures.size())));
}

std::string model_section(const ForecastReport& report) {
  const ModelUsed& m = report.model;
  std::string seeds;
  for (const uint64_t seed : m.seeds) seeds += fmt::format("{}{}", seeds.empty() ? "" : ", ", seed);
  std::vector<std::pair<std::string, std::string>> facts = {
      {"Parameters", fmt::format("{}", m.parameters)},
      {"Loss", or_absent(m.loss)},
      {"Optimizer", or_absent(m.optimizer)},
      {"Epochs", fmt::format("{}", m.epochs)},
      {m.seeds.size() == 1 ? "Seed" : "Seeds", or_absent(seeds)}};
  facts.insert(facts.end(), m.more.begin(), m.more.end());
  const std::string layers = m.layers.empty()
                                 ? text_element("p", "No layers are named.")
                                 : element("pre", plot::escaped(m.layers),
                                           "tabindex=\"0\" role=\"region\" aria-label=\"Layers\"");
  return section("model", "Model", layers + facts_html(facts));
}

std::string curves_section(const ForecastReport& report) {
  if (report.curves.empty())
    return section("curves", "Learning curves",
                   text_element("p", "There are none: nothing was trained."));
  const bool synthetic = any_synthetic(report);
  const Picture picture = curves_picture(report.curves, synthetic);
  return section("curves", "Learning curves",
                 figure_html(picture.figure, picture.caption, synthetic));
}

std::string columns_explained(const std::vector<const ScoreColumn*>& columns) {
  std::vector<std::string> lines = {
      "naive: as the last known price, today's close; whoever forecasts has to beat that"};
  for (const ScoreColumn* c : columns) lines.push_back(fmt::format("{}: {}", c->title, c->text));
  return list_html(lines, "class=\"explained\"");
}

std::string id_of(size_t result) {
  return fmt::format("result-{}", result + 1);
}

std::string scores_html(const ForecastResult& r, bool explain) {
  const ScoreTable scores = score_table(r, kAbsent, kSpread);
  HtmlTable table{result_title(r), {{"Forecast"}}, {}};
  table.synthetic = r.synthetic;
  for (const ScoreColumn* c : scores.columns)
    table.columns.push_back({std::string(c->title), HtmlCells::Numbers});
  for (size_t i = 0; i < scores.rows.size(); ++i) {
    HtmlTable::Row row{{scores.rows[i].name}, i == 0};
    row.cells.insert(row.cells.end(), scores.rows[i].cells.begin(), scores.rows[i].cells.end());
    table.rows.push_back(std::move(row));
  }
  return table_html(table) + list_html(score_notes(r), "class=\"explained\"") +
         (explain ? columns_explained(scores.columns)
                  : element("p", element("a", "What the columns say", "href=\"#columns\""),
                            "class=\"faint\""));
}

std::string result_html(const ForecastResult& r, size_t number, bool drawn, bool explain) {
  std::string figures;
  if (drawn) {
    for (const Picture& p : result_pictures(r))
      figures += figure_html(p.figure, p.caption, r.synthetic);
    figures = element("div", figures, "class=\"pictures\"");
  }
  std::string html = figures + scores_html(r, explain) +
                     box(box_kind(verdict(judged_seed(r).scores).finding), verdict_texts(r));
  if (looks_like_a_leak(r)) html += box("warning", {leak_warning(r)});
  return element("div", html, fmt::format("id=\"{}\"", id_of(number)));
}

/// A line a result.
std::string overview_html(const ForecastReport& report) {
  HtmlTable table{"All forecasts of the model on their test parts, a line each",
                  {{"Series"}, {"Forecast"}, {"Verdict"}, {"Days", HtmlCells::Numbers}},
                  {}};
  std::vector<const ScoreColumn*> columns, all;
  for (const ScoreColumn& c : score_columns()) {
    all.push_back(&c);
    if (!is_comparable(c)) continue;
    columns.push_back(&c);
    table.columns.push_back({std::string(c.title), HtmlCells::Numbers});
  }
  for (size_t i = 0; i < report.results.size(); ++i) {
    const ForecastResult& r = report.results[i];
    HtmlTable::Row row{{series_label(r.series, r.synthetic), target_label(r.spec),
                        std::string(finding_name(verdict(judged_seed(r).scores).finding)),
                        fmt::format("{}", r.date.size())},
                       false,
                       id_of(i)};
    for (const ScoreColumn* c : columns)
      row.cells.push_back(number_text(model_value(r, *c), c->kind, kAbsent));
    table.rows.push_back(std::move(row));
    table.synthetic |= r.synthetic;
  }
  return table_html(table) + element("div", columns_explained(all), "id=\"columns\"");
}

std::string tbrain_html(const ForecastReport& report) {
  if (report.tbrain.empty()) return "";
  HtmlTable table{"T-Brain score of the five closes ahead",
                  {{"Series"},
                   {"Forecast"},
                   {"Score", HtmlCells::Numbers},
                   {"Direction", HtmlCells::Numbers},
                   {"Closeness", HtmlCells::Numbers},
                   {"\xc2\xb1 over the seeds", HtmlCells::Numbers}},
                  {}};
  for (const TBrainRow& row : report.tbrain) {
    const TBrainSpread s = tbrain_spread(row.scores);
    const auto text = [](std::optional<double> v) {
      return number_text(v, NumberKind::R2, kAbsent);
    };
    table.rows.push_back(
        {{series_label(row.series, row.synthetic), row.forecast, text(s.mean.total),
          text(s.mean.direction), text(s.mean.closeness), text(s.deviation)},
         row.forecast == "model"});
    table.synthetic |= row.synthetic;
  }
  return text_element("h3", "T-Brain score") + table_html(table) +
         list_html({"Score: 1 at best, half for direction, half for closeness; the five days weigh "
                    ".1, .15, .2, .25 and .3",
                    "Direction: up, down or unchanged against the day before, up to 0.5",
                    "Closeness: how near the prices are, up to 0.5; naive gets nearly all of it"},
                   "class=\"explained\"");
}

std::string results_section(const ForecastReport& report, const PageOptions& options) {
  const size_t count = report.results.size();
  std::string html;
  if (count == 0) html = text_element("p", "There are none.");
  if (count == 1) {
    html = text_element("h3", result_label(report.results[0])) +
           result_html(report.results[0], 0, options.drawn > 0, true);
  }
  if (count > 1) {
    html = overview_html(report);
    if (count > options.drawn)
      html += text_element(
          "p", fmt::format("Pictures are of the first {}; tables of all.", options.drawn));
    for (size_t i = 0; i < count; ++i) {
      const ForecastResult& r = report.results[i];
      const Finding finding = verdict(judged_seed(r).scores).finding;
      html += element(
          "details",
          element("summary", text_element("h3", result_label(r)) +
                                 text_element("span", finding_name(finding), "class=\"faint\"")) +
              result_html(r, i, i < options.drawn, false),
          i == 0 ? "open=\"\"" : "");
    }
  }
  return section("forecasts", "Forecasts", html + tbrain_html(report));
}

}  // namespace

std::string to_html(const ForecastReport& report, const PageOptions& options) {
  const std::string head =
      "<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta name=\"color-scheme\" content=\"light dark\"/>\n" +
      text_element("title", any_synthetic(report) ? "SYNTHETIC: " + report.title : report.title) +
      element("style", page_style());
  const std::string body = header(report) + data_section(report) + split_section(report, options) +
                           model_section(report) + curves_section(report) +
                           results_section(report, options);
  return "<!DOCTYPE html>\n" +
         element("html", element("head", head) + element("body", element("main", body)),
                 "lang=\"en\"");
}

}  // namespace lathe::report
