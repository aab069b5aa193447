// Binding of inputs and symbols, and the walk through a function's body.
#include "codegen/interp/interpreter.h"

#include <algorithm>
#include <utility>

#include "codegen/interp/ops.h"
#include "ir/error.h"

namespace lathe::interp {

namespace {

using ir::Function;
using ir::Op;
using ir::OpKind;

std::string in_quotes(std::string_view s) {
  return "'" + std::string(s) + "'";
}

std::string type_text(DType dtype, const std::vector<int64_t>& shape) {
  return runtime::tensor_type(dtype, shape).to_string();
}

/// What a symbol stands for in this run, and who said so.
class Symbol {
 public:
  explicit Symbol(std::string name) : name_(std::move(name)) {}

  void bind(int64_t size, const std::string& source) {
    if (size < 1)
      throw Error(source + " makes " + name_ + " " + std::to_string(size) +
                  ", but it is at least 1");
    if (value_ && *value_ != size)
      throw Error(source + " makes " + name_ + " " + std::to_string(size) + ", but " + source_ +
                  " made it " + std::to_string(*value_));
    value_ = size;
    source_ = source;
  }
  int64_t value(const Function& f) const {
    if (!value_)
      throw Error("function " + in_quotes(f.name) + " needs " + name_ +
                  ", and no input has it: it must be given");
    return *value_;
  }

 private:
  std::string name_, source_;
  std::optional<int64_t> value_;
};

struct Symbols {
  Symbol batch{"B"}, rows{"N"};

