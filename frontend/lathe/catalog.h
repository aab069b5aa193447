// What there is, by name: for lists, help texts and error messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lathe {

struct CatalogEntry {
  std::string name;  ///< its row's; an alias may be shorter
  std::string text;  ///< formula and defaults, one line
  std::vector<std::string> aliases;
};

/// activations, baselines (of forecasts of prices), callbacks, constraints, datasets, initializers,
/// layers, losses, metrics, optimizers, regularizers, schedules, targets (of forecasts of prices).
std::vector<std::string> catalog_kinds();
/// The entries of a kind. Error that lists the kinds for an unknown one.
std::vector<CatalogEntry> catalog(std::string_view kind);

}  // namespace lathe
