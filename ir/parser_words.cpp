#include "ir/parser_words.h"

#include <vector>

#include "ir/elementwise.h"
#include "ir/nearest.h"
#include "ir/op_table.h"

namespace lathe::ir {

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
  std::vector<std::string> known;
  for (const OpInfo& info : op_table()) known.emplace_back(info.text);
  for (const ElementwiseRow& row : elementwise_table()) known.emplace_back(row.name);
  const std::string near = nearest_name(name, known);
  return near.empty() ? "" : "; did you mean '" + near + "'?";
}

}  // namespace lathe::ir
