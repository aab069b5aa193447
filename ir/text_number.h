// Numbers as text, independent of the locale: shortest form that reads back to the same bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lathe::ir {

/// Shortest text of `v`; `inf`, `-inf`, `nan`. With `mark_real`, always recognisable as a real
/// number: `1` is written `1.0`.
std::string number_to_text(double v, bool mark_real);
/// The whole of `text` as a number, or nothing.
std::optional<double> text_to_number(std::string_view text);
std::optional<int64_t> text_to_integer(std::string_view text);

}  // namespace lathe::ir
