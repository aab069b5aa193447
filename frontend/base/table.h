// Rows that are chosen by a name with options (spec.h): activations, initialisers, regularisers,
// losses, metrics, constraints, schedules, optimisers. A row has a `name`; some have `aliases`, the
// `options` it takes, and a `check` of them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/base/spec.h"
#include "ir/error.h"
#include "ir/nearest.h"

namespace lathe {

template <class Row>
bool is_called(const Row& row, std::string_view name) {
  if (row.name == name) return true;
  if constexpr (requires { row.aliases; })
    return std::find(row.aliases.begin(), row.aliases.end(), name) != row.aliases.end();
  return false;
}

/// The row of that name or alias; null where there is none.
template <class Table>
auto find_row(const Table& table, std::string_view name) -> decltype(&*table.begin()) {
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const auto& r) { return is_called(r, name); });
  return row == table.end() ? nullptr : &*row;
}

/// Every name and alias.
template <class Table>
std::vector<std::string> row_names(const Table& table) {
  std::vector<std::string> names;
  for (const auto& row : table) {
    names.emplace_back(row.name);
    if constexpr (requires { row.aliases; })
      names.insert(names.end(), row.aliases.begin(), row.aliases.end());
  }
  return names;
}

/// A name for each row.
template <class Table>
std::vector<std::string> first_names(const Table& table) {
  std::vector<std::string> names;
  for (const auto& row : table) names.emplace_back(row.name);
  return names;
}

/// Error, with the nearest one, unless the option is one of these words.
inline void check_one_of(const Options& options, const char* option,
                         const std::vector<std::string>& known) {
  const std::string value = options.word(option);
  if (std::find(known.begin(), known.end(), value) == known.end())
    throw Error(ir::unknown_name(option, value, known));
}

/// The row of that name or alias. Error with the nearest name where there is none.
template <class Table>
auto& known_row(const Table& table, std::string_view name, std::string_view kind) {
  if (const auto* row = find_row(table, name)) return *row;
  throw Error(ir::unknown_name(kind, name, row_names(table), first_names(table)));
}

template <class Row>
struct Chosen {
  const Row& row;
  Options options;  ///< with the defaults filled in
};

/// What `spec` chooses. Error, which names `kind` and row, for an unknown name and for options that
/// the row does not take.
template <class Table>
auto choose(const Table& table, const Spec& spec, const std::string& kind) {
  const auto& row = known_row(table, spec.name, kind);
  const std::string where = kind + " '" + std::string(row.name) + "'";
  using Row = std::decay_t<decltype(row)>;
  Chosen<Row> chosen{row, spec_options(spec, row.options, where)};
  if constexpr (requires { row.check(chosen.options); }) {
    try {
      if (row.check) row.check(chosen.options);
    } catch (const Error& e) {
      throw Error(where + ": " + e.what());
    }
  }
  return chosen;
}

}  // namespace lathe
