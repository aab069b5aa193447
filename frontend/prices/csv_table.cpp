#include "frontend/prices/csv_table.h"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <string_view>
#include <utility>

#include "ir/error.h"

namespace lathe::prices {
namespace {

constexpr std::string_view kLineEnds = "\r\n", kBlank = " \t\r\n";

char separator_of(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::string_view line = text.substr(0, text.find_first_of(kLineEnds));
  for (char separator : {',', ';', '\t'})
    if (line.find(separator) != std::string_view::npos) return separator;
  return ',';
}

/// libcsv tells the ends of cells and rows but not where they are, so it gets a line at a time. Its
/// callbacks are C's: what they throw has to wait.
class Parser {
 public:
  Parser(const std::string& name, char separator) : name_(name) {
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
    csv_set_delim(&parser_, static_cast<unsigned char>(separator));
  }
  ~Parser() { csv_free(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  void line(std::string_view text) {
    line_ += 1;
    // Otherwise the line goes on with a row that a quote keeps open.
    if (!open_) row_.line = line_;
    const size_t rows = rows_.size();
    const size_t done =
        csv_parse(&parser_, text.data(), text.size(), &Parser::end_cell, &Parser::end_row, this);
    if (done != text.size()) fail();
    const bool blank = text.find_first_not_of(kBlank) == std::string_view::npos;
    open_ = rows_.size() == rows && (open_ || !blank);
  }

  std::vector<CsvRow> finish() {
    if (csv_fini(&parser_, &Parser::end_cell, &Parser::end_row, this) != 0) {
      check_memory();
      throw Error(fmt::format("{}: line {}: the row that begins here has quotes that do not close",
                              name_, row_.line));
    }
    check_memory();
    return std::move(rows_);
  }

 private:
  static void end_cell(void* text, size_t size, void* self) noexcept {
    auto& p = *static_cast<Parser*>(self);
    try {
      p.row_.cells.emplace_back(static_cast<const char*>(text), size);
    } catch (const std::bad_alloc&) {
      p.out_of_memory_ = true;
    }
  }

  static void end_row(int /*terminator*/, void* self) noexcept {
    auto& p = *static_cast<Parser*>(self);
    try {
      p.rows_.push_back(std::exchange(p.row_, {p.row_.line, {}}));
    } catch (const std::bad_alloc&) {
      p.out_of_memory_ = true;
    }
  }

  void check_memory() const {
    if (out_of_memory_) throw std::bad_alloc();
  }

  [[noreturn]] void fail() {
    check_memory();
    if (csv_error(&parser_) != CSV_EPARSE) throw std::bad_alloc();
    std::string began;
    if (row_.line != line_) began = fmt::format(" (the row begins on line {})", row_.line);
    throw Error(
        fmt::format("{}: line {}: a quote in the wrong place{}, expected quotes around a whole "
                    "cell and doubled ones within",
                    name_, line_, began));
  }

  const std::string& name_;
  csv_parser parser_{};
  std::vector<CsvRow> rows_;
  CsvRow row_;
  int64_t line_ = 0;
  bool open_ = false, out_of_memory_ = false;
};

/// The length of the line that `text` begins with, its end included: CR, LF or CR LF.
size_t line_length(std::string_view text) {
  const size_t end = text.find_first_of(kLineEnds);
  if (end == std::string_view::npos) return text.size();
  return end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
}

}  // namespace

std::vector<CsvRow> read_csv_table(std::istream& in, const std::string& name) {
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) throw Error(name + ": can't be read to its end");
  std::string_view text = bytes;
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    throw Error(name + ": is text in UTF-16, expected UTF-8");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);

  Parser parser(name, separator_of(text));
  while (!text.empty()) {
    const size_t length = line_length(text);
    parser.line(text.substr(0, length));
    text.remove_prefix(length);
  }
  return parser.finish();
}

}  // namespace lathe::prices
