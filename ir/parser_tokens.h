// What the parser is made of: tokens with one of look-ahead, types and attributes.
#pragma once

#include <string>
#include <string_view>

#include "ir/attributes.h"
#include "ir/lexer.h"
#include "ir/parser_words.h"
#include "ir/scalar_expr.h"
#include "ir/type.h"

namespace lathe::ir {

class TokenReader {
 public:
  TokenReader(std::string_view text, std::string_view file);

  [[noreturn]] void fail(const Token& at, const std::string& message) const {
    lexer_.fail(at.line, at.column, message);
  }
  [[noreturn]] void expected(const std::string& what) const {
    fail(token_, "expected " + what + ", found " + describe(token_));
  }
  Token take() {
    Token t = std::move(token_);
    if (has_ahead_)
      token_ = std::move(ahead_);
    else
      token_ = lexer_.next();
    has_ahead_ = false;
    return t;
  }
  const Token& ahead() {
    if (!has_ahead_) ahead_ = lexer_.next();
    has_ahead_ = true;
    return ahead_;
  }
  bool accept(std::string_view punct) {
    if (!token_.is(punct)) return false;
    take();
    return true;
  }
  void expect(std::string_view punct, const char* where) {
    if (!accept(punct)) expected("'" + std::string(punct) + "' " + where);
  }
  void expect_word(std::string_view word) {
    if (!token_.is_word(word)) expected("'" + std::string(word) + "'");
    take();
  }
  Token expect_kind(TokenKind kind, const char* what) {
    if (token_.kind != kind) expected(what);
    return take();
  }
  /// A plain word behind the sign of its kind.
  Token expect_name(TokenKind kind, const char* what);

  TensorType type();
  /// `{name = value, ...}`, or nothing; with `fn` also a map's expression.
  Attrs attrs(ScalarExpr* fn = nullptr);
  /// The `{` of a block, and the attributes that may stand before it.
  Attrs open_block(const char* where);

 protected:
  Token token_;  ///< the next one

 private:
  Dim dim();
  Attr attr_value();
  Attr list_value();
  Attr number();
  /// `name = value, ...}`; with `fn` also a map's expression.
  Attrs attrs_until_brace(ScalarExpr* fn);
  ScalarExpr expression();

  Lexer lexer_;
  Token ahead_;
  bool has_ahead_ = false;
};

}  // namespace lathe::ir
