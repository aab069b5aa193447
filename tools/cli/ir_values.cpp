#include "tools/cli/ir_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "frontend/data/npy.h"
#include "ir/text_number.h"
#include "runtime/philox.h"
#include "tools/cli/args.h"
#include "tools/cli/files.h"

namespace lathe::cli {
namespace {

/// The shape of `type` for `count` values (0: any), with the leading symbol found or taken from
/// `sizes`.
std::vector<int64_t> bind_shape(const std::string& what, const TensorType& type, int64_t count,
                                SymbolSizes& sizes) {
  if (type.has_symbol()) {
    int64_t& size = type.shape[0].is_batch() ? sizes.batch : sizes.rows;
    const int64_t row = type.row_elements();
    if (size == 0 && count > 0 && count % row == 0) size = count / row;
    if (size == 0) {
      throw UsageError(fmt::format("{}: give {} too: the size of {} in {} is not known", what,
                                   type.shape[0].is_batch() ? "--batch" : "--rows",
                                   type.shape[0].to_string(), type.to_string()));
    }
  }
  std::vector<int64_t> shape;
  for (Dim d : type.shape) shape.push_back(d.bind(sizes.batch, sizes.rows));
  return shape;
}

/// What the user's values are as `dtype`. UsageError for one that does not fit.
runtime::Tensor fitted(const std::string& what, const runtime::Tensor& values, DType dtype) {
  try {
    return data::convert_tensor(values, dtype);
  } catch (const Error& e) {
    throw UsageError(fmt::format("{}: {}", what, e.what()));
  }
}

/// Integers below `limit`, and below what the type holds.
runtime::Tensor random_value(uint64_t seed, DType dtype, const std::vector<int64_t>& shape,
                             int64_t limit) {
  if (dtype == DType::Bool) limit = 2;
  if (dtype == DType::U8) limit = std::min<int64_t>(limit, 256);
  runtime::Tensor doubles(DType::F64, shape);
  const auto values = doubles.data<double>();
  for (size_t i = 0; i < values.size(); ++i) {
    const double unit = runtime::uniform_at(seed, 0, 0, i);
    values[i] = is_float(dtype) ? 2 * unit - 1 : std::floor(unit * static_cast<double>(limit));
  }
  return data::convert_tensor(doubles, dtype);
}

/// Numbers as they were written: integers that a double can't hold stay what they are.
runtime::Tensor written_values(const std::string& what, const std::string& text, DType dtype) {
  const std::vector<std::string> parts = split_list(text);
  const std::vector<int64_t> shape = {static_cast<int64_t>(parts.size())};
  runtime::Tensor reals(DType::F64, shape), integers(DType::I64, shape);
  bool all_integers = !is_float(dtype);
  for (size_t i = 0; i < parts.size(); ++i) {
    std::string part = parts[i];
    std::erase(part, ' ');
    const auto number = ir::text_to_number(part);
    if (!number) throw UsageError(fmt::format("{}: '{}' is not a number", what, part));
    const auto integer = ir::text_to_integer(part);
    all_integers = all_integers && integer;
    reals.data<double>()[i] = *number;
    integers.data<int64_t>()[i] = integer.value_or(0);
  }
  return all_integers ? integers : reals;
}

runtime::Tensor listed_value(const std::string& what, const std::string& text,
                             const TensorType& type, SymbolSizes& sizes) {
  const runtime::Tensor values = fitted(what, written_values(what, text, type.dtype), type.dtype);
  const int64_t count = values.elements();
  const bool fills = count == 1 && type.row_elements() > 1;
  runtime::Tensor out(type.dtype, bind_shape(what, type, fills ? 0 : count, sizes));
  if (count != 1 && count != out.elements()) {
    throw UsageError(fmt::format("{}: {} values for {}", what, count, out.type().to_string()));
  }
  const auto size = static_cast<size_t>(dtype_size(type.dtype));
  const auto* from = static_cast<const char*>(values.raw());
  auto* to = static_cast<char*>(out.raw());
  for (int64_t i = 0; i < out.elements(); ++i, to += size) {
    std::memcpy(to, from + (count == 1 ? 0 : static_cast<size_t>(i) * size), size);
  }
  return out;
}

template <class T>
std::string number_text(T v) {
  return fmt::format("{}", v);
}
std::string number_text(uint8_t v) {
  return std::to_string(v);
}

nlohmann::ordered_json element_json(const runtime::Tensor& value, int64_t i) {
  switch (value.dtype()) {
#define DTYPE(name, text, type, bytes) \
  case DType::name:                    \
    return static_cast<const type*>(value.raw())[i];
#include "ir/dtypes.def"
#undef DTYPE
  }
  return nullptr;
}

/// The elements from `next` on, nested as the dimensions from `dim` on say; moves `next` on.
nlohmann::ordered_json nested_json(const runtime::Tensor& value, size_t dim, int64_t& next) {
  if (dim == value.shape().size()) return element_json(value, next++);
  auto list = nlohmann::ordered_json::array();
  for (int64_t i = 0; i < value.shape()[dim]; ++i) {
    list.push_back(nested_json(value, dim + 1, next));
  }
  return list;
}

}  // namespace

runtime::Tensor parse_value(const std::string& what, const std::string& text,
                            const TensorType& type, int64_t limit, SymbolSizes& sizes) {
  if (text.starts_with("random:")) {
    const int64_t seed = parse_whole(what + ": seed", text.substr(7), 0, INT64_MAX);
    return random_value(static_cast<uint64_t>(seed), type.dtype, bind_shape(what, type, 0, sizes),
                        limit);
  }
  if (!text.ends_with(".npy")) return listed_value(what, text, type, sizes);
  const runtime::Tensor array = data::parse_npy(read_file(text), text);
  const std::vector<int64_t> shape = bind_shape(what, type, array.elements(), sizes);
  if (array.shape() != shape) {
    throw UsageError(fmt::format("{}: {} is {}, expected {}", what, text, array.type().to_string(),
                                 runtime::tensor_type(type.dtype, shape).to_string()));
  }
  return fitted(what + ": " + text, array, type.dtype);
}

int64_t integer_limit(const ir::Function& f, ir::ValueId param, int64_t rows) {
  for (ir::ValueId id : f.body) {
    const ir::Op& op = f.op(id);
    if (op.kind == ir::OpKind::OneHot && op.operands[0] == param) {
      return op.attrs.integer("depth", 10);
    }
    if (op.kind == ir::OpKind::Gather && op.operands[1] == param) {
      return f.op(op.operands[0]).type.shape[0].bind(1, rows);
    }
  }
  return 10;
}

std::string value_text(const std::string& name, const runtime::Tensor& value) {
  std::string out = fmt::format("{} : {}\n", name, value.type().to_string());
  const auto& shape = value.shape();
  const int64_t columns = shape.empty() ? 1 : shape.back();
  for (int64_t i = 0; i < value.elements(); ++i) {
    switch (value.dtype()) {
#define DTYPE(name, text, type, bytes)                            \
  case DType::name:                                               \
    out += number_text(static_cast<const type*>(value.raw())[i]); \
    break;
#include "ir/dtypes.def"
#undef DTYPE
    }
    out += (i + 1) % columns == 0 ? "\n" : " ";
  }
  return out;
}

nlohmann::ordered_json value_json(const runtime::Tensor& value) {
  int64_t next = 0;
  nlohmann::ordered_json out;
  out["type"] = value.type().to_string();
  out["shape"] = value.shape();
  out["values"] = nested_json(value, 0, next);
  return out;
}

}  // namespace lathe::cli
