#include "tools/cli/pictures.h"

#include <algorithm>
#include <cmath>

namespace lathe::cli {
namespace {

constexpr std::string_view kShades = " .:-=+*#%@";

/// Two pixels, one above the other, as one character cell.
std::string cell(const Terminal& terminal, int upper, int lower) {
  if (terminal.color() && terminal.unicode()) {
    // The 24 grays of the 256-colour palette.
    return fmt::format("\033[38;5;{};48;5;{}m\u2580", 232 + upper * 23 / 255,
                       232 + lower * 23 / 255);
  }
  if (terminal.unicode()) {
    const bool up = upper >= 96, low = lower >= 96;
    return up && low ? "\u2588" : up ? "\u2580" : low ? "\u2584" : " ";
  }
  const int mean = (upper + lower) / 2;
  return std::string(1, kShades[static_cast<size_t>(mean) * (kShades.size() - 1) / 255]);
}

/// Text cut or padded to a number of characters (captions are ASCII).
std::string fitted(const std::string& text, size_t width) {
  return fmt::format("{:<{}}", text.substr(0, width), width);
}

}  // namespace

size_t pictures_a_line(const Terminal& terminal, int64_t cols) {
  return std::clamp<size_t>(static_cast<size_t>((terminal.width() + 2) / (cols + 2)), 1, 6);
}

std::string draw_pictures(const Terminal& terminal, std::span<const Picture> pictures, int64_t rows,
                          int64_t cols) {
  std::string out;
  for (int64_t y = 0; y < rows; y += 2) {
    std::string line;
    for (const Picture& picture : pictures) {
      if (!line.empty()) line += "  ";
      for (int64_t x = 0; x < cols; ++x) {
        const int upper = picture.pixels[static_cast<size_t>(y * cols + x)];
        const bool last = y + 1 == rows;
        const int lower = last ? 0 : picture.pixels[static_cast<size_t>((y + 1) * cols + x)];
        line += cell(terminal, upper, lower);
      }
      if (terminal.color() && terminal.unicode()) line += "\033[0m";
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  std::string captions;
  for (const Picture& picture : pictures) {
    if (!captions.empty()) captions += "  ";
    captions += fitted(picture.caption, static_cast<size_t>(cols));
  }
  while (!captions.empty() && captions.back() == ' ') captions.pop_back();
  return out + captions + "\n";
}

std::string draw_confusion(const Terminal& terminal, std::span<const int64_t> counts,
                           const std::vector<std::string>& names) {
  const size_t n = names.size();
  size_t label = 5, column = 5;
  for (const std::string& name : names) label = std::max(label, name.size());
  for (int64_t count : counts) column = std::max(column, std::to_string(count).size() + 1);
  std::string out = fmt::format("{:<{}}", "truth", label);
  for (const std::string& name : names) {
    out += fmt::format("{:>{}}", name.substr(0, column - 1), column);
  }
  out += "   right\n";
  for (size_t truth = 0; truth < n; ++truth) {
    out += fmt::format("{:<{}}", names[truth], label);
    int64_t all = 0;
    for (size_t guess = 0; guess < n; ++guess) {
      const int64_t count = counts[truth * n + guess];
      all += count;
      const std::string text =
          fmt::format("{:>{}}", count == 0 ? "." : std::to_string(count), column);
      out += count == 0 ? terminal.dim(text) : truth == guess ? terminal.green(text) : text;
    }
    const double right = static_cast<double>(counts[truth * n + truth]);
    out += all == 0 ? "       -\n"
                    : fmt::format("{:>6.1f} %\n", 100 * right / static_cast<double>(all));
  }
  return out;
}

std::string draw_bar(const Terminal& terminal, double part, int width) {
  const int done = std::clamp(static_cast<int>(std::floor(part * width)), 0, width);
  std::string bar = "[";
  for (int i = 0; i < width; ++i) {
    if (terminal.unicode()) {
      bar += i < done ? "\u2501" : " ";
    } else {
      bar += i < done ? '=' : i == done ? '>' : ' ';
    }
  }
  return bar + "]";
}

}  // namespace lathe::cli
