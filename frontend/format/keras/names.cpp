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

}  // namespace lathe::detail
