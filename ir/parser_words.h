// Words for the parser's errors.
#pragma once

#include <string>
#include <string_view>

#include "ir/lexer.h"

namespace lathe::ir {

/// The token as an error shows it: `'add'`, `"quoted"`, `the end of the text`; long ones are cut.
std::string describe(const Token& t);

/// Words that mean something else than themselves in an attribute: true, false, inf, nan.
bool is_reserved(std::string_view word);

/// `f32, f64, ...`.
std::string dtype_list();
/// `contraction, rows, ...`.
std::string kernel_kind_list();
/// `; did you mean 'matmul'?`, or nothing where no op has a name much like it.
std::string suggest_op(std::string_view name);

}  // namespace lathe::ir
