#include "tools/cli/pictures.h"

#include <algorithm>
#include <cmath>

namespace lathe::cli {
namespace {

/// A pixel below this counts as blank.
constexpr int kPaper = 32;
/// Columns of a picture at least, so that the caption has room.
constexpr int64_t kLeastWidth = 20;
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

/// The part of a picture from `top` and `left` up to, but without, `bottom` and `right`.
struct Box {
  int64_t top = 0, left = 0, bottom = 0, right = 0;
};

/// What is not blank in at least one picture; all of it when all are blank.
Box inked(std::span<const Picture> pictures, int64_t rows, int64_t cols) {
  Box box{rows, cols, 0, 0};
  for (const Picture& picture : pictures) {
    for (int64_t i = 0; i < rows * cols; ++i) {
      if (picture.pixels[static_cast<size_t>(i)] < kPaper) continue;
      const int64_t y = i / cols, x = i % cols;
      box = {std::min(box.top, y), std::min(box.left, x), std::max(box.bottom, y + 1),
             std::max(box.right, x + 1)};
    }
  }
  return box.bottom > 0 ? box : Box{0, 0, rows, cols};
}

std::string trimmed(std::string line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

/// Text cut or padded to a number of characters (captions are ASCII).
std::string fitted(const std::string& text, size_t width) {
  return fmt::format("{:<{}}", text.substr(0, width), width);
}

}  // namespace

std::string draw_pictures(const Terminal& terminal, std::span<const Picture> pictures, int64_t rows,
                          int64_t cols) {
  const Box box = inked(pictures, rows, cols);
  const int64_t width = std::max<int64_t>(box.right - box.left, kLeastWidth);
  const auto room = static_cast<size_t>((terminal.width() + 2) / (width + 2));
  pictures = pictures.first(std::min(pictures.size(), std::max<size_t>(room, 1)));
  std::string out;
  for (int64_t y = box.top; y < box.bottom; y += 2) {
    std::string line;
    for (const Picture& picture : pictures) {
      if (!line.empty()) line += "  ";
      for (int64_t x = box.left; x < box.left + width; ++x) {
        const auto pixel = [&](int64_t row) {
          return row < rows && x < cols ? picture.pixels[static_cast<size_t>(row * cols + x)] : 0;
        };
        line += cell(terminal, pixel(y), pixel(y + 1));
      }
      if (terminal.color() && terminal.unicode()) line += "\033[0m";
    }
    out += trimmed(line) + "\n";
  }
  std::string captions;
  for (const Picture& picture : pictures) {
    if (!captions.empty()) captions += "  ";
    captions += fitted(picture.caption, static_cast<size_t>(width));
  }
  return out + trimmed(captions) + "\n";
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
