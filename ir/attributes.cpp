#include "ir/attributes.h"

#include "ir/error.h"

namespace lathe::ir {

std::string_view attr_type_name(const Attr& a) {
  static constexpr std::string_view kNames[] = {"bool", "int",   "real", "word",
                                                "ints", "words", "reals"};
  return kNames[a.index()];
}

void Attrs::erase(std::string_view name) {
  if (auto it = values_.find(name); it != values_.end()) values_.erase(it);
}

const Attr* Attrs::find(std::string_view name) const {
  auto it = values_.find(name);
  return it == values_.end() ? nullptr : &it->second;
}

namespace {

[[noreturn]] void wrong_type(std::string_view name, const Attr& a, const char* wanted) {
  throw Error("attribute '" + std::string(name) + "' must be of type " + wanted + ", not " +
              std::string(attr_type_name(a)));
}

template <class T>
T get(const Attrs& attrs, std::string_view name, T fallback, const char* type) {
  const Attr* a = attrs.find(name);
  if (!a) return fallback;
  if (auto* v = std::get_if<T>(a)) return *v;
  wrong_type(name, *a, type);
}

}  // namespace

bool Attrs::flag(std::string_view name, bool fallback) const {
  return get<bool>(*this, name, fallback, "bool");
}
int64_t Attrs::integer(std::string_view name, int64_t fallback) const {
  return get<int64_t>(*this, name, fallback, "int");
}
double Attrs::real(std::string_view name, double fallback) const {
  const Attr* a = find(name);
  if (a)
    if (auto* v = std::get_if<int64_t>(a)) return static_cast<double>(*v);
  return get<double>(*this, name, fallback, "real");
}
std::string Attrs::word(std::string_view name, std::string fallback) const {
  return get<std::string>(*this, name, std::move(fallback), "word");
}
std::vector<int64_t> Attrs::ints(std::string_view name) const {
  return get<std::vector<int64_t>>(*this, name, {}, "ints");
}
std::vector<std::string> Attrs::words(std::string_view name) const {
  return get<std::vector<std::string>>(*this, name, {}, "words");
}
std::vector<double> Attrs::reals(std::string_view name) const {
  if (const Attr* a = find(name))
    if (auto* v = std::get_if<std::vector<int64_t>>(a)) return {v->begin(), v->end()};
  return get<std::vector<double>>(*this, name, {}, "reals");
}

}  // namespace lathe::ir