  Symbol& of(Dim d) { return d.is_batch() ? batch : rows; }
  std::vector<int64_t> bind(const Function& f, const Shape& shape) {
    std::vector<int64_t> sizes;
    for (Dim d : shape) sizes.push_back(d.is_symbol() ? of(d).value(f) : d.size());
    return sizes;
  }
};

/// Error unless a tensor of this type and shape can be `declared`, its symbol taken as it comes.
void check_type(const std::string& what, const TensorType& declared, DType dtype,
                const std::vector<int64_t>& shape) {
  bool fits = dtype == declared.dtype && shape.size() == declared.shape.size();
  for (size_t i = 0; fits && i < shape.size(); ++i)
    fits = declared.shape[i].is_symbol() || declared.shape[i].size() == shape[i];
  if (!fits)
    throw Error(what + " is " + type_text(dtype, shape) + ", expected " + declared.to_string());
}

/// The inputs in the order of the parameters. Error when one is missing or there are others.
template <class Map>
std::vector<const typename Map::mapped_type*> in_order(const Function& f, const Map& inputs) {
  std::vector<const typename Map::mapped_type*> ordered;
  std::string names;
  for (ir::ValueId p : f.params) {
    const std::string& name = f.op(p).name;
    names += (names.empty() ? "" : ", ") + name;
    const auto it = inputs.find(name);
    if (it == inputs.end())
      throw Error("function " + in_quotes(f.name) + " needs the input " + in_quotes(name) + " (" +
                  f.op(p).type.to_string() + "), which was not given");
    ordered.push_back(&it->second);
  }
  for (const auto& [name, value] : inputs) {
    const auto is_it = [&, n = std::string_view(name)](ir::ValueId p) { return f.op(p).name == n; };
    if (std::ranges::none_of(f.params, is_it))
      throw Error("function " + in_quotes(f.name) + " has no input " + in_quotes(name) +
                  "; it has " + (names.empty() ? "none" : names));
  }
  return ordered;
}

void compute(const Call& c, double batch, Value& r) {
  switch (c.op.kind) {
    case OpKind::Map:
      return compute_map(c, r);
    case OpKind::Constant:
      return compute_constant(c, r);
    case OpKind::Convert:
      return compute_convert(c, r);
    case OpKind::MatMul:
      return compute_matmul(c, r);
    case OpKind::Transpose:
      return compute_transpose(c, r);
    case OpKind::Reduce:
      return compute_reduce(c, r);
    case OpKind::Broadcast:
      return compute_broadcast(c, r);
    case OpKind::Reshape:
      return compute_reshape(c, r);
    case OpKind::Softmax:
      return compute_softmax(c, r);
    case OpKind::LogSoftmax:
      return compute_log_softmax(c, r);
    case OpKind::Gather:
      return compute_gather(c, r);
    case OpKind::ScatterAdd:
      return compute_scatter_add(c, r);
    case OpKind::OneHot:
      return compute_one_hot(c, r);
    case OpKind::ArgMax:
      return compute_argmax(c, r);
    case OpKind::Concat:
      return compute_concat(c, r);
    case OpKind::Slice:
      return compute_slice(c, r);
    case OpKind::RandomUniform:
      return compute_random_uniform(c, r);
    case OpKind::BatchSize:
      r.elements.at(0) = batch;
      return;
    case OpKind::Param:
    case OpKind::State:
    case OpKind::Minimize:
    case OpKind::Update:
    case OpKind::Assign:
      break;
  }
  internal_error(__FILE__, __LINE__, "an op without a value of its own was to be computed");
}

/// Error when passes must run before the function can.
void check_runnable(const Function& f) {
  for (ir::ValueId id : f.body) {
    const OpKind kind = f.op(id).kind;
    if (kind == OpKind::Minimize)
      throw Error("function " + in_quotes(f.name) + " still has 'minimize': run autodiff first");
    if (kind == OpKind::Update)
      throw Error("function " + in_quotes(f.name) +
                  " still has 'update': run the optimizer's expansion first");
  }
}

}  // namespace

Interpreter::Interpreter(const ir::Module& module, Options options)
    : module_(module), options_(std::move(options)) {
  for (const ir::State& s : module_.states) {
    if (s.type.has_symbol())
      throw Error("state " + in_quotes(s.name) + " is " + s.type.to_string() +
                  ", but states have no symbols");
    std::vector<int64_t> shape;
    for (Dim d : s.type.shape) shape.push_back(d.size());
    states_.emplace_back(s.type.dtype, std::move(shape));
  }
}

ir::StateId Interpreter::find(std::string_view name) const {
  const ir::StateId id = module_.find_state(name);
  if (id == ir::kNone)
    throw Error("module " + in_quotes(module_.name) + " has no state " + in_quotes(name));
  return id;
}

void Interpreter::round(Value& v) const {
  if (options_.exact && is_float(v.dtype)) return;
  for (double& x : v.elements) x = round_to(v.dtype, x);
}

void Interpreter::set_state(std::string_view name, const runtime::TensorView& value) {
  const ir::StateId id = find(name);
  check_type("state " + in_quotes(name), module_.states[id].type, value.dtype, value.shape);
  states_[id] = from_tensor(value, name);
}

runtime::Tensor Interpreter::state(std::string_view name) const {
  return to_tensor(states_[find(name)]);
}

void Interpreter::set_state_values(std::string_view name, std::vector<double> values) {
  Value& s = states_[find(name)];
  if (values.size() != s.elements.size())
    throw Error("state " + in_quotes(name) + " is " + type_text(s.dtype, s.shape) + ", but got " +
                std::to_string(values.size()) + " values");
  s.elements = std::move(values);
  round(s);
}

const std::vector<double>& Interpreter::state_values(std::string_view name) const {
  return states_[find(name)].elements;
}

Interpreter::Outputs Interpreter::run(std::string_view function, const Inputs& inputs,
                                      std::optional<int64_t> batch) {
  const Function& f = module_.function(function);
  const auto views = in_order(f, inputs);
  std::vector<Value> params;
  for (size_t i = 0; i < views.size(); ++i) {
    const Op& p = f.op(f.params[i]);
    check_type("input " + in_quotes(p.name), p.type, views[i]->dtype, views[i]->shape);
    params.push_back(from_tensor(*views[i], p.name));
  }
  Outputs out;
  for (auto& [name, value] : execute(f, std::move(params), batch))
    out.emplace(name, to_tensor(value));
  return out;
}

Interpreter::ValueOutputs Interpreter::run_values(std::string_view function,
                                                  const ValueInputs& inputs,
                                                  std::optional<int64_t> batch) {
  const Function& f = module_.function(function);
  const auto lists = in_order(f, inputs);
  std::vector<Value> params;
  for (size_t i = 0; i < lists.size(); ++i) {
    const Op& p = f.op(f.params[i]);
    const int64_t count = static_cast<int64_t>(lists[i]->size());
    const int64_t row = p.type.has_symbol() ? p.type.row_elements() : p.type.elements();
    if (count % row != 0 || (!p.type.has_symbol() && count != row))
      throw Error("input " + in_quotes(p.name) + " is " + p.type.to_string() + ", but got " +
                  std::to_string(count) + " values");
    Value v;
    v.dtype = p.type.dtype;
    for (Dim d : p.type.shape) v.shape.push_back(d.is_symbol() ? count / row : d.size());
    v.elements = *lists[i];
    round(v);
    params.push_back(std::move(v));
  }
  return execute(f, std::move(params), batch);
}

Interpreter::ValueOutputs Interpreter::execute(const Function& f, std::vector<Value> params,
                                               std::optional<int64_t> batch) {
  check_runnable(f);
  Symbols symbols;
  if (batch) symbols.batch.bind(*batch, "the batch given");
  std::vector<Value> values(f.ops.size());
  for (size_t i = 0; i < params.size(); ++i) {
    const Op& p = f.op(f.params[i]);
    for (size_t d = 0; d < p.type.shape.size(); ++d)
      if (p.type.shape[d].is_symbol())
        symbols.of(p.type.shape[d]).bind(params[i].shape[d], "input " + in_quotes(p.name));
    values[f.params[i]] = std::move(params[i]);
  }

  // States change only after the last op, so a read in any place sees the value at entry.
  const auto value_of = [&](ir::ValueId id) -> const Value& {
    return f.op(id).kind == OpKind::State ? states_.at(f.op(id).state) : values.at(id);
  };
  std::vector<std::pair<ir::StateId, ir::ValueId>> assigned;
  for (ir::ValueId id : f.body) {
    const Op& op = f.op(id);
    if (op.kind == OpKind::Assign) {
      assigned.emplace_back(op.state, op.operands.at(0));
      continue;
    }
    Call call{op, {}};
    for (ir::ValueId operand : op.operands) call.operands.push_back(&value_of(operand));
    const bool needs_batch = op.kind == OpKind::BatchSize;
    Value r(op.type.dtype, symbols.bind(f, op.type.shape));
    compute(call, needs_batch ? static_cast<double>(symbols.batch.value(f)) : 0, r);
    if (options_.after_op) options_.after_op(op, call.operands, r);
    round(r);
    values[id] = std::move(r);
  }

  ValueOutputs out;
  for (const ir::Output& o : f.outputs) out.emplace(o.name, value_of(o.value));
  std::vector<std::pair<ir::StateId, Value>> next;  // copies first: a value may be another state
  for (const auto& [state, value] : assigned) next.emplace_back(state, value_of(value));
  for (auto& [state, value] : next) states_.at(state) = std::move(value);
  return out;
}

}  // namespace lathe::interp
