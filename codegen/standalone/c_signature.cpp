#include "codegen/standalone/c_signature.h"

#include <algorithm>
#include <cctype>

#include "codegen/standalone/interface.h"
#include "ir/error.h"

namespace lathe::codegen {

const char* c_type(DType t) {
  switch (t) {
    case DType::F32:
      return "float";
    case DType::F64:
      return "double";
    case DType::I64:
      return "int64_t";
    case DType::I32:
      return "int32_t";
    case DType::U8:
    case DType::Bool:
      return "uint8_t";
  }
  internal_error(__FILE__, __LINE__, "bad element type");
}

std::string c_shape(const TensorType& t, int64_t window) {
  std::string text;
  for (const Dim& d : t.shape) {
    if (!text.empty()) text += " x ";
    text += !d.is_symbol() ? d.to_string()
            : window > 1   ? "(rows + " + std::to_string(window - 1) + ")"
                           : "rows";
  }
  return text.empty() ? "1" : text;
}

std::string c_identifier(std::string_view name) {
  std::string text;
  for (const char c : name) text += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return text;
}

std::string upper_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string with_words(std::string_view source,
                       const std::vector<std::pair<std::string_view, std::string>>& words) {
  std::string out;
  while (!source.empty()) {
    const auto word =
        std::ranges::find_if(words, [&](const auto& w) { return source.starts_with(w.first); });
    out += word != words.end() ? word->second : std::string(1, source[0]);
    source.remove_prefix(word != words.end() ? word->first.size() : 1);
  }
  return out;
}

std::string CSignature::declared() const {
  std::string text;
  for (const CArgument& a : arguments)
    text += (text.empty() ? "" : ", ") + a.type + (a.type.ends_with('*') ? "" : " ") + a.name;
  return text;
}

std::string CSignature::given() const {
  std::string text;
  for (const CArgument& a : arguments) text += (text.empty() ? "" : ", ") + a.name;
  return text;
}

CSignature c_signature(const std::string& prefix, const runtime::FunctionInfo& f) {
  const bool steps = takes_steps(f);
  CSignature s{
      steps ? "float" : "int32_t", prefix + "_" + f.name, {{prefix + "_model *", "model"}}};
  for (const int i : given_params(f)) {
    const runtime::ParamInfo& p = f.params[static_cast<size_t>(i)];
    s.arguments.push_back(
        {std::string("const ") + c_type(p.type.dtype) + " *", c_identifier(p.name)});
  }
  s.arguments.push_back({"int64_t", "rows"});
  if (steps) return s;
  for (const runtime::OutputInfo& o : f.outputs)
    s.arguments.push_back({std::string(c_type(o.type.dtype)) + " *", c_identifier(o.name)});
  return s;
}

}  // namespace lathe::codegen
