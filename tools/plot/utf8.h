// UTF-8, taken apart and put together.
#pragma once

#include <string>
#include <string_view>

namespace lathe::plot {

inline constexpr char32_t kReplacement = 0xfffd;

/// The characters of `text`; a replacement character for each byte that is no part of one.
std::u32string code_points(std::string_view text);
void append_utf8(std::string& to, char32_t c);

}  // namespace lathe::plot
