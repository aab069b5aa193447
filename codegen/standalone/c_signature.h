// What a compiled model's functions look like in C, for the header and for what calls them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/executable.h"

namespace lathe::codegen {

struct CArgument {
  std::string type, name;  ///< `const float *`, `x`
};

struct CSignature {
  std::string result, name;
  std::vector<CArgument> arguments;

  /// `const float *x, int64_t rows`
  std::string declared() const;
  /// `model, x, rows`
  std::string given() const;
};

/// PREFIX_NAME, without what PREFIX_NAME_part takes more.
CSignature c_signature(const std::string& prefix, const runtime::FunctionInfo& f);

const char* c_type(DType t);
/// `rows x 784`, `rows`, `500 x 10`; a scalar is `1`. With a window of 21: `(rows + 20) x 6`.
std::string c_shape(const TensorType& t, int64_t window = 1);
/// A name of the model's as part of a C identifier.
std::string c_identifier(std::string_view name);
std::string upper_case(std::string text);
/// C source with each of these words replaced, wherever it stands.
std::string with_words(std::string_view source,
                       const std::vector<std::pair<std::string_view, std::string>>& words);

}  // namespace lathe::codegen
