#include "tools/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "frontend/base/letters.h"
#include "ir/error.h"

namespace lathe::cli {
namespace {

bool set(const char* name) {
  const char* value = std::getenv(name);
  return value && *value;
}

bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!set(name)) continue;
    const std::string text = lower_case(std::string(std::getenv(name)));
    return text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

/// The first `most` characters: a line that wraps can't be overwritten.
std::string cut(std::string_view line, size_t most) {
  size_t end = 0, characters = 0;
  while (end < line.size()) {
    const bool begins = (static_cast<uint8_t>(line[end]) & 0xc0) != 0x80;
    if (begins && ++characters > most) break;
    ++end;
  }
  return std::string(line.substr(0, end));
}

/// Box-drawing characters (U+2500 to U+257F) as `-`, `|` and `+`.
std::string ascii_boxes(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view here = text.substr(i, 3);
    if (!here.starts_with("\xe2\x94") && !here.starts_with("\xe2\x95")) {
      out += text[i];
      continue;
    }
    out += here == "\u2500" ? '-' : here == "\u2502" ? '|' : '+';
    i += 2;
  }
  return out;
}

}  // namespace

Terminal::Terminal(bool json) : stream_(json ? stderr : stdout) {
  const char* term = std::getenv("TERM");
  const bool dumb = term && std::strcmp(term, "dumb") == 0;
  interactive_ = isatty(fileno(stream_)) && !dumb;
  color_ = interactive_ && !set("NO_COLOR");
  unicode_ = utf8_locale();
  winsize size{};
  if (interactive_ && ioctl(fileno(stream_), TIOCGWINSZ, &size) == 0 && size.ws_col > 20) {
    width_ = size.ws_col;
  }
}

void Terminal::write(std::string_view text) {
  clear_status();
  std::string plain;
  if (!unicode_) text = plain = ascii_boxes(text);
  if (stream_ == stdout) {
    write_stdout(text);
    flush_stdout();  // who reads a file or a pipe wants it now, and before an error that follows
    return;
  }
  std::fwrite(text.data(), 1, text.size(), stream_);  // where errors go there is nobody to tell
}

void Terminal::status(std::string_view line) {
  if (!interactive_) return;
  const std::string text = "\r\033[K" + cut(line, static_cast<size_t>(width_ - 1));
  std::fwrite(text.data(), 1, text.size(), stream_);
  std::fflush(stream_);
  status_shown_ = true;
}

void Terminal::clear_status() {
  if (!status_shown_) return;
  std::fputs("\r\033[K", stream_);
  status_shown_ = false;
}

std::string Terminal::paint(std::string_view code, std::string_view text) const {
  return color_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

void write_stdout(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) {
    throw Error(fmt::format("can't write to standard output: {}", std::strerror(errno)));
  }
}

void flush_stdout() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    throw Error(fmt::format("can't write to standard output: {}", std::strerror(errno)));
  }
}

std::string duration(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.1f} us", seconds * 1e6);
  if (seconds < 0.1) return fmt::format("{:.2f} ms", seconds * 1e3);
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string byte_count(double bytes) {
  if (bytes < 1e3) return fmt::format("{:.0f} bytes", bytes);
  if (bytes < 1e6) return fmt::format("{:.1f} kB", bytes / 1e3);
  if (bytes < 1e9) return fmt::format("{:.1f} MB", bytes / 1e6);
  return fmt::format("{:.1f} GB", bytes / 1e9);
}

}  // namespace lathe::cli
