#include "tests/keras/reference.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <ostream>
#include <set>
#include <sstream>

namespace lathe::test {

const Json& keras_file(const std::string& name) {
  static std::map<std::string, Json> files;
  const auto [at, fresh] = files.try_emplace(name);
  if (fresh) {
    const std::string path = std::string(LATHE_KERAS_FILES) + "/" + name + ".json";
    std::ifstream in(path);
    if (!in) throw Error(path + ": cannot be read");
    at->second = Json::parse(in);
  }
  return at->second;
}

Numbers numbers_of(const Json& list) {
  Numbers values;
  for (const Json& v : list) {
    if (v.is_number()) {
      values.push_back(v.get<double>());
      continue;
    }
    const std::string text = v;
    const double inf = std::numeric_limits<double>::infinity();
    values.push_back(text == "inf" ? inf : text == "-inf" ? -inf : std::nan(""));
  }
  return values;
}

std::vector<Entry> keras_entries(const std::string& file) {
  std::vector<Entry> entries;
  for (const Json& e : keras_file(file).at("entries")) entries.push_back({&e});
  return entries;
}

std::ostream& operator<<(std::ostream& out, const Entry& entry) {
  return out << entry.spec();
}

std::string test_name(size_t index, const Entry& entry) {
  std::string name = entry.name();
  std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; });
  return name + std::to_string(index);
}

bool may_be_missing(const Entry& entry) {
  static const std::set<std::string> missing = [] {
    const std::string path = std::string(LATHE_KERAS_FILES) + "/../not_built.txt";
    std::ifstream in(path);
    if (!in) throw Error(path + ": cannot be read");
    std::set<std::string> lines;
    for (std::string line; std::getline(in, line);)
      if (!line.empty() && line[0] != '#') lines.insert(line);
    return lines;
  }();
  return missing.count(entry.spec()) > 0;
}

std::string not_built(const char* kind, const Entry& entry) {
  for (const CatalogEntry& e : catalog(kind))
    if (e.name == entry.name() || std::ranges::count(e.aliases, entry.name()) > 0) return "";
  return "not built yet: " + entry.spec();
}

bool Tolerance::accepts(double actual, double expected) const {
  if (actual == expected || std::isnan(expected)) return true;
  if (is_f32) {
    constexpr double kLargest = std::numeric_limits<float>::max();
    if (std::fabs(expected) > kLargest)
      return std::fabs(actual) >= kLargest && std::signbit(actual) == std::signbit(expected);
  }
  return std::fabs(actual - expected) <= relative * std::max(std::fabs(expected), floor);
}

std::string differences(const std::string& what, const Numbers& actual, const Numbers& expected,
                        const Tolerance& tolerance) {
  if (actual.size() != expected.size())
    return what + ": " + std::to_string(actual.size()) + " numbers, Keras has " +
           std::to_string(expected.size()) + "\n";
  std::ostringstream report;
  report.precision(17);
  int count = 0;
  for (size_t i = 0; i < actual.size(); ++i)
    if (!tolerance.accepts(actual[i], expected[i]) && ++count <= 5)
      report << what << "[" << i << "]: " << actual[i] << ", Keras " << expected[i] << "\n";
  if (count > 5) report << what << ": " << count - 5 << " more\n";
  return report.str();
}

Array rows_of(const Numbers& values, int64_t rows) {
  Array a(DType::F32, {rows, static_cast<int64_t>(values.size()) / rows});
  std::ranges::transform(values, a.data<float>().begin(),
                         [](double v) { return static_cast<float>(v); });
  return a;
}

Array identity(int64_t n) {
  Array a(DType::F32, {n, n});
  for (int64_t i = 0; i < n; ++i) a.data<float>()[i * n + i] = 1;
  return a;
}

}  // namespace lathe::test
