// Values for `lathe run`: read from the command line or a file, drawn at random, printed.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ir/graph.h"
#include "runtime/tensor.h"

namespace lathe::cli {

/// What stands for the symbols, as far as the command line says it; 0: not.
struct SymbolSizes {
  int64_t batch = 0, rows = 0;
};

/// `1,2,3` (row-major; one number alone fills the whole), `FILE.npy` or `random:SEED`, as a value
/// of `type`. A leading symbol takes what `sizes` says; where that says nothing it follows from the
/// number of values, and `sizes` learns it. Random floats lie in [-1, 1), integers in 0 … limit
/// - 1. UsageError for values that don't fit, in number or in the type: 300 is no u8, 0.5 no i32.
runtime::Tensor parse_value(const std::string& what, const std::string& text,
                            const TensorType& type, int64_t limit, SymbolSizes& sizes);

/// The integers that a parameter may hold, one more than the largest: from the gather or one_hot
/// that reads it; 10 where none does.
int64_t integer_limit(const ir::Function& f, ir::ValueId param, int64_t rows);

/// `y : f32[2,3]`, then a line a row, in the shortest form that reads back to the same bits.
std::string value_text(const std::string& name, const runtime::Tensor& value);

/// {"type": "f32[2,3]", "shape": [2, 3], "values": [[…], […]]}; a scalar's `values` is a number.
nlohmann::ordered_json value_json(const runtime::Tensor& value);

}  // namespace lathe::cli
