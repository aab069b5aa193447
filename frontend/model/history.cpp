// The functions of lathe/history.h.
#include "lathe/history.h"

#include <fmt/format.h>

#include <cmath>

#include "frontend/base/nearest.h"
#include "ir/error.h"

namespace lathe {

namespace {

std::string number(double v) {
  if (!std::isfinite(v)) return std::isnan(v) ? "nan" : v < 0 ? "-inf" : "inf";
  const double size = std::abs(v);
  return size != 0 && (size < 1e-3 || size >= 1e5) ? fmt::format("{:.4e}", v)
                                                   : fmt::format("{:.4f}", v);
}

}  // namespace

bool Logs::has(std::string_view name) const {
  for (const Entry& e : entries_)
    if (e.first == name) return true;
  return false;
}

void Logs::set(std::string_view name, double value) {
  for (Entry& e : entries_)
    if (e.first == name) {
      e.second = value;
      return;
    }
  entries_.emplace_back(name, value);
}

double Logs::operator[](std::string_view name) const {
  std::vector<std::string> names;
  for (const Entry& e : entries_) {
    if (e.first == name) return e.second;
    names.push_back(e.first);
  }
  throw Error(unknown_name("value", name, names));
}

std::string Logs::to_string() const {
  std::string s;
  for (const Entry& e : entries_) s += (s.empty() ? "" : "  ") + e.first + " " + number(e.second);
  return s;
}

std::string EpochResult::to_string() const {
  return fmt::format("epoch {}/{}  {:.2f} s  {:.0f}/s  {}", epoch, epochs, seconds, rows_per_second,
                     logs.to_string());
}

std::vector<double> History::operator[](std::string_view name) const {
  std::vector<double> values;
  for (const EpochResult& e : epochs) values.push_back(e.logs[name]);
  return values;
}

const EpochResult& History::last() const {
  if (epochs.empty()) throw Error("no epoch was trained");
  return epochs.back();
}

}  // namespace lathe
