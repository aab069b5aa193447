// Rules 1 … 9: names, types and values.
#include "ir/verifier.h"

#include <unordered_set>

#include "ir/lexer.h"
#include "ir/op_table.h"
#include "ir/printer.h"
#include "ir/verifier_report.h"

namespace lathe::ir {

std::string size_problem(const TensorType& type) {
  constexpr int kMaxRank = 8;
  constexpr int64_t kMaxElements = int64_t{1} << 40;
  if (type.rank() > kMaxRank) return "a type has at most 8 dimensions";
  int64_t n = 1;
  for (Dim d : type.shape) {
    if (d.is_symbol() || d.size() < 1) continue;
    if (d.size() > kMaxElements / n)
      return "the type " + type.to_string() + " has more than 2^40 elements";
    n *= d.size();
  }
  return "";
}

void Reporter::fail(int rule, Subject subject, const std::string& where,
                    const std::string& what) const {
  subject.function = index_;
  throw VerifyError(rule, subject,
                    "@" + f().name + where + ": " + what + " (rule " + std::to_string(rule) + ")");
}
void Reporter::function(int rule, const std::string& what) const {
  fail(rule, {}, "", what);
}
void Reporter::op(int rule, ValueId id, const std::string& what) const {
  Subject s;
  s.op = id;
  fail(rule, s, ", " + value(id), what);
}
void Reporter::kernel(int rule, int32_t k, const std::string& what) const {
  Subject s;
  s.kernel = k;
  fail(rule, s, ", kernel " + kernel_name(k), what);
}
void Reporter::output(int rule, size_t index, const std::string& what) const {
  Subject s;
  s.output = static_cast<int32_t>(index);
  fail(rule, s, ", output '" + f().outputs[index].name + "'", what);
}

std::string Reporter::value(ValueId id) const {
  const std::string name = value_names(m_, f()).at(id);
  if (!name.empty()) return name;
  const OpKind kind = f().op(id).kind;
  if (kind == OpKind::Param || kind == OpKind::State) return "a value that is in no list";
  return std::string(op_info(kind).text);
}

namespace {

/// Why the type breaks rule 3, or an empty text.
std::string type_problem(const TensorType& type) {
  for (size_t i = 0; i < type.shape.size(); ++i) {
    const Dim d = type.shape[i];
    if (d.is_symbol() && i > 0) return "a symbol stands only in front, not in " + type.to_string();
    if (!d.is_symbol() && d.size() < 1)
      return "dimensions are positive, not as in " + type.to_string();
  }
  return size_problem(type);
}

/// Why the attributes break rule 1, or an empty text.
std::string attrs_problem(const Attrs& attrs) {
  for (const auto& [name, value] : attrs)
    if (!is_plain_word(name)) return "'" + name + "' is no name for an attribute";
  return "";
}

[[noreturn]] void fail_module(int rule, const std::string& what) {
  throw VerifyError(rule, {}, what + " (rule " + std::to_string(rule) + ")");
}

void check_states(const Module& m) {
  std::unordered_set<std::string> names;
  for (size_t i = 0; i < m.states.size(); ++i) {
    const State& s = m.states[i];
    const auto fail = [&](int rule, const std::string& what) {
      Subject subject;
      subject.state = static_cast<StateId>(i);
      throw VerifyError(rule, subject,
                        "state %" + s.name + ": " + what + " (rule " + std::to_string(rule) + ")");
    };
    if (!is_plain_word(s.name)) fail(1, "the name is not a plain word");
    if (auto problem = attrs_problem(s.attrs); !problem.empty()) fail(1, problem);
    if (!names.insert(s.name).second) fail(2, "there are two states of this name");
    if (auto problem = type_problem(s.type); !problem.empty()) fail(3, problem);
    if (s.type.has_symbol()) fail(3, "a state's size is fixed, not " + s.type.to_string());
  }
}

class FunctionChecker {
 public:
  FunctionChecker(const Module& m, int32_t index)
      : m_(m), f_(m.functions[index]), r_(m, index), defined_(f_.ops.size(), false) {}

