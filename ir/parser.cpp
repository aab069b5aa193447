#include "ir/parser.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ir/elementwise.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/parser_tokens.h"
#include "ir/parser_words.h"
#include "ir/verifier.h"

namespace lathe::ir {

namespace {

class Parser : private TokenReader {
 public:
  Parser(std::string_view text, std::string_view file, Places* places)
      : TokenReader(text, file), places_(places ? *places : own_places_) {
    places_ = {};
  }

  Module read_module();

 private:
  /// What is known within one function.
  struct Scope {
    Function& f;
    Places::OfFunction& places;
    std::unordered_map<std::string, ValueId> values;
    std::unordered_map<StateId, ValueId> reads;
    std::unordered_set<std::string> kernels;
    int32_t kernel = kNone;
  };
  struct Declared {
    Token name;
    TensorType type;
  };

  void read_state();
  void read_function();
  std::vector<Declared> read_list(TokenKind kind, const char* what);
  void read_kernel(Scope& s);
  void read_op(Scope& s);
  void read_return(Scope& s, const std::vector<Declared>& outputs);
  std::vector<ValueId> operands(Scope& s, bool on_state, StateId& state);
  /// The expression of a row, with the parameters among `attrs`, which are taken away.
  ScalarExpr expression_of(const ElementwiseRow& row, Attrs& attrs, const Token& head);
  /// Sets the op's type; the written one must be it.
  void infer(Op& op, const TensorType& declared, const Token& head, const Token& type_at);
  ValueId use(Scope& s, const Token& name);
  ValueId add(Scope& s, Op op, const Token& at);
  void check_new_name(const Scope& s, const Token& name) const;

