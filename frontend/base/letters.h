// Upper and lower case of ASCII, whatever the locale; names as Keras forms them.
#pragma once

#include <string>
#include <string_view>

namespace lathe {

inline bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
inline bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
inline char lower_case(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
inline std::string lower_case(std::string text) {
  for (char& c : text) c = lower_case(c);
  return text;
}

/// As Keras does it: `InputLayer` becomes `input_layer`, `PReLU` `p_re_lu`, `RMSNormalization`
/// `rms_normalization`.
inline std::string snake_case(std::string_view type) {
  std::string s;
  for (size_t i = 0; i < type.size(); ++i) {
    const bool next = i + 1 < type.size() && is_lower(type[i + 1]);
    if (i > 0 && is_upper(type[i]) && (is_lower(type[i - 1]) || next)) s += '_';
    s += lower_case(type[i]);
  }
  return s;
}

/// The class of what has such a name: `GlorotUniform` of `glorot_uniform`, `L1L2` of `l1_l2`.
inline std::string class_case(std::string_view name) {
  std::string s;
  bool first = true;
  for (char c : name) {
    if (c != '_') s += first && is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    first = c == '_';
  }
  return s;
}

}  // namespace lathe
