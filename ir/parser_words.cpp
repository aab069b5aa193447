#include "ir/parser_words.h"

#include <algorithm>
#include <vector>

#include "ir/elementwise.h"
#include "ir/op_table.h"

namespace lathe::ir {

namespace {

// Levenshtein's distance, for short words.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string describe(const Token& t) {
  constexpr size_t kLongest = 40;
  std::string text(t.text.substr(0, kLongest));
  if (t.text.size() > kLongest) text += "...";
  switch (t.kind) {
    case TokenKind::Value:
      return "'%" + text + "'";
    case TokenKind::Global:
      return "'@" + text + "'";
    case TokenKind::Quoted:
      return text;
    case TokenKind::End:
      return "the end of the text";
    case TokenKind::Word:
    case TokenKind::Number:
    case TokenKind::Punct:
      break;
  }
  return "'" + text + "'";
}

bool is_reserved(std::string_view word) {
  return word == "true" || word == "false" || word == "inf" || word == "nan";
}

std::string dtype_list() {
  std::string s;
#define DTYPE(name, text, type, bytes) s += (s.empty() ? "" : ", ") + std::string(text);
#include "ir/dtypes.def"
#undef DTYPE
  return s;
}

std::string kernel_kind_list() {
  std::string s;
#define KERNEL_KIND(name, text) s += (s.empty() ? "" : ", ") + std::string(#text);
#include "ir/kernel_kinds.def"
#undef KERNEL_KIND
  return s;
}

std::string suggest_op(std::string_view name) {
  if (name.size() > 40) return "";
  std::string_view best;
  size_t least = 3;  // one or two slips of the finger
  const auto consider = [&](std::string_view candidate) {
    const size_t d = distance(name, candidate);
    if (d < least && d < name.size()) {
      least = d;
      best = candidate;
    }
  };
  for (const OpInfo& info : op_table()) consider(info.text);
  for (const ElementwiseRow& row : elementwise_table()) consider(row.name);
  return best.empty() ? "" : "; did you mean '" + std::string(best) + "'?";
}

}  // namespace lathe::ir
