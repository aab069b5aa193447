#include "tools/cli/rows_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>

#include "frontend/base/letters.h"
#include "frontend/data/csv_rows.h"
#include "frontend/data/idx.h"
#include "frontend/data/image_file.h"
#include "frontend/data/npy.h"
#include "tools/cli/files.h"

namespace lathe::cli {
namespace {

std::span<const uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

bool is_picture(std::string_view bytes) {
  const bool pgm = bytes.size() > 2 && bytes[0] == 'P' && (bytes[1] == '2' || bytes[1] == '5') &&
                   std::string_view(" \t\r\n#").find(bytes[2]) != std::string_view::npos;
  return pgm || bytes.starts_with("\x89PNG");
}

/// IDX begins with two zero bytes, gzip with its own two: neither begins a line of numbers.
bool is_idx(std::string_view bytes) {
  return bytes.starts_with(std::string_view("\0\0", 2)) || bytes.starts_with("\x1f\x8b");
}

void check_columns(const std::string& name, int64_t found, int64_t columns) {
  if (found == columns) return;
  throw Error(fmt::format("{}: {} numbers a row, the model takes {}", name, found, columns));
}

Array from_picture(const std::string& bytes, const std::string& name, int64_t columns) {
  const data::DigitImage digit = data::parse_digit_image(as_bytes(bytes), name);
  check_columns(name, static_cast<int64_t>(digit.size()), columns);
  return Array::from(std::span<const uint8_t>(digit), {1, columns});
}

Array from_idx(const std::string& bytes, const std::string& name, int64_t columns) {
  const data::IdxArray idx = data::parse_idx(as_bytes(bytes), name);
  const int64_t all = static_cast<int64_t>(idx.bytes.size());
  // One image may come without the dimension that counts images.
  const int64_t rows = idx.dims.size() == 2 && all == columns ? 1 : idx.dims[0];
  check_columns(name, all / rows, columns);
  return Array::from(std::span<const uint8_t>(idx.bytes), {rows, columns});
}

Array from_npy(const std::string& bytes, const std::string& name, int64_t columns) {
  const Array array = data::parse_npy(bytes, name);
  const int64_t all = array.elements();
  const bool one = array.rank() == 0 || (array.rank() <= 2 && all == columns);
  const int64_t rows = one ? 1 : array.shape()[0];
  if (rows == 0) throw Error(name + ": holds no row");
  check_columns(name, all / rows, columns);
  ArrayView view = array;
  view.shape = {rows, columns};
  const auto as_f32 = [&] {
    try {
      return data::convert_tensor(view, DType::F32);
    } catch (const Error& e) {
      throw Error(fmt::format("{}: {}", name, e.what()));
    }
  };
  Array out = view.dtype == DType::U8 ? Array(view) : as_f32();
  if (out.dtype() == DType::F32) {
    const auto values = out.data<float>();
    const auto bad =
        std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
    if (bad != values.end()) {
      throw Error(fmt::format("{}: row {} holds a number that is not finite", name,
                              (bad - values.begin()) / columns + 1));
    }
  }
  return out;
}

bool is_label(const std::string& column) {
  const std::string name = lower_case(column);
  return name == "label" || name == "labels" || name == "class";
}

/// Which column holds the labels: the one that the header names so; nothing: none does.
std::optional<int64_t> label_column(const data::NumberRows& table, const std::string& name,
                                    int64_t columns) {
  const auto found = std::find_if(table.header.begin(), table.header.end(), is_label);
  if (found != table.header.end()) {
    if (table.columns == columns + 1) return found - table.header.begin();
    throw Error(fmt::format("{}: {} numbers a row beside column {}, the model takes {}", name,
                            table.columns - 1, *found, columns));
  }
  if (table.columns == columns + 1) {
    throw Error(
        fmt::format("{}: {} numbers a row, the model takes {}\nif one of them is the row's class, "
                    "begin the file with a line of column names that calls it label",
                    name, table.columns, columns));
  }
  check_columns(name, table.columns, columns);
  return std::nullopt;
}

InputRows from_numbers(const std::string& bytes, const std::string& name, int64_t columns) {
  std::istringstream in(bytes);
  const data::NumberRows table = data::read_number_rows(in, name);
  const std::optional<int64_t> label = label_column(table, name, columns);
  InputRows out{Array(DType::F32, {table.rows, columns}), {}, {}};
  float* to = out.x.data<float>().data();
  for (size_t i = 0; i < table.values.size(); ++i) {
    if (label && static_cast<int64_t>(i) % table.columns == *label) {
      out.labels.push_back(table.values[i]);
    } else {
      *to++ = table.f32_at(i, name);
    }
  }
  if (label) out.lines = table.lines;
  return out;
}

}  // namespace

int32_t class_label(const InputRows& rows, int64_t row, int64_t classes, const std::string& name) {
  const double value = rows.labels.at(static_cast<size_t>(row));
  if (value < 0 || value >= static_cast<double>(classes) || value != std::floor(value)) {
    throw Error(
        fmt::format("{}: line {}: the label is {:.6g}, expected a whole number from 0 to {}", name,
                    rows.lines.at(static_cast<size_t>(row)), value, classes - 1));
  }
  return static_cast<int32_t>(value);
}

float number_label(const InputRows& rows, int64_t row, const std::string& name) {
  const auto i = static_cast<size_t>(row);
  const float value = static_cast<float>(rows.labels.at(i));
  if (!std::isfinite(value)) {
    throw Error(fmt::format("{}: line {}: the label {:g} is out of an f32's range", name,
                            rows.lines.at(i), rows.labels[i]));
  }
  return value;
}

InputRows read_input_rows(const std::string& path, const std::string& name, int64_t columns) {
  const std::string bytes = read_file(path);
  if (bytes.empty()) throw Error(name + ": is empty");
  if (is_picture(bytes)) return {from_picture(bytes, name, columns), {}, {}};
  if (data::is_npy(bytes)) return {from_npy(bytes, name, columns), {}, {}};
  if (is_idx(bytes)) return {from_idx(bytes, name, columns), {}, {}};
  return from_numbers(bytes, name, columns);
}

}  // namespace lathe::cli
