// What real Keras computed (data/*.json, made by make_reference.py), and how it is compared.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lathe/lathe.h"

namespace lathe::test {

using Json = nlohmann::json;
using Numbers = std::vector<double>;

/// data/NAME.json. Read once.
const Json& keras_file(const std::string& name);

/// A list of numbers in which "inf", "-inf" and "nan" are text.
Numbers numbers_of(const Json& list);

/// One line of a file's `entries`.
struct Entry {
  const Json* json = nullptr;
  const Json& operator[](const char* key) const { return json->at(key); }
  std::string spec() const { return json->at("spec"); }
  std::string name() const { return json->at("name"); }
  bool has_options() const { return !json->at("options").empty(); }
};
std::vector<Entry> keras_entries(const std::string& file);
/// For messages: the entry's spec.
std::ostream& operator<<(std::ostream& out, const Entry& entry);
/// For test names: letters and digits only, with a number that makes it the only one.
std::string test_name(size_t index, const Entry& entry);

/// Whether the entry is listed in not_built.txt: what Keras has and Lathe does not have yet.
bool may_be_missing(const Entry& entry);
/// Skips an entry that may be missing; one that should be there fails.
#define SKIP_MISSING(entry, why)                                                    \
  do {                                                                              \
    EXPECT_TRUE(may_be_missing(entry)) << (why) << ": not listed in not_built.txt"; \
    GTEST_SKIP() << (why);                                                          \
  } while (false)

/// Empty, or why this entry can't be tested yet: no name of catalog(kind) is the entry's.
std::string not_built(const char* kind, const Entry& entry);

/// How far `actual` may be from `expected`: `relative` of it, or of `floor` where that is more.
struct Tolerance {
  double relative, floor;
  bool is_f32;
  bool accepts(double actual, double expected) const;
};
/// Doubles: what cancels is as good as Keras's own doubles.
inline constexpr Tolerance kExact{1e-9, 1e-5, false};
/// Compiled code. Numbers that f32 can't hold are right as inf or 0.
inline constexpr Tolerance kCompiled{1e-5, 0.1, true};

/// Empty, or the first few places that differ, beginning with `what`.
std::string differences(const std::string& what, const Numbers& actual, const Numbers& expected,
                        const Tolerance& tolerance);

/// Rows [rows, elements / rows] of f32.
Array rows_of(const Numbers& values, int64_t rows);
/// Rows of zeros with a 1 in column i of row i: what a kernel sees to give out its row i.
Array identity(int64_t n);

}  // namespace lathe::test
