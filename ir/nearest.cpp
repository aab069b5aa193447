#include "ir/nearest.h"

#include <algorithm>

namespace lathe::ir {

namespace {

char lower(char c) {
  if (c == '-') return '_';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Letters to insert, remove or replace, or neighbours to swap, to get from a to b.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + !same});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]))
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest_name(std::string_view given, const std::vector<std::string>& known) {
  if (given.size() > 64) return "";  // no slip: and the distance takes quadratic time
  std::string best;
  size_t least = std::max<size_t>(1, given.size() / 3) + 1;
  for (const std::string& name : known) {
    const size_t distance = edit_distance(given, name);
    if (distance >= least) continue;
    least = distance;
    best = name;
  }
  return best;
}

std::string unknown_name(std::string_view kind, std::string_view given,
                         const std::vector<std::string>& known,
                         const std::vector<std::string>& listed) {
  std::string text = "unknown " + std::string(kind) + " '" + std::string(given.substr(0, 64)) + "'";
  if (std::string near = nearest_name(given, known); !near.empty())
    return text + "; did you mean '" + near + "'?";
  text += "; known are ";
  const char* between = "";
  for (const std::string& name : listed.empty() ? known : listed) {
    text += between + name;
    between = ", ";
  }
  return text;
}

}  // namespace lathe::ir
