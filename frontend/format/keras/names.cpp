#include "frontend/format/keras/names.h"

#include "frontend/base/letters.h"

namespace lathe::detail {

std::string keras_class(std::string_view name) {
  std::string s;
  bool first = true;
  for (char c : name) {
    if (c == '_') {
      first = true;
      continue;
    }
    s += first && is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    first = false;
  }
  return s;
}

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

}  // namespace lathe::detail
