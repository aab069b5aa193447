// The functions of lathe/history.h.
#include "lathe/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ir/error.h"
#include "ir/nearest.h"

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

void Logs::add_group(std::string name, const std::vector<std::string>& names,
                     std::span<const double> values) {
  LATHE_CHECK(names.size() == values.size(), "a group has another number of names than numbers");
  groups_.push_back({std::move(name), entries_.size(), names.size()});
  for (size_t i = 0; i < names.size(); ++i) add(names[i], values[i]);
}

void Logs::append(const Logs& other, const std::string& prefix) {
  for (const Group& g : other.groups_)
    groups_.push_back({prefix + g.name, entries_.size() + g.first, g.count});
  for (const Entry& e : other.entries_) add(prefix + e.first, e.second);
  for (const LogTable& t : other.tables_) add_table({prefix + t.name, t.rows, t.columns, t.values});
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
  for (const Group& g : groups_)
    if (g.name == name)
      throw Error(fmt::format("'{}' is {} numbers, {} to {}: name one of them", name, g.count,
                              entries_[g.first].first, entries_[g.first + g.count - 1].first));
  for (const LogTable& t : tables_)
    if (t.name == name)
      throw Error(fmt::format("'{}' is a table, not one number: table(\"{}\") has it", name, name));
  throw Error(ir::unknown_name("value", name, names));
}

std::vector<double> Logs::numbers(std::string_view name) const {
  for (const LogTable& t : tables_)
    if (t.name == name) return t.values;
  for (const Group& g : groups_) {
    if (g.name != name) continue;
    std::vector<double> values;
    for (size_t i = g.first; i < g.first + g.count; ++i) values.push_back(entries_[i].second);
    return values;
  }
  return {(*this)[name]};
}

const LogTable& Logs::table(std::string_view name) const {
  std::vector<std::string> names;
  for (const LogTable& t : tables_) {
    if (t.name == name) return t;
    names.push_back(t.name);
  }
  if (names.empty()) throw Error(fmt::format("there is no table '{}', nor any other", name));
  throw Error(ir::unknown_name("table", name, names));
}

std::vector<Logs::Short> Logs::in_short() const {
  std::vector<Short> all;
  auto group = groups_.begin();
  for (size_t i = 0; i < entries_.size();) {
    if (group == groups_.end() || group->first != i) {
      all.push_back({entries_[i].first, entries_[i].second, entries_[i].second, false});
      ++i;
      continue;
    }
    Short s{group->name, entries_[i].second, entries_[i].second, true};
    for (size_t k = i; k < i + group->count; ++k) {
      const double value = entries_[k].second;
      s.least = std::isnan(value) ? value : std::min(value, s.least);
      s.most = std::isnan(value) ? value : std::max(value, s.most);
      if (std::isnan(value)) break;  // that one says more than the others
    }
    all.push_back(std::move(s));
    i += group->count;
    ++group;
  }
  return all;
}

std::string Logs::to_string() const {
  std::string s;
  for (const Short& e : in_short()) {
    s += (s.empty() ? "" : "  ") + e.name + " " + number(e.least);
    if (e.group) s += ".." + number(e.most);
  }
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
