// Expands ops.def into tables, and checks what every op has in common.
#include "ir/op_table.h"

#include <algorithm>
#include <array>

#include "ir/builder.h"
#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::ir {

// Shape and gradient rules: defined in ir/ops/. A missing one is a link error that names it.
using Operands = std::vector<ValueId>;
#define LATHE_VJP_Grad(text) Operands vjp_##text(Builder& b, ValueId value, ValueId dy);
#define LATHE_VJP_NoGrad(text)
#define OP(name, text, least, most, gradient, result, attributes) \
  TensorType infer_##text(const InferInput& in);                  \
  LATHE_VJP_##gradient(text)
#include "ir/ops.def"
#undef OP
#undef LATHE_VJP_Grad
#undef LATHE_VJP_NoGrad

namespace {

std::optional<Attr> parse_default(std::string_view type, std::string_view text) {
  if (type == "bool") return Attr(text == "true");
  if (type == "int") return Attr(text_to_integer(text).value());
  if (type == "real") return Attr(text_to_number(text).value());
  if (type == "word") return Attr(std::string(text));
  if (type == "ints" && text.empty()) return Attr(std::vector<int64_t>());
  internal_error(__FILE__, __LINE__, "no defaults for attributes of type " + std::string(type));
}

std::vector<AttrSpec> parse_specs(std::string_view text, bool& any) {
  std::vector<AttrSpec> specs;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (word == "*") {
      any = true;
      continue;
    }
    AttrSpec s;
    const size_t colon = word.find(':'), equal = word.find('=');
    s.name = word.substr(0, colon);
    s.type = word.substr(colon + 1, equal == word.npos ? word.npos : equal - colon - 1);
    if (equal != word.npos) s.default_value = parse_default(s.type, word.substr(equal + 1));
    specs.push_back(std::move(s));
  }
  return specs;
}

constexpr bool Grad = true, NoGrad = false;

std::vector<OpInfo> build_table() {
  using enum ResultRule;
  std::vector<OpInfo> table;
#define OP(name, text, least, most, gradient, result, attributes)                                 \
  {                                                                                               \
    bool any = false;                                                                             \
    auto specs = parse_specs(attributes, any);                                                    \
    table.push_back({OpKind::name, #text, least, most, gradient, result, std::move(specs), any}); \
  }
#include "ir/ops.def"
#undef OP
  return table;
}

std::string describe(const InferInput& in) {
  std::string s = "'" + std::string(op_info(in.op.kind).text) + "'";
  if (!in.op.name.empty()) s += " (%" + in.op.name + ")";
  if (std::string layer = in.op.attrs.word("layer"); !layer.empty()) s += " of layer " + layer;
  return s;
}

void check_attrs(const OpInfo& info, const Attrs& attrs) {
  for (const AttrSpec& spec : info.attrs) {
    const Attr* a = attrs.find(spec.name);
    if (!a) {
      if (!spec.default_value) throw Error("attribute '" + spec.name + "' is missing");
      continue;
    }
    const std::string_view type = attr_type_name(*a);
    if (type != spec.type && spec.type != "any" && !(spec.type == "real" && type == "int"))
      throw Error("attribute '" + spec.name + "' must be of type " + spec.type + ", not " +
                  std::string(type));
  }
  if (info.any_attrs) return;
  for (const auto& [name, value] : attrs) {
    const bool known =
        std::any_of(info.attrs.begin(), info.attrs.end(),
                    [&, n = std::string_view(name)](auto& s) { return s.name == n; });
    if (!known && !is_common_attr(name)) throw Error("unknown attribute '" + name + "'");
  }
}

}  // namespace

std::span<const OpInfo> op_table() {
  static const std::vector<OpInfo> table = build_table();
  return table;
}

const OpInfo& op_info(OpKind kind) {
  const int index = static_cast<int>(kind) - static_cast<int>(OpKind::State) - 1;
  LATHE_CHECK(index >= 0, "parameters and state reads have no row in ops.def");
  return op_table()[index];
}

const OpInfo* find_op(std::string_view text) {
  for (const OpInfo& info : op_table())
    if (info.text == text) return &info;
  return nullptr;
}

bool has_result(OpKind kind) {
  if (kind == OpKind::Param || kind == OpKind::State) return true;
  return op_info(kind).result != ResultRule::Effect;
}

bool is_common_attr(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kCommon = {"layer", "layout", "offset"};
  return std::find(kCommon.begin(), kCommon.end(), name) != kCommon.end();
}

TensorType infer_type(const InferInput& in) {
  const OpInfo& info = op_info(in.op.kind);
  try {
    const int n = static_cast<int>(in.operands.size());
    if (n < info.least || (info.most >= 0 && n > info.most))
      throw Error("takes " + std::to_string(info.least) +
                  (info.most == info.least ? ""
                   : info.most < 0         ? " or more"
                                           : " to " + std::to_string(info.most)) +
                  " operands, not " + std::to_string(n));
    check_attrs(info, in.op.attrs);
    switch (in.op.kind) {
      case OpKind::Param:
      case OpKind::State:
        break;
#define OP(name, text, least, most, gradient, result, attributes) \
  case OpKind::name:                                              \
    return infer_##text(in);
#include "ir/ops.def"
#undef OP
    }
  } catch (const Error& e) {
    std::string types;
    for (const TensorType* t : in.operands) types += (types.empty() ? "" : ", ") + t->to_string();
    throw Error(describe(in) + ": " + e.what() +
                (types.empty() ? "" : " (operands: " + types + ")"));
  }
  internal_error(__FILE__, __LINE__, "parameters and state reads have no shape rule");
}

std::vector<ValueId> vjp(Builder& b, ValueId value, ValueId dy) {
  const OpKind kind = b.function().op(value).kind;
  switch (kind) {
    case OpKind::Param:
    case OpKind::State:
      break;
#define LATHE_VJP_Grad(text) return vjp_##text(b, value, dy);
#define LATHE_VJP_NoGrad(text) break;
#define OP(name, text, least, most, gradient, result, attributes) \
  case OpKind::name:                                              \
    LATHE_VJP_##gradient(text)
#include "ir/ops.def"
#undef OP
#undef LATHE_VJP_Grad
#undef LATHE_VJP_NoGrad
  }
  internal_error(__FILE__, __LINE__, "this op has no gradient");
}

}  // namespace lathe::ir