  Module module_;
  std::unordered_map<std::string, StateId> states_;
  std::unordered_set<std::string> functions_;
  Places own_places_;
  Places& places_;
};

Place place(const Token& t) {
  return {t.line, t.column};
}

bool is_numeric(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Module Parser::read_module() {
  expect_word("module");
  places_.module = place(token_);
  module_.name = expect_name(TokenKind::Global, "the module's name, @name").text;
  module_.attrs = open_block("before the module's states and functions");
  while (!accept("}")) {
    if (token_.is_word("state"))
      read_state();
    else if (token_.is_word("func"))
      read_function();
    else
      expected("'state', 'func' or '}'");
  }
  if (token_.kind != TokenKind::End) expected("the end of the text after the module");
  return std::move(module_);
}

void Parser::read_state() {
  take();
  if (!module_.functions.empty()) expected("functions after the states, no further state");
  places_.states.push_back(place(token_));
  const Token name = expect_name(TokenKind::Value, "the state's name, %name");
  State s;
  s.name = name.text;
  if (!states_.emplace(s.name, static_cast<StateId>(module_.states.size())).second)
    fail(name, "there are two states %" + s.name);
  expect(":", "before the state's type");
  s.type = type();
  s.attrs = attrs();
  module_.states.push_back(std::move(s));
}

std::vector<Parser::Declared> Parser::read_list(TokenKind kind, const char* what) {
  std::vector<Declared> list;
  expect("(", "");
  while (!token_.is(")")) {
    if (!list.empty()) expect(",", "or ')' in the list");
    Declared d;
    d.name = expect_name(kind, what);
    expect(":", "before the type");
    d.type = type();
    list.push_back(std::move(d));
  }
  take();
  return list;
}

void Parser::read_function() {
  take();
  const Token name = expect_name(TokenKind::Global, "the function's name, @name");
  if (!functions_.insert(std::string(name.text)).second)
    fail(name, "there are two functions @" + std::string(name.text));
  Function& f = module_.functions.emplace_back();
  Scope s{f, places_.functions.emplace_back(), {}, {}, {}};
  s.places.name = place(name);
  f.name = name.text;

  for (Declared& d : read_list(TokenKind::Value, "a parameter, %name: type")) {
    check_new_name(s, d.name);
    Op op;
    op.kind = OpKind::Param;
    op.name = d.name.text;
    op.type = std::move(d.type);
    f.params.push_back(add(s, std::move(op), d.name));
    s.values.emplace(d.name.text, f.params.back());
  }
  expect("->", "after the parameters");
  const std::vector<Declared> outputs = read_list(TokenKind::Word, "an output, name: type");
  f.attrs = open_block("before the function's ops");
  while (!token_.is_word("return")) {
    if (token_.is_word("kernel"))
      read_kernel(s);
    else
      read_op(s);
  }
  read_return(s, outputs);
  expect("}", "after 'return'");
}

void Parser::read_kernel(Scope& s) {
  take();
  const Token name = expect_name(TokenKind::Global, "the kernel's name, @name");
  if (!s.kernels.insert(std::string(name.text)).second)
    fail(name, "there are two kernels @" + std::string(name.text) + " in @" + s.f.name);
  Kernel k;
  k.name = name.text;
  bool known = false;
#define KERNEL_KIND(kind_name, kind_text) \
  if (token_.is_word(#kind_text)) k.kind = KernelKind::kind_name, known = true;
#include "ir/kernel_kinds.def"
#undef KERNEL_KIND
  if (!known) expected("a kind of kernel: " + kernel_kind_list());
  take();
  k.attrs = open_block("before the kernel's ops");
  if (token_.is("}")) expected("an op: a kernel can't be empty");
  s.kernel = static_cast<int32_t>(s.f.kernels.size());
  s.f.kernels.push_back(std::move(k));
  s.places.kernels.push_back(place(name));
  while (!accept("}")) {
    if (token_.is_word("kernel")) expected("an op or '}': kernels do not nest");
    if (token_.is_word("return")) expected("an op or '}' at the end of the kernel");
    read_op(s);
  }
  s.kernel = kNone;
}

ValueId Parser::add(Scope& s, Op op, const Token& at) {
  s.f.ops.push_back(std::move(op));
  s.places.ops.push_back(place(at));
  return static_cast<ValueId>(s.f.ops.size()) - 1;
}

void Parser::check_new_name(const Scope& s, const Token& name) const {
  const std::string text(name.text);
  if (s.values.contains(text)) fail(name, "%" + text + " is defined twice in @" + s.f.name);
  if (states_.contains(text)) fail(name, "%" + text + " is already the name of a state");
}

ValueId Parser::use(Scope& s, const Token& name) {
  if (name.kind != TokenKind::Value) fail(name, "expected a value, %name, found " + describe(name));
  const std::string text(name.text);
  if (auto it = s.values.find(text); it != s.values.end()) return it->second;
  auto it = states_.find(text);
  if (it == states_.end())
    fail(name, "unknown value %" + text.substr(0, 40) +
                   ": expected a parameter, a state or a value that is defined above");
  auto [read, fresh] = s.reads.emplace(it->second, kNone);
  if (fresh) {
    Op op;
    op.kind = OpKind::State;
    op.state = it->second;
    op.type = module_.states[it->second].type;
    read->second = add(s, std::move(op), name);
  }
  return read->second;
}

std::vector<ValueId> Parser::operands(Scope& s, bool on_state, StateId& state) {
  std::vector<ValueId> values;
  if (on_state && !token_.is("(")) expected("'(' and the state");
  if (!accept("(")) return values;
  if (on_state) {
    const Token t = expect_kind(TokenKind::Value, "a state, %name");
    auto it = states_.find(std::string(t.text));
    if (it == states_.end()) fail(t, "there is no state " + describe(t));
    state = it->second;
    if (!token_.is(")")) expect(",", "after the state");
  }
  while (!token_.is(")")) {
    if (!values.empty()) expect(",", "or ')' after an operand");
    values.push_back(use(s, token_));
    take();
  }
  take();
  return values;
}

void Parser::read_op(Scope& s) {
  const Token start = token_;
  Op op;
  op.kernel = s.kernel;
  const bool defines = token_.kind == TokenKind::Value;
  if (defines) {
    take();
    if (!is_numeric(start.text)) {
      if (!is_plain_word(start.text)) fail(start, describe(start) + " is not a name");
      op.name = start.text;
    }
    check_new_name(s, start);
    expect("=", "after the name of the result");
  }
  const Token head =
      expect_kind(TokenKind::Word, defines ? "the name of an op" : "an op, 'kernel' or 'return'");
  const OpInfo* info = find_op(head.text);
  const ElementwiseRow* row = info ? nullptr : find_elementwise(head.text);
  if (!info && !row) fail(head, "unknown op " + describe(head) + suggest_op(head.text));
  op.kind = info ? info->kind : OpKind::Map;
  const bool effect = !has_result(op.kind);
  if (effect == defines)
    fail(start, describe(head) + (effect ? " has no result: expected no name before it"
                                         : " has a result: expected '%name =' before it"));

  op.operands = operands(s, op.kind == OpKind::Update || op.kind == OpKind::Assign, op.state);
  op.attrs = attrs(info && op.kind == OpKind::Map ? &op.fn : nullptr);
  if (row) {
    if (static_cast<int>(op.operands.size()) != row->arity)
      fail(head, describe(head) + " takes " + std::to_string(row->arity) + " operands, not " +
                     std::to_string(op.operands.size()));
    op.fn = expression_of(*row, op.attrs, head);
  }
  Token type_at = token_;
  TensorType declared;
  if (effect && token_.is(":")) expected("no type: " + describe(head) + " has no result");
  if (!effect) {
    expect(":", "and the type of the result");
    type_at = token_;
    declared = type();
  }
  infer(op, declared, head, type_at);
  const ValueId id = add(s, std::move(op), start);
  s.f.body.push_back(id);
  if (defines) s.values.emplace(start.text, id);
}

ScalarExpr Parser::expression_of(const ElementwiseRow& row, Attrs& attrs, const Token& head) {
  Attrs given;
  for (const ElementwiseParam& p : row.params) {
    if (const Attr* value = attrs.find(p.name)) given.set(p.name, *value);
    attrs.erase(p.name);
  }
  try {
    return row.with(given).expr;
  } catch (const Error& e) {
    fail(head, e.what());
  }
}

void Parser::infer(Op& op, const TensorType& declared, const Token& head, const Token& type_at) {
  const Function& f = module_.functions.back();
  op.type = declared;
  InferInput in{op, {}};
  for (ValueId v : op.operands) in.operands.push_back(&f.op(v).type);
  if (op.state != kNone) in.state = &module_.states[op.state].type;
  TensorType inferred;
  try {
    inferred = infer_type(in);
  } catch (const Error& e) {
    fail(head, e.what());
  }
  if (!has_result(op.kind)) {
    op.type = {};
    return;
  }
  if (const std::string problem = size_problem(inferred); !problem.empty()) fail(head, problem);
  if (inferred != declared)
    fail(type_at,
         "expected " + inferred.to_string() + " by the operands, found " + declared.to_string());
}

void Parser::read_return(Scope& s, const std::vector<Declared>& outputs) {
  const Token start = take();
  while (token_.kind == TokenKind::Value) {
    const size_t i = s.f.outputs.size();
    if (i >= outputs.size())
      fail(token_,
           "@" + s.f.name + " has " + std::to_string(outputs.size()) + " outputs, not more");
    const ValueId v = use(s, token_);
    const std::string name(outputs[i].name.text);
    if (s.f.op(v).type != outputs[i].type)
      fail(token_, "output '" + name + "' is declared " + outputs[i].type.to_string() + ", but " +
                       describe(token_) + " is " + s.f.op(v).type.to_string());
    s.f.outputs.push_back({name, v});
    s.places.outputs.push_back(place(token_));
    take();
    if (!token_.is("}")) {
      expect(",", "or '}' after a returned value");
      if (token_.kind != TokenKind::Value) expected("a value, %name");
    }
  }
  if (s.f.outputs.size() != outputs.size())
    fail(start, "@" + s.f.name + " returns " + std::to_string(s.f.outputs.size()) +
                    " values, expected " + std::to_string(outputs.size()));
}

}  // namespace

Module parse(std::string_view text, std::string_view file_name, Places* places) {
  return Parser(text, file_name, places).read_module();
}

}  // namespace lathe::ir
