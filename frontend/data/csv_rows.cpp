#include "frontend/data/csv_rows.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>
#include <utility>

#include "frontend/base/in_quotes.h"
#include "ir/error.h"

namespace lathe::data {
namespace {

constexpr std::string_view kBlank = " \t\r\v\f";

std::string_view trim(std::string_view text, std::string_view what = kBlank) {
  size_t first = text.find_first_not_of(what);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(what) - first + 1);
}

/// Fields of a line that is not blank. The separator is the line's own: the first of comma,
/// semicolon and tab that occurs in it, or runs of spaces.
void split(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (char separator : {',', ';', '\t'}) {
    if (line.find(separator) == std::string_view::npos) continue;
    while (true) {
      size_t end = line.find(separator);
      fields.push_back(trim(line.substr(0, end)));
      if (end == std::string_view::npos) return;
      line.remove_prefix(end + 1);
    }
  }
  while (!(line = trim(line)).empty()) {
    size_t end = line.find_first_of(kBlank);
    fields.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end);
  }
}

std::string_view unquote(std::string_view field) {
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    return trim(field.substr(1, field.size() - 2));
  }
  return field;
}

enum class Parsed { Number, OutOfRange, NotFinite, NoNumber };

Parsed parse_number(std::string_view field, double& value) {
  field = unquote(field);
  // from_chars knows no plus sign; "+-1" stays wrong.
  if (field.size() > 1 && field[0] == '+' && field[1] != '-') field.remove_prefix(1);
  auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error == std::errc::invalid_argument || end != field.data() + field.size()) {
    return Parsed::NoNumber;
  }
  if (error == std::errc::result_out_of_range) return Parsed::OutOfRange;
  return std::isfinite(value) ? Parsed::Number : Parsed::NotFinite;
}

/// How an error about a field begins.
std::string place(const std::string& name, int64_t line, size_t column) {
  return fmt::format("{}: line {}, column {}: ", name, line, column);
}

[[noreturn]] void fail(const std::string& name, int64_t line, size_t column, std::string_view field,
                       Parsed why) {
  const std::string where = place(name, line, column);
  switch (why) {
    case Parsed::OutOfRange:
      throw Error(where + in_quotes(field) + " is out of a double's range");
    case Parsed::NotFinite:
      throw Error(where + in_quotes(field) + " is not finite, expected a number");
    case Parsed::Number:
    case Parsed::NoNumber:
      break;
  }
  if (field.empty()) throw Error(where + "the field is empty, expected a number");
  throw Error(where + in_quotes(field) + " is not a number");
}

/// The column names, where the first line that is not blank holds names.
std::vector<std::string> header_of(const std::vector<std::string_view>& fields) {
  std::vector<std::string> names;
  for (std::string_view field : fields) {
    double value = 0;
    if (parse_number(field, value) != Parsed::NoNumber) return {};
    names.emplace_back(unquote(field));
  }
  return names;
}

/// The fields of the next line that is not blank; false at the end. `line`: the number of the line
/// before, and then its own. `text` holds the fields.
bool next_fields(std::istream& in, int64_t& line, std::string& text,
                 std::vector<std::string_view>& fields) {
  while (std::getline(in, text)) {
    std::string_view rest = text;
    if (++line == 1 && rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
    if (trim(rest).empty()) continue;
    split(rest, fields);
    return true;
  }
  return false;
}

}  // namespace

float NumberRows::f32_at(size_t i, const std::string& name) const {
  const float value = static_cast<float>(values[i]);
  if (std::isfinite(value)) return value;
  const auto width = static_cast<size_t>(columns);
  throw Error(fmt::format("{}{:g} is out of an f32's range",
                          place(name, lines[i / width], i % width + 1), values[i]));
}

NumberRows read_number_rows(std::istream& in, const std::string& name, int64_t expected_columns) {
  NumberRows table;
  table.columns = expected_columns;
  std::string text;
  std::vector<std::string_view> fields;
  bool first = true;
  for (int64_t line = 0; next_fields(in, line, text, fields);) {
    if (std::exchange(first, false)) {
      table.header = header_of(fields);
      if (!table.header.empty()) continue;
    }
    if (table.columns == 0) table.columns = static_cast<int64_t>(fields.size());
    if (static_cast<int64_t>(fields.size()) != table.columns) {
      throw Error(fmt::format("{}: line {}: {} columns, expected {}", name, line, fields.size(),
                              table.columns));
    }
    for (size_t i = 0; i < fields.size(); ++i) {
      double value = 0;
      Parsed parsed = parse_number(fields[i], value);
      if (parsed != Parsed::Number) fail(name, line, i + 1, fields[i], parsed);
      table.values.push_back(value);
    }
    table.lines.push_back(line);
    table.rows += 1;
  }
  if (in.bad()) throw Error(name + ": can't be read to its end");
  if (table.rows == 0) throw Error(name + ": holds no row of numbers");
  return table;
}

std::vector<std::string> read_header(std::istream& in) {
  int64_t line = 0;
  std::string text;
  std::vector<std::string_view> fields;
  if (!next_fields(in, line, text, fields)) return {};
  return header_of(fields);
}

}  // namespace lathe::data
