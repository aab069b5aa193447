#include "ir/printer.h"

#include "ir/elementwise.h"
#include "ir/lexer.h"
#include "ir/op_table.h"
#include "ir/text_number.h"

namespace lathe::ir {

namespace {

// Length of the well-formed UTF-8 sequence at `at`, or 0.
size_t utf8_length(std::string_view s, size_t at) {
  const auto byte = [&](size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const unsigned lead = byte(at);
  const auto tail = [&](size_t i) { return (byte(at + i) & 0xc0u) == 0x80u; };
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (lead == 0xe0 && byte(at + 1) < 0xa0) return 0;  // too long a form
    if (lead == 0xed && byte(at + 1) > 0x9f) return 0;  // a surrogate
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (lead == 0xf0 && byte(at + 1) < 0x90) return 0;
    if (lead == 0xf4 && byte(at + 1) > 0x8f) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

std::string quote(std::string_view s) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string q = "\"";
  for (size_t i = 0; i < s.size();) {
    const char c = s[i];
    const auto byte = static_cast<unsigned char>(c);
    size_t length = 1;
    if (c == '"' || c == '\\') {
      q += std::string("\\") + c;
    } else if (c == '\n') {
      q += "\\n";
    } else if (c == '\t') {
      q += "\\t";
    } else if (byte >= 0x20 && byte < 0x7f) {
      q += c;
    } else if ((length = utf8_length(s, i)) != 0) {
      q += s.substr(i, length);
    } else {
      length = 1;
      q += std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
    }
    i += length;
  }
  return q + "\"";
}

struct AttrPrinter {
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const { return number_to_text(v, true); }
  std::string operator()(const std::string& v) const { return word_text(v); }
  std::string operator()(const std::vector<int64_t>& v) const {
    std::string s;
    for (int64_t i : v) s += (s.empty() ? "" : ", ") + std::to_string(i);
    return "[" + s + "]";
  }
  std::string operator()(const std::vector<std::string>& v) const {
    if (v.empty()) return "words[]";  // `[]` is an empty list of ints
    std::string s;
    for (const std::string& w : v) s += (s.empty() ? "" : ", ") + word_text(w);
    return "[" + s + "]";
  }
  std::string operator()(const std::vector<double>& v) const {
    if (v.empty()) return "reals[]";
    std::string s;
    for (double r : v) s += (s.empty() ? "" : ", ") + number_to_text(r, true);
    return "[" + s + "]";
  }
};

// `{a = 1, b = c}` without a space around, or nothing where there are none.
std::string braces(const std::string& inner) {
  return inner.empty() ? "" : " {" + inner + "}";
}

std::string attrs_text(const Attrs& attrs, const ScalarExpr* fn = nullptr) {
  std::string s;
  const auto add = [&](std::string_view name, const std::string& value) {
    s += (s.empty() ? "" : ", ") + std::string(name) + " = " + value;
  };
  for (const auto& [name, value] : attrs) {
    if (fn && name > "fn") {
      add("fn", fn->to_string());
      fn = nullptr;
    }
    add(name, attr_text(value));
  }
  if (fn) add("fn", fn->to_string());
  return braces(s);
}

using Names = std::vector<std::string>;

std::string name_of(const Names& names, ValueId id) {
  const bool known = id >= 0 && id < static_cast<ValueId>(names.size()) && !names[id].empty();
  return known ? names[id] : "%<" + std::to_string(id) + ">";  // not well-formed: for debugging
}

std::string state_name(const Module& m, StateId id) {
  return id >= 0 && id < static_cast<StateId>(m.states.size()) ? "%" + m.states[id].name
                                                               : "%<state>";
}

std::string op_line(const Module& m, const Function& f, const Names& names, ValueId id) {
  const Op& op = f.op(id);
  if (op.kind == OpKind::Param || op.kind == OpKind::State) return name_of(names, id);
  const OpInfo& info = op_info(op.kind);
  std::string_view head = info.text;
  const ScalarExpr* fn = nullptr;
  Attrs attrs = op.attrs;
  if (op.kind == OpKind::Map && !op.fn.empty()) {
    std::vector<double> values;
    const ElementwiseRow* row = find_elementwise(op.fn, &values);
    if (row && row->arity == static_cast<int>(op.operands.size())) {
      head = row->name;
      for (size_t i = 0; i < values.size(); ++i) attrs.set(row->params[i].name, Attr(values[i]));
    } else {
      fn = &op.fn;
    }
  }
  std::string operands;
  if (op.state != kNone) operands = state_name(m, op.state);
  for (ValueId v : op.operands) operands += (operands.empty() ? "" : ", ") + name_of(names, v);

  const bool result = info.result != ResultRule::Effect;
  std::string s = result ? name_of(names, id) + " = " : "";
  s += head;
  if (!operands.empty()) s += "(" + operands + ")";
  s += attrs_text(attrs, fn);
  if (result) s += " : " + op.type.to_string();
  return s;
}

bool in_range(const Function& f, ValueId id) {
  return id >= 0 && id < static_cast<ValueId>(f.ops.size());
}

std::string type_of(const Function& f, ValueId id) {
  return in_range(f, id) ? f.op(id).type.to_string() : "?";
}

/// `kernel @k0 rows {phase = 1}`.
std::string kernel_head(const Function& f, int32_t k) {
  if (k < 0 || k >= static_cast<int32_t>(f.kernels.size())) return "kernel ?";
  const Kernel& kernel = f.kernels[k];
  return "kernel @" + kernel.name + " " + std::string(kernel_kind_name(kernel.kind)) +
         attrs_text(kernel.attrs);
}

std::string function_text(const Module& m, const Function& f, const std::string& indent) {
  const Names names = value_names(m, f);
  std::string params, outputs, returned;
  for (ValueId p : f.params)
    params += (params.empty() ? "" : ", ") + name_of(names, p) + ": " + type_of(f, p);
  for (const Output& o : f.outputs) {
    outputs += (outputs.empty() ? "" : ", ") + o.name + ": " + type_of(f, o.value);
    returned += (returned.empty() ? " " : ", ") + name_of(names, o.value);
  }
  std::string s = indent + "func @" + f.name + "(" + params + ") -> (" + outputs + ")" +
                  attrs_text(f.attrs) + " {\n";
  const std::string in = indent + "  ";
  if (f.attrs.has("arena")) {
    s += in + "// arena " + attr_text(*f.attrs.find("arena")) + " bytes";
    if (f.attrs.has("lower_bound"))
      s += ", lower bound " + attr_text(*f.attrs.find("lower_bound")) + " bytes";
    s += "\n";
  }
  int32_t open = kNone;
  for (ValueId id : f.body) {
    if (!in_range(f, id)) continue;
    const int32_t k = f.op(id).kernel;
    if (k != open) {
      if (open != kNone) s += in + "}\n";
      if (k != kNone) s += in + kernel_head(f, k) + " {\n";
      open = k;
    }
    s += in + (open != kNone ? "  " : "") + op_line(m, f, names, id) + "\n";
  }
  if (open != kNone) s += in + "}\n";
  return s + in + "return" + returned + "\n" + indent + "}\n";
}

}  // namespace

std::string word_text(std::string_view word) {
  const bool plain =
      is_plain_word(word) && word != "true" && word != "false" && word != "inf" && word != "nan";
  return plain ? std::string(word) : quote(word);
}

std::string attr_text(const Attr& a) {
  return std::visit(AttrPrinter(), a);
}

std::vector<std::string> value_names(const Module& m, const Function& f) {
  Names names(f.ops.size());
  const auto known = [&](ValueId id) { return id >= 0 && id < static_cast<ValueId>(names.size()); };
  for (size_t i = 0; i < f.ops.size(); ++i)
    if (f.ops[i].kind == OpKind::State) names[i] = state_name(m, f.ops[i].state);
  for (ValueId p : f.params)
    if (known(p)) names[p] = "%" + f.op(p).name;
  int number = 0;
  for (ValueId id : f.body) {
    if (!known(id) || !has_result(f.op(id).kind)) continue;
    names[id] = f.op(id).name.empty() ? "%" + std::to_string(number++) : "%" + f.op(id).name;
  }
  return names;
}

std::string op_text(const Module& m, const Function& f, ValueId id) {
  return op_line(m, f, value_names(m, f), id);
}

std::string print(const Module& m, const Function& f) {
  return function_text(m, f, "");
}

std::string print(const Module& m) {
  std::string s = "module @" + m.name + attrs_text(m.attrs) + " {\n";
  for (const State& state : m.states)
    s += "  state %" + state.name + " : " + state.type.to_string() + attrs_text(state.attrs) + "\n";
  bool first = m.states.empty();
  for (const Function& f : m.functions) {
    s += (first ? "" : "\n") + function_text(m, f, "  ");
    first = false;
  }
  return s + "}\n";
}

}  // namespace lathe::ir
