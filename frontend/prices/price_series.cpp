// The tables of lathe/prices.h: fields and kinds of problems, and what was found as text.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "frontend/base/letters.h"
#include "ir/error.h"
#include "ir/nearest.h"
#include "lathe/prices.h"

namespace lathe {

namespace {

constexpr auto kFields = std::to_array<PriceFieldRow>({
#define PRICE_FIELD(Id, member, title, presence, aliases, text) \
  {PriceField::Id, #member, title, text},
#include "frontend/prices/price_fields.def"
});

constexpr auto kKinds = std::to_array<PriceProblemRow>({
#define PRICE_PROBLEM(Id, name, action, text) \
  {PriceProblemKind::Id, #name, PriceAction::action, text},
#include "frontend/prices/price_problems.def"
});

}  // namespace

std::span<const PriceFieldRow> price_fields() {
  return kFields;
}

std::string_view to_string(PriceField field) {
  return kFields.at(static_cast<size_t>(field)).name;
}

PriceField price_field(std::string_view name) {
  const std::string given = lower_case(std::string(name));
  std::vector<std::string> known;
  for (const PriceFieldRow& row : kFields) {
    if (given == row.name || given == lower_case(std::string(row.title))) return row.field;
    known.emplace_back(row.name);
  }
  throw Error(ir::unknown_name("price field", name, known));
}

const std::vector<double>& PriceSeries::operator[](PriceField field) const {
  switch (field) {
#define PRICE_FIELD(Id, member, ...) \
  case PriceField::Id:               \
    return member;
#include "frontend/prices/price_fields.def"
  }
  internal_error(__FILE__, __LINE__, "a price field that is none");
}

std::vector<double>& PriceSeries::operator[](PriceField field) {
  return const_cast<std::vector<double>&>(std::as_const(*this)[field]);
}

std::span<const PriceProblemRow> price_problem_kinds() {
  return kKinds;
}

std::string_view to_string(PriceProblemKind kind) {
  return kKinds.at(static_cast<size_t>(kind)).name;
}

std::string_view to_string(PriceAction action) {
  switch (action) {
    case PriceAction::Dropped:
      return "dropped";
    case PriceAction::Repaired:
      return "repaired";
    case PriceAction::Noted:
      return "noted";
  }
  internal_error(__FILE__, __LINE__, "an action that is none");
}

PriceAction action_of(PriceProblemKind kind) {
  return kKinds.at(static_cast<size_t>(kind)).action;
}

int64_t ReadPrices::count(PriceProblemKind kind) const {
  return std::count_if(problems.begin(), problems.end(),
                       [&](const PriceProblem& p) { return p.kind == kind; });
}

int64_t ReadPrices::count(PriceAction action) const {
  return std::count_if(problems.begin(), problems.end(),
                       [&](const PriceProblem& p) { return action_of(p.kind) == action; });
}

std::string problem_summary(const ReadPrices& prices) {
  std::string text;
  for (PriceAction action : {PriceAction::Dropped, PriceAction::Repaired, PriceAction::Noted}) {
    const int64_t all = prices.count(action);
    if (all == 0) continue;
    const char* rows = action != PriceAction::Dropped ? "" : all == 1 ? "row " : "rows ";
    text += fmt::format("{}{} {}{} (", text.empty() ? "" : ", ", all, rows, to_string(action));
    const char* between = "";
    for (const PriceProblemRow& row : kKinds) {
      const int64_t n = row.action == action ? prices.count(row.kind) : 0;
      if (n == 0) continue;
      text += fmt::format("{}{} {}", between, n, row.name);
      between = ", ";
    }
    text += ")";
  }
  return text.empty() ? "nothing dropped, repaired or noted" : text;
}

std::vector<std::string> problem_lines(const ReadPrices& prices) {
  std::vector<std::string> lines;
  for (const PriceProblem& p : prices.problems) {
    const std::string date = p.date ? ", " + p.date->to_string() : "";
    lines.push_back(fmt::format("line {}{}: {}, {}: {}", p.line, date, to_string(action_of(p.kind)),
                                to_string(p.kind), p.text));
  }
  return lines;
}

}  // namespace lathe
