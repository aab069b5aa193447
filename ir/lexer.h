// Tokens of the IR's text form. Positions are lines and columns from 1; columns count bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lathe::ir {

enum class TokenKind : uint8_t {
  Word,    ///< [A-Za-z_][A-Za-z0-9_.-]*
  Value,   ///< %name or %7; `text` is without the sign
  Global,  ///< @name; `text` is without the sign
  Number,  ///< 12, -0.5, 1e-3, -inf
  Quoted,  ///< "..."; `value` is without quotes and escapes
  Punct,   ///< one of { } ( ) [ ] , : = and ->
  End,
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string_view text;  ///< as written, for the kinds with a sign without it
  std::string value;      ///< Quoted: what it stands for
  int line = 1, column = 1;

  bool is(std::string_view punct) const { return kind == TokenKind::Punct && text == punct; }
  bool is_word(std::string_view word) const { return kind == TokenKind::Word && text == word; }
};

/// A name that can be printed bare: [A-Za-z_][A-Za-z0-9_.-]*.
bool is_plain_word(std::string_view text);

/// Cuts text into tokens; comments (`//` to the end of the line) and white space fall away.
class Lexer {
 public:
  Lexer(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  /// Error "FILE:LINE:COLUMN: ..." where no token begins.
  Token next();

  /// The next token where a scalar expression is expected: its text, a word, a number or a balanced
  /// pair of brackets with all that it holds, is one token of kind Word.
  Token expression();

  /// Throws Error "FILE:LINE:COLUMN: message".
  [[noreturn]] void fail(int line, int column, const std::string& message) const;

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : 0; }
  int column() const { return static_cast<int>(at_ - line_start_) + 1; }
  [[noreturn]] void fail_here(const std::string& message) const { fail(line_, column(), message); }
  void skip_space();
  void skip_word();
  std::string quoted();

  std::string_view text_, file_;
  size_t at_ = 0, line_start_ = 0;
  int line_ = 1;
};

}  // namespace lathe::ir
