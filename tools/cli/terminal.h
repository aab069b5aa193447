// What the terminal can show, and the two streams: results go to standard output, or, with --json,
// everything but the last line to standard error.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace lathe::cli {

class Terminal {
 public:
  /// With `json`, text for people goes to standard error.
  explicit Terminal(bool json);

  bool interactive() const { return interactive_; }  ///< the text's stream is a terminal
  bool color() const { return color_; }              ///< and NO_COLOR is not set
  bool unicode() const { return unicode_; }          ///< the locale's character set is UTF-8
  int width() const { return width_; }               ///< columns, 80 where nobody says

  /// Text for people.
  template <class... T>
  void print(fmt::format_string<T...> format, T&&... values) {
    write(fmt::format(format, std::forward<T>(values)...));
  }
  void write(std::string_view text);
  /// A line that the next one overwrites. Only on a terminal; nothing elsewhere.
  void status(std::string_view line);
  void clear_status();

  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string green(std::string_view text) const { return paint("32", text); }
  std::string red(std::string_view text) const { return paint("31", text); }
  std::string dim(std::string_view text) const { return paint("2", text); }

 private:
  std::string paint(std::string_view code, std::string_view text) const;
  std::FILE* stream_;
  bool interactive_, color_, unicode_;
  bool status_shown_ = false;
  int width_ = 80;
};

/// Writes to standard output; Error when that fails (a full disk).
void write_stdout(std::string_view bytes);
/// Flushes standard output; Error when something could not be written.
void flush_stdout();

/// Seconds as people say them: `0.35 s`, `12.1 s`, `3 min 20 s`.
std::string duration(double seconds);
/// `12.3 kB`, `4.5 MB`.
std::string byte_count(double bytes);

}  // namespace lathe::cli
