#include "ir/proto_module.h"

#include <unordered_map>

#include "ir/error.h"
#include "ir/op_table.h"

namespace lathe::ir {

namespace {

constexpr int64_t kBatch = -1, kRows = -2;

void put(const TensorType& t, TypeProto& p) {
  p.set_dtype(std::string(dtype_name(t.dtype)));
  for (Dim d : t.shape) p.add_dims(d.is_batch() ? kBatch : d.is_rows() ? kRows : d.size());
}

TensorType type_from(const TypeProto& p) {
  TensorType t;
  const auto dtype = parse_dtype(p.dtype());
  if (!dtype) throw Error("unknown element type '" + p.dtype().substr(0, 40) + "'");
  t.dtype = *dtype;
  for (int64_t d : p.dims()) {
    if (d < 1 && d != kBatch && d != kRows)
      throw Error("a dimension of " + std::to_string(d) + ", expected a positive number, B or N");
    t.shape.push_back(d == kBatch ? Dim::batch() : d == kRows ? Dim::rows() : Dim(d));
  }
  return t;
}

struct PutAttr {
  AttrProto& p;
  void operator()(bool v) const { p.set_flag(v); }
  void operator()(int64_t v) const { p.set_integer(v); }
  void operator()(double v) const { p.set_real(v); }
  void operator()(const std::string& v) const { p.set_word(v); }
  void operator()(const std::vector<int64_t>& v) const {
    p.mutable_ints();
    for (int64_t i : v) p.mutable_ints()->add_values(i);
  }
  void operator()(const std::vector<std::string>& v) const {
    p.mutable_words();
    for (const std::string& w : v) p.mutable_words()->add_values(w);
  }
  void operator()(const std::vector<double>& v) const {
    p.mutable_reals();
    for (double r : v) p.mutable_reals()->add_values(r);
  }
};

template <class Message>
void put(const Attrs& attrs, Message& p) {
  for (const auto& [name, value] : attrs) {
    AttrProto& a = *p.add_attrs();
    a.set_name(name);
    std::visit(PutAttr{a}, value);
  }
}

Attr value_from(const AttrProto& p) {
  switch (p.value_case()) {
    case AttrProto::kFlag:
      return p.flag();
    case AttrProto::kInteger:
      return int64_t{p.integer()};
    case AttrProto::kReal:
      return p.real();
    case AttrProto::kWord:
      return p.word();
    case AttrProto::kInts:
      return std::vector<int64_t>(p.ints().values().begin(), p.ints().values().end());
    case AttrProto::kWords:
      return std::vector<std::string>(p.words().values().begin(), p.words().values().end());
    case AttrProto::kReals:
      return std::vector<double>(p.reals().values().begin(), p.reals().values().end());
    case AttrProto::VALUE_NOT_SET:
      break;
  }
  throw Error("attribute '" + p.name().substr(0, 40) + "' has no value");
}

template <class Message>
Attrs attrs_from(const Message& p) {
  Attrs attrs;
  for (const AttrProto& a : p.attrs()) {
    if (attrs.has(a.name())) throw Error("attribute '" + a.name() + "' is there twice");
    attrs.set(a.name(), value_from(a));
  }
  return attrs;
}

void function_to_proto(const Function& f, FunctionProto& p) {
  p.set_name(f.name);
  put(f.attrs, p);
  std::vector<int32_t> number(f.ops.size(), 0);
  int32_t next = 0;
  for (size_t i = 0; i < f.ops.size(); ++i)
    if (f.ops[i].kind == OpKind::State) number[i] = -1 - f.ops[i].state;
  for (ValueId id : f.params) {
    number[id] = next++;
    ParamProto& param = *p.add_params();
    param.set_name(f.op(id).name);
    put(f.op(id).type, *param.mutable_type());
  }
  for (ValueId id : f.body) {
    number[id] = next++;
    const Op& op = f.op(id);
    OpProto& o = *p.add_ops();
    o.set_op(std::string(op_info(op.kind).text));
    for (ValueId v : op.operands) o.add_operands(number[v]);
    if (has_result(op.kind)) put(op.type, *o.mutable_type());
    put(op.attrs, o);
    if (!op.fn.empty()) o.set_fn(op.fn.to_string());
    o.set_name(op.name);
    o.set_state(static_cast<uint32_t>(op.state + 1));
    o.set_kernel(static_cast<uint32_t>(op.kernel + 1));
  }
  for (const Output& output : f.outputs) {
    OutputProto& o = *p.add_outputs();
    o.set_name(output.name);
    o.set_value(number[output.value]);
  }
  for (const Kernel& kernel : f.kernels) {
    KernelProto& k = *p.add_kernels();
    k.set_name(kernel.name);
    k.set_kind(std::string(kernel_kind_name(kernel.kind)));
    put(kernel.attrs, k);
  }
}

KernelKind kernel_kind_from(const std::string& text) {
#define KERNEL_KIND(name, kind_text) \
  if (text == #kind_text) return KernelKind::name;
#include "ir/kernel_kinds.def"
#undef KERNEL_KIND
  throw Error("unknown kind of kernel '" + text.substr(0, 40) + "'");
}

class FunctionReader {
 public:
  FunctionReader(const Module& m, const FunctionProto& p) : m_(m), p_(p) {}

  Function read() {
    f_.name = p_.name();
    f_.attrs = attrs_from(p_);
    for (const ParamProto& param : p_.params()) {
      Op op;
      op.kind = OpKind::Param;
      op.name = param.name();
      op.type = type_from(param.type());
      f_.params.push_back(add(std::move(op)));
      values_.push_back(f_.params.back());
    }
    for (const OpProto& o : p_.ops()) {
      f_.body.push_back(add(op_from(o)));
      values_.push_back(f_.body.back());
    }
    for (const OutputProto& o : p_.outputs()) f_.outputs.push_back({o.name(), value(o.value())});
    for (const KernelProto& k : p_.kernels())
      f_.kernels.push_back({k.name(), kernel_kind_from(k.kind()), attrs_from(k)});
    return std::move(f_);
  }

 private:
  ValueId add(Op op) {
    f_.ops.push_back(std::move(op));
    return static_cast<ValueId>(f_.ops.size()) - 1;
  }

  int32_t index(uint32_t plus_one, size_t count, const char* what) const {
    if (plus_one > count)
      throw Error(std::string(what) + " " + std::to_string(plus_one) + " of function '" +
                  f_.name.substr(0, 40) + "' is out of range");
    return static_cast<int32_t>(plus_one) - 1;
  }

  ValueId value(int32_t number) {
    if (number >= 0) {
      if (static_cast<size_t>(number) >= values_.size())
        throw Error("value " + std::to_string(number) + " of function '" + f_.name.substr(0, 40) +
                    "' is used before it is defined");
      return values_[number];
    }
    const auto state = static_cast<StateId>(-1 - static_cast<int64_t>(number));
    if (static_cast<size_t>(state) >= m_.states.size())
      throw Error("state " + std::to_string(state) + " is out of range");
    auto [it, fresh] = reads_.emplace(state, kNone);
    if (fresh) {
      Op op;
      op.kind = OpKind::State;
      op.state = state;
      op.type = m_.states[state].type;
      it->second = add(std::move(op));
    }
    return it->second;
  }

  Op op_from(const OpProto& o) {
    const OpInfo* info = find_op(o.op());
    if (!info) throw Error("unknown op '" + o.op().substr(0, 40) + "'");
    Op op;
    op.kind = info->kind;
    for (int32_t v : o.operands()) op.operands.push_back(value(v));
    if (has_result(op.kind)) op.type = type_from(o.type());
    op.attrs = attrs_from(o);
    if (!o.fn().empty()) op.fn = ScalarExpr::parse(o.fn());
    op.name = o.name();
    op.state = index(o.state(), m_.states.size(), "state");
    op.kernel = index(o.kernel(), static_cast<size_t>(p_.kernels_size()), "kernel");
    return op;
  }

  const Module& m_;
  const FunctionProto& p_;
  Function f_;
  std::vector<ValueId> values_;  ///< by number: parameters, then ops
  std::unordered_map<StateId, ValueId> reads_;
};

}  // namespace

void module_to_proto(const Module& m, ModuleProto& p) {
  p.set_name(m.name);
  put(m.attrs, p);
  for (const State& state : m.states) {
    StateProto& s = *p.add_states();
    s.set_name(state.name);
    put(state.type, *s.mutable_type());
    put(state.attrs, s);
  }
  for (const Function& f : m.functions) function_to_proto(f, *p.add_functions());
}

Module module_from_proto(const ModuleProto& p) {
  Module m;
  m.name = p.name();
  m.attrs = attrs_from(p);
  for (const StateProto& s : p.states())
    m.states.push_back({s.name(), type_from(s.type()), attrs_from(s)});
  for (const FunctionProto& f : p.functions()) m.functions.push_back(FunctionReader(m, f).read());
  return m;
}

}  // namespace lathe::ir