  void run() {
    if (!is_plain_word(f_.name)) r_.function(1, "the function's name is not a plain word");
    if (auto problem = attrs_problem(f_.attrs); !problem.empty()) r_.function(1, problem);
    check_lists();
    for (const State& s : m_.states) names_.insert(s.name);
    for (ValueId p : f_.params) check_param(p);
    for (ValueId id : f_.body) check_op(id);
    check_outputs();
    check_effects();
  }

 private:
  // Ids are checked before anything follows or names them.
  void check_lists() const {
    const auto count = static_cast<ValueId>(f_.ops.size());
    std::vector<bool> listed(f_.ops.size(), false);
    const auto check = [&](ValueId id, const char* list) {
      const std::string which = "id " + std::to_string(id) + " in the list of " + list;
      if (id < 0 || id >= count) r_.function(4, which + " is out of range");
      if (listed[id]) r_.function(4, which + " stands in two places");
      listed[id] = true;
      for (ValueId v : f_.ops[id].operands)
        if (v < 0 || v >= count)
          r_.function(4, "operand " + std::to_string(v) + " of " + which + " is out of range");
    };
    for (ValueId p : f_.params) check(p, "parameters");
    for (ValueId id : f_.body) check(id, "ops");
    for (ValueId p : f_.params)
      if (f_.op(p).kind != OpKind::Param)
        r_.function(4, "the list of parameters holds something else");
    for (ValueId id : f_.body) {
      const OpKind kind = f_.op(id).kind;
      if (kind == OpKind::Param || kind == OpKind::State)
        r_.function(4, "the body holds a parameter or a state read");
    }
    for (const Op& op : f_.ops)
      if (op.state != kNone && (op.state < 0 || op.state >= static_cast<StateId>(m_.states.size())))
        r_.function(5, "state " + std::to_string(op.state) + " is out of range");
  }

  void check_name(ValueId id, bool required) {
    const Op& op = f_.op(id);
    if (op.name.empty() && !required) return;
    if (!is_plain_word(op.name)) r_.op(1, id, "the name '" + op.name + "' is not a plain word");
    if (!has_result(op.kind)) r_.op(1, id, "an op without a result has no name");
    if (!names_.insert(op.name).second) r_.op(2, id, "the name is already taken");
  }

  void check_param(ValueId id) {
    const Op& op = f_.op(id);
    check_name(id, true);
    if (auto problem = type_problem(op.type); !problem.empty()) r_.op(3, id, problem);
    if (!op.operands.empty()) r_.op(4, id, "a parameter has no operands");
    if (op.state != kNone) r_.op(5, id, "a parameter names no state");
    if (!op.attrs.empty() || !op.fn.empty()) r_.op(6, id, "a parameter has no attributes");
    if (op.kernel != kNone) r_.op(11, id, "a parameter is in no kernel");
    defined_[id] = true;
  }

  void check_operand(ValueId id, ValueId v) const {
    const Op& source = f_.op(v);
    if (source.kind == OpKind::State) {
      if (source.state == kNone) r_.op(5, id, "it reads a state that is not named");
      if (source.type != m_.states[source.state].type)
        r_.op(5, id,
              "it reads %" + m_.states[source.state].name + " as " + source.type.to_string() +
                  ", but the state is " + m_.states[source.state].type.to_string());
      if (source.kernel != kNone) r_.op(11, id, "it reads a state from within a kernel");
      return;
    }
    if (!defined_[v])
      r_.op(4, id,
            "operand " + r_.value(v) + " (id " + std::to_string(v) + ") is not defined before it");
    if (!has_result(source.kind)) r_.op(4, id, "an operand has no result");
  }

