// What was given for outputs, brought into the order of the outputs.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "ir/error.h"
#include "ir/nearest.h"
#include "lathe/outputs.h"

namespace lathe::detail {

/// Whether one value alone, without a name, is that of all outputs.
enum class OneAlone { OfAll, OfOne };

/// `a, b`.
inline std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

/// A value for each of the outputs `names`; nothing where none is given. Errors begin with `what`: for
/// another number of values, and for an unknown name, one that comes twice, and names for some alone.
template <class T>
std::vector<std::optional<T>> by_output(const PerOutput<T>& given,
                                        const std::vector<std::string>& names,
                                        const std::string& what, OneAlone one) {
  const auto& entries = given.entries();
  std::vector<std::optional<T>> all(names.size());
  if (entries.empty()) return all;
  const auto is_named = [](const auto& entry) { return !entry.output.empty(); };
  const auto named = std::count_if(entries.begin(), entries.end(), is_named);
  if (named == 0) {
    const bool fits = entries.size() == names.size();
    if (!fits && (entries.size() != 1 || one != OneAlone::OfAll))
      throw Error(what + " is given for " + std::to_string(entries.size()) + " output" +
                  (entries.size() == 1 ? "" : "s") + ", but there " +
                  (names.size() == 1
                       ? "is one"
                       : "are " + std::to_string(names.size()) + ": " + joined(names)));
    for (size_t i = 0; i < all.size(); ++i) all[i] = entries[fits ? i : 0].value;
    return all;
  }
  if (names.size() == 1 && names[0].empty())
    throw Error(what +
                " goes by the outputs' names, but the model has no input shape yet: give it " +
                "an Input, or call build");
  if (static_cast<size_t>(named) != entries.size())
    throw Error(what + " is given for some outputs by name and for others by place");
  std::vector<bool> seen(names.size());
  for (const auto& entry : entries) {
    const auto at = std::find(names.begin(), names.end(), entry.output);
    if (at == names.end())
      throw Error(what + ": " + ir::unknown_name("output", entry.output, names));
    const auto i = static_cast<size_t>(at - names.begin());
    if (seen[i]) throw Error(what + " is given twice for output " + entry.output);
    seen[i] = true;
    all[i] = entry.value;
  }
  return all;
}

}  // namespace lathe::detail
