#include "ir/parser_tokens.h"

#include "ir/error.h"
#include "ir/text_number.h"
#include "ir/verifier.h"

namespace lathe::ir {

namespace {

constexpr size_t kMaxText = size_t{1} << 30;

/// Whether a number is written as a real, with a point or an exponent: integers that do not fit 64
/// bits must not become reals.
bool is_real(std::string_view text) {
  return text.find_first_of(".eEi") != text.npos;
}

}  // namespace

TokenReader::TokenReader(std::string_view text, std::string_view file) : lexer_(text, file) {
  if (text.size() > kMaxText) lexer_.fail(1, 1, "the text is larger than 1 GiB");
  token_ = lexer_.next();
}

Dim TokenReader::dim() {
  if (token_.is_word("B")) return take(), Dim::batch();
  if (token_.is_word("N")) return take(), Dim::rows();
  if (token_.kind != TokenKind::Number) expected("a dimension: a positive number, B or N");
  const auto n = text_to_integer(token_.text);
  if (!n || *n < 1) expected("a dimension: a positive number, B or N");
  take();
  return *n;
}

TensorType TokenReader::type() {
  const Token start = token_;
  TensorType t;
  if (token_.kind != TokenKind::Word) expected("a type such as f32[B,10]");
  const auto dtype = parse_dtype(token_.text);
  if (!dtype) expected("an element type: " + dtype_list());
  t.dtype = *dtype;
  take();
  expect("[", "after the element type");
  while (!token_.is("]")) {
    if (!t.shape.empty()) expect(",", "between dimensions");
    const Token at = token_;
    t.shape.push_back(dim());
    if (t.shape.back().is_symbol() && t.shape.size() > 1) fail(at, "a symbol stands only in front");
    if (const std::string problem = size_problem(t); !problem.empty()) fail(start, problem);
  }
  take();
  return t;
}

Attr TokenReader::list_value() {
  std::vector<int64_t> ints;
  std::vector<double> reals;  // from the first real on, the integers before it included
  std::vector<std::string> words;
  while (!token_.is("]")) {
    const bool numbers = !ints.empty() || !reals.empty();
    if (numbers || !words.empty()) expect(",", "or ']' in the list");
    const bool special = token_.kind == TokenKind::Word && is_reserved(token_.text) &&
                         text_to_number(token_.text).has_value();  // inf, nan
    if ((token_.kind == TokenKind::Number || special) && words.empty()) {
      const Attr n = number();
      const auto* integer = std::get_if<int64_t>(&n);
      if (integer && reals.empty()) {
        ints.push_back(*integer);
        continue;
      }
      reals.insert(reals.end(), ints.begin(), ints.end());
      ints.clear();
      reals.push_back(integer ? static_cast<double>(*integer) : std::get<double>(n));
      continue;
    }
    if (token_.kind == TokenKind::Word && !numbers && !is_reserved(token_.text)) {
      words.emplace_back(token_.text);
    } else if (token_.kind == TokenKind::Quoted && !numbers) {
      words.push_back(token_.value);
    } else {
      expected(words.empty() ? numbers ? "a number" : "numbers or words" : "a word");
    }
    take();
  }
  take();
  if (!words.empty()) return words;
  if (!reals.empty()) return reals;
  return ints;
}

Attr TokenReader::number() {
  const Token t = token_;
  take();
  if (auto n = text_to_integer(t.text)) return *n;
  if (auto v = text_to_number(t.text); v && (t.kind == TokenKind::Word || is_real(t.text)))
    return *v;
  fail(t, "'" + std::string(t.text.substr(0, 40)) + "' is not a number of 64 bits");
}

Attr TokenReader::attr_value() {
  if (accept("[")) return list_value();
  const Token t = token_;
  switch (t.kind) {
    case TokenKind::Quoted:
      take();
      return t.value;
    case TokenKind::Number:
      return number();
    case TokenKind::Word:
      take();
      if (t.text == "true" || t.text == "false") return t.text == "true";
      if (t.text == "inf" || t.text == "nan") return text_to_number(t.text).value();
      if ((t.text == "words" || t.text == "reals") && token_.is("[")) {
        take();
        expect("]", t.text == "words" ? "after 'words['" : "after 'reals['");
        if (t.text == "words") return std::vector<std::string>();
        return std::vector<double>();
      }
      return std::string(t.text);
    case TokenKind::Value:
    case TokenKind::Global:
    case TokenKind::Punct:
    case TokenKind::End:
      break;
  }
  expected("a value: true, a number, a word, a quoted text or a list");
}

ScalarExpr TokenReader::expression() {
  LATHE_CHECK(!has_ahead_, "an expression can't be read behind a token that was looked at");
  const Token t = lexer_.expression();
  try {
    ScalarExpr e = ScalarExpr::parse(t.text);
    token_ = lexer_.next();
    return e;
  } catch (const Error& e) {
    fail(t, e.what());
  }
}

Attrs TokenReader::attrs_until_brace(ScalarExpr* fn) {
  Attrs attrs;
  while (!token_.is("}")) {
    if (!attrs.empty() || (fn && !fn->empty())) expect(",", "or '}' after an attribute");
    const Token name = expect_kind(TokenKind::Word, "the name of an attribute");
    const bool is_fn = fn && name.text == "fn";
    if (attrs.has(name.text) || (is_fn && !fn->empty()))
      fail(name, "attribute '" + std::string(name.text) + "' is given twice");
    if (!token_.is("=")) expected("'=' after the attribute's name");
    if (is_fn) {
      *fn = expression();
    } else {
      take();
      attrs.set(name.text, attr_value());
    }
  }
  take();
  return attrs;
}

Attrs TokenReader::attrs(ScalarExpr* fn) {
  return accept("{") ? attrs_until_brace(fn) : Attrs();
}

Attrs TokenReader::open_block(const char* where) {
  expect("{", where);
  // `{ name =` opens attributes, anything else is the block itself.
  if (token_.kind != TokenKind::Word || !ahead().is("=")) return {};
  Attrs a = attrs_until_brace(nullptr);
  expect("{", where);
  return a;
}

Token TokenReader::expect_name(TokenKind kind, const char* what) {
  Token t = expect_kind(kind, what);
  if (!is_plain_word(t.text))
    fail(t, "'" + std::string(t.text) +
                "' is not a name: expected a letter, then letters, digits, "
                "'_', '.' or '-'");
  return t;
}

}  // namespace lathe::ir