  void check_op(ValueId id) {
    const Op& op = f_.op(id);
    check_name(id, false);
    if (auto problem = attrs_problem(op.attrs); !problem.empty()) r_.op(1, id, problem);
    for (ValueId v : op.operands) check_operand(id, v);
    const bool on_state = op.kind == OpKind::Update || op.kind == OpKind::Assign;
    if (on_state != (op.state != kNone))
      r_.op(5, id, on_state ? "it names no state" : "it names a state");

    if (!op.fn.empty() && op.kind != OpKind::Map) r_.op(6, id, "only a map has an expression");
    if (!op.fn.empty() && !op.fn.is_readable())
      r_.op(6, id, "the expression is too large to be read back from text");
    // Before the shape rule, which counts elements.
    if (has_result(op.kind))
      if (auto problem = type_problem(op.type); !problem.empty()) r_.op(3, id, problem);
    InferInput in{op, {}};
    for (ValueId v : op.operands) in.operands.push_back(&f_.op(v).type);
    if (on_state) in.state = &m_.states[op.state].type;
    TensorType type;
    try {
      type = infer_type(in);
    } catch (const Error& e) {
      r_.op(6, id, e.what());
    }
    if (has_result(op.kind)) {
      if (type != op.type)
        r_.op(6, id,
              "its type is " + op.type.to_string() + ", expected " + type.to_string() +
                  " by the operands");
      if (op.type.has_symbol() && op.type.shape[0].is_rows())
        r_.op(3, id, "only a parameter may have N rows");
    }
    for (size_t i = 0; i < op.operands.size(); ++i) {
      const TensorType& t = f_.op(op.operands[i]).type;
      if (t.has_symbol() && t.shape[0].is_rows() && !(op.kind == OpKind::Gather && i == 0))
        r_.op(7, id,
              "parameter " + r_.value(op.operands[i]) +
                  " of N rows is read by something else than gather");
    }
    defined_[id] = true;
  }

  void check_outputs() const {
    std::unordered_set<std::string> names;
    for (size_t i = 0; i < f_.outputs.size(); ++i) {
      const Output& o = f_.outputs[i];
      if (!is_plain_word(o.name)) r_.output(1, i, "the name is not a plain word");
      if (!names.insert(o.name).second) r_.output(2, i, "there are two outputs of this name");
      if (o.value < 0 || o.value >= static_cast<ValueId>(f_.ops.size()))
        r_.output(9, i, "value " + std::to_string(o.value) + " is out of range");
      const Op& op = f_.op(o.value);
      if (op.kind == OpKind::State) {
        if (op.state == kNone || op.type != m_.states[op.state].type)
          r_.output(5, i, "it reads a state as something else");
        continue;
      }
      if (!defined_[o.value] || !has_result(op.kind))
        r_.output(9, i, "it is neither a parameter, nor a state, nor a value of the function");
      if (op.type.has_symbol() && op.type.shape[0].is_rows())
        r_.output(7, i, "a parameter of N rows can't be returned");
    }
  }

  void check_effects() const {
    std::vector<bool> written(m_.states.size(), false);
    bool minimized = false;
    for (ValueId id : f_.body) {
      const Op& op = f_.op(id);
      if (op.state != kNone) {
        if (written[op.state])
          r_.op(8, id, "state %" + m_.states[op.state].name + " is written twice");
        written[op.state] = true;
      }
      if (op.kind != OpKind::Minimize) continue;
      if (minimized) r_.op(8, id, "there are two minimize in one function");
      minimized = true;
    }
  }

  const Module& m_;
  const Function& f_;
  Reporter r_;
  std::vector<bool> defined_;
  std::unordered_set<std::string> names_;
};

}  // namespace

void verify(const Module& m) {
  if (!is_plain_word(m.name))
    fail_module(1, "the module's name '" + m.name + "' is not a plain word");
  if (auto problem = attrs_problem(m.attrs); !problem.empty()) fail_module(1, problem);
  check_states(m);
  std::unordered_set<std::string> names;
  for (size_t i = 0; i < m.functions.size(); ++i) {
    const auto index = static_cast<int32_t>(i);
    const Reporter r(m, index);
    if (!names.insert(m.functions[i].name).second)
      r.function(2, "there are two functions of this name");
    FunctionChecker(m, index).run();
    verify_kernels(r, m);
  }
}

void verify_all(const Module& m) {
  verify(m);
  bool scheduled = false, planned = false;
  for (const Function& f : m.functions) {
    for (const Kernel& k : f.kernels) scheduled = scheduled || k.attrs.has("phase");
    planned = planned || f.attrs.has("arena");
  }
  if (scheduled || planned) verify_schedule(m);
  if (planned) verify_plan(m);
}

}  // namespace lathe::ir
