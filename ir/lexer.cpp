#include "ir/lexer.h"

#include "ir/error.h"

namespace lathe::ir {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word_char(char c) {
  return is_letter(c) || is_digit(c) || c == '.' || c == '-';
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string show(char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  if (c >= 0x20 && c < 0x7f) return std::string("'") + c + "'";
  const auto byte = static_cast<unsigned char>(c);
  return std::string("byte 0x") + kHex[byte >> 4] + kHex[byte & 15];
}

}  // namespace

bool is_plain_word(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return false;
  for (char c : text)
    if (!is_word_char(c)) return false;
  return true;
}

void Lexer::fail(int line, int column, const std::string& message) const {
  constexpr size_t kLongest = 500;
  throw Error(std::string(file_) + ":" + std::to_string(line) + ":" + std::to_string(column) +
              ": " + message.substr(0, kLongest) + (message.size() > kLongest ? " …" : ""));
}

void Lexer::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\n') {
      ++at_, ++line_;
      line_start_ = at_;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '/' && peek(1) == '/') {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else {
      return;
    }
  }
}

void Lexer::skip_word() {
  // `-` belongs to a word, `->` does not.
  while (at_ < text_.size() && is_word_char(text_[at_]) && !(text_[at_] == '-' && peek(1) == '>'))
    ++at_;
}

std::string Lexer::quoted() {
  std::string value;
  ++at_;
  while (true) {
    if (at_ >= text_.size() || text_[at_] == '\n')
      fail_here("a quoted text ends with '\"' on its own line");
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return value;
    }
    if (c != '\\') {
      if (static_cast<unsigned char>(c) < 0x20)
        fail_here(show(c) + " must be written as an escape in a quoted text");
      value += c;
      ++at_;
      continue;
    }
    switch (peek(1)) {
      case '"':
        value += '"';
        break;
      case '\\':
        value += '\\';
        break;
      case 'n':
        value += '\n';
        break;
      case 't':
        value += '\t';
        break;
      case 'x': {
        const int high = hex_digit(peek(2)), low = hex_digit(peek(3));
        if (high < 0 || low < 0) fail_here("expected two hexadecimal digits after \\x");
        value += static_cast<char>(high * 16 + low);
        at_ += 2;
        break;
      }
      default:
        fail_here("unknown escape, expected \\\" \\\\ \\n \\t or \\xNN");
    }
    at_ += 2;
  }
}

Token Lexer::next() {
  skip_space();
  Token t;
  t.line = line_;
  t.column = column();
  if (at_ >= text_.size()) return t;

  const size_t start = at_;
  const auto take = [&](TokenKind kind, size_t skip) {
    t.kind = kind;
    t.text = text_.substr(start + skip, at_ - start - skip);
    return t;
  };
  const char c = text_[at_];
  if (is_letter(c)) {
    skip_word();
    return take(TokenKind::Word, 0);
  }
  if (c == '%' || c == '@') {
    ++at_;
    skip_word();
    if (at_ == start + 1) fail_here(std::string("expected a name after '") + c + "'");
    return take(c == '%' ? TokenKind::Value : TokenKind::Global, 1);
  }
  if (c == '-' && peek(1) == '>') {
    at_ += 2;
    return take(TokenKind::Punct, 0);
  }
  if (is_digit(c) || c == '-') {
    ++at_;
    // An exponent's sign belongs to the number.
    while (is_letter(peek()) || is_digit(peek()) || peek() == '.' ||
           ((peek() == '-' || peek() == '+') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E')))
      ++at_;
    return take(TokenKind::Number, 0);
  }
  if (c == '"') {
    t.value = quoted();
    return take(TokenKind::Quoted, 0);
  }
  if (std::string_view("{}()[],:=").find(c) != std::string_view::npos) {
    ++at_;
    return take(TokenKind::Punct, 0);
  }
  fail_here("unexpected " + show(c));
}

Token Lexer::expression() {
  skip_space();
  Token t;
  t.kind = TokenKind::Word;
  t.line = line_;
  t.column = column();
  const size_t start = at_;
  int64_t depth = 0;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    const bool in_leaf = is_word_char(c) || c == '+';
    if (depth == 0 && c != '(' && !in_leaf) break;
    if (c == '\n' || c == '{' || c == '}') fail_here("expected ')' at the end of the expression");
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) {
      ++at_;
      break;
    }
  }
  if (depth > 0) fail_here("expected ')' at the end of the expression");
  if (at_ == start) fail_here("expected a scalar expression, such as (mul a0 a1)");
  t.text = text_.substr(start, at_ - start);
  return t;
}

}  // namespace lathe::ir
