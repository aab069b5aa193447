// Attributes of ops, states, kernels and functions: typed values by name, printed in name order.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace lathe::ir {

/// bool `true`, int `3`, real `0.5`, word `glorot_uniform` (quoted where it is not a plain word),
/// ints `[1, 2]`, words `[a, b]`, reals `[0.1, 2.0]`.
using Attr = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>,
                          std::vector<std::string>, std::vector<double>>;

class Attrs {
 public:
  using Map = std::map<std::string, Attr, std::less<>>;

  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  bool empty() const { return values_.empty(); }
  void set(std::string_view name, Attr value) {
    values_.insert_or_assign(std::string(name), std::move(value));
  }
  /// Plain C++ literals land on the right alternative.
  void set(std::string_view name, const char* word) { set(name, Attr(std::string(word))); }
  /// A template, or it would take every double and bool.
  template <std::same_as<int> Int>
  void set(std::string_view name, Int value) {
    set(name, Attr(int64_t{value}));
  }
  void erase(std::string_view name);

  /// The value, or `fallback` where there is none. Error when it has another type.
  bool flag(std::string_view name, bool fallback = false) const;
  int64_t integer(std::string_view name, int64_t fallback) const;
  double real(std::string_view name, double fallback) const;  ///< an int counts as a real
  std::string word(std::string_view name, std::string fallback = "") const;
  std::vector<int64_t> ints(std::string_view name) const;
  std::vector<std::string> words(std::string_view name) const;
  std::vector<double> reals(std::string_view name) const;  ///< ints count as reals

  const Attr* find(std::string_view name) const;
  Map::const_iterator begin() const { return values_.begin(); }
  Map::const_iterator end() const { return values_.end(); }
  size_t size() const { return values_.size(); }
  friend bool operator==(const Attrs&, const Attrs&) = default;

 private:
  Map values_;
};

/// `bool`, `int`, `real`, `word`, `ints`, `words` or `reals`.
std::string_view attr_type_name(const Attr& a);

}  // namespace lathe::ir
