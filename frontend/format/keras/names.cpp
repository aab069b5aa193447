#include "frontend/format/keras/names.h"

#include <map>
#include <set>

#include "frontend/base/letters.h"

namespace lathe::detail {

bool same_keras_name(std::string_view a, std::string_view b) {
  const auto bare = [](std::string_view name) {
    std::string s;
    for (char c : name)
      if (c != '_') s += lower_case(c);
    return s;
  };
  return bare(a) == bare(b);
}

std::string plain_layer_name(std::string name) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (char& c : name)
    if (!(is_upper(c) || is_lower(c) || digit(c))) c = '_';
  if (!name.empty() && digit(name[0])) name.insert(0, "_");
  return name;
}

std::vector<std::string> plain_layer_names(const std::vector<std::string>& names) {
  std::map<std::string, std::string> plain = {{"", ""}};
  std::set<std::string> taken;
  for (const std::string& name : names)
    if (plain_layer_name(name) == name && plain.emplace(name, name).second) taken.insert(name);
  std::map<std::string, int> used;  // numbers: many names may become the same
  std::vector<std::string> all;
  for (const std::string& name : names) {
    std::string& made = plain[name];
    if (!name.empty() && made.empty()) {
      const std::string base = plain_layer_name(name);
      for (made = base; !taken.insert(made).second;)
        made = base + "_" + std::to_string(++used[base]);
    }
    all.push_back(made);
  }
  return all;
}

}  // namespace lathe::detail
