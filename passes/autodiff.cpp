#include "passes/autodiff.h"

#include <algorithm>

#include "ir/builder.h"
#include "ir/elementwise.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "passes/rewrite.h"

namespace lathe::passes {

using namespace ir;

namespace {

bool is_trainable(const State& s) {
  return s.attrs.flag("trainable", false);
}

std::string describe(const Op& op) {
  const ElementwiseRow* row = op.kind == OpKind::Map ? find_elementwise(op.fn) : nullptr;
  std::string s = "'" + std::string(row ? row->name : op_info(op.kind).text) + "'";
  if (!op.name.empty()) s += " (%" + op.name + ")";
  if (const std::string layer = op.attrs.word("layer"); !layer.empty()) s += " of layer " + layer;
  return s;
}

/// One walk over one function.
class Walk {
 public:
  Walk(Module& m, Function& f, Remarks& remarks)
      : m_(m), f_(f), b_(m, f), remarks_(remarks), forward_(f.body) {}

  void run(ValueId minimize);

 private:
  void find_paths(ValueId loss);
  void contribute(ValueId value, ValueId gradient);
  /// The sum of the contributions to `value`; kNone where there are none.
  ValueId gradient(ValueId value);
  void update_states(const Attrs& attrs);
  /// Why the trainable state that `read` reads (kNone: nothing does) gets no gradient.
  std::string reason(ValueId read) const;

  bool on_path(ValueId v) const { return active_[v] && needed_[v]; }

  Module& m_;
  Function& f_;
  Builder b_;
  Remarks& remarks_;
  std::vector<ValueId> forward_;
  std::vector<bool> active_;  ///< depends on a trainable state, and has a gradient at all
  std::vector<bool> needed_;  ///< the loss depends on it
  std::vector<std::vector<ValueId>> parts_;
  std::vector<ValueId> ends_;  ///< ops where a path ends: no slope, or one that is 0 by structure
};

void Walk::find_paths(ValueId loss) {
  const size_t n = f_.ops.size();
  active_.assign(n, false);
  needed_.assign(n, false);
  parts_.resize(n);
  needed_[loss] = true;
  for (auto it = forward_.rbegin(); it != forward_.rend(); ++it)
    if (needed_[*it])
      for (ValueId operand : f_.op(*it).operands) needed_[operand] = true;
  for (size_t v = 0; v < n; ++v)
    if (f_.ops[v].kind == OpKind::State) active_[v] = is_trainable(m_.states[f_.ops[v].state]);
  for (ValueId v : forward_) {
    const Op& op = f_.op(v);
    if (!needed_[v] || !std::any_of(op.operands.begin(), op.operands.end(),
                                    [&](ValueId operand) { return active_[operand]; }))
      continue;
    // Integers and truth values take part in the loss without a slope: the path ends there.
    if (!is_float(op.type.dtype)) {
      ends_.push_back(v);
      continue;
    }
    LATHE_CHECK(op_info(op.kind).has_gradient,
                "function '" + f_.name + "': " + describe(op) + " makes floats without a gradient");
    active_[v] = true;
  }
}

void Walk::contribute(ValueId value, ValueId gradient) {
  LATHE_CHECK(b_.type(gradient) == b_.type(value), "the gradient of an operand has type " +
                                                       b_.type(gradient).to_string() + ", not " +
                                                       b_.type(value).to_string());
  parts_[value].push_back(gradient);
}

ValueId Walk::gradient(ValueId value) {
  ValueId sum = kNone;
  for (ValueId part : parts_[value]) sum = sum == kNone ? part : b_.map("add", {sum, part});
  return sum;
}

std::string Walk::reason(ValueId read) const {
  if (read != kNone && read < static_cast<ValueId>(parts_.size()) && on_path(read)) {
    std::vector<bool> reached(f_.ops.size(), false);
    reached[read] = true;
    for (ValueId v : forward_) {
      const std::vector<ValueId>& from = f_.op(v).operands;
      reached[v] = std::any_of(from.begin(), from.end(), [&](ValueId o) { return reached[o]; });
      if (!reached[v] || std::find(ends_.begin(), ends_.end(), v) == ends_.end()) continue;
      const Op& end = f_.op(v);
      const std::string between = ", between it and the loss, ";
      return "is trainable, but gets no gradient and stays as it is: " +
             (is_float(end.type.dtype)
                  ? "the gradient of " + describe(end) + between + "is 0"
                  : describe(end) + between + "has no gradient: its result is " +
                        std::string(dtype_name(end.type.dtype)));
    }
  }
  return "is trainable, but the loss does not depend on it: it stays as it is";
}

void Walk::update_states(const Attrs& attrs) {
  bool any = false;
  for (StateId s = 0; s < static_cast<StateId>(m_.states.size()); ++s) {
    const State& state = m_.states[s];
    if (!is_trainable(state)) continue;
    any = true;
    b_.set_layer(state.attrs.word("layer"));
    const ValueId read = f_.find_read(s);
    const ValueId g =
        read == kNone || read >= static_cast<ValueId>(parts_.size()) ? kNone : gradient(read);
    if (g == kNone)
      remarks_.push_back({"autodiff", f_.name, state.name, reason(read)});
    else
      b_.update(s, g, attrs);
  }
  if (!any)
    remarks_.push_back({"autodiff", f_.name, "minimize", "there is no trainable state to change"});
}

void Walk::run(ValueId minimize) {
  const ValueId loss = f_.op(minimize).operands.at(0);
  const Attrs attrs = f_.op(minimize).attrs;
  std::erase(f_.body, minimize);
  std::erase(forward_, minimize);
  const size_t first = f_.body.size();
  find_paths(loss);
  if (on_path(loss)) contribute(loss, b_.constant(1.0, b_.type(loss).dtype));
  for (auto it = forward_.rbegin(); it != forward_.rend(); ++it) {
    const ValueId v = *it;
    if (!on_path(v) || parts_[v].empty()) continue;
    b_.set_layer(f_.op(v).attrs.word("layer"));
    const std::vector<ValueId> gradients = vjp(b_, v, gradient(v));
    for (size_t i = 0; i < gradients.size(); ++i) {
      const ValueId operand = f_.op(v).operands[i];
      if (!on_path(operand)) continue;
      if (gradients[i] != kNone)
        contribute(operand, gradients[i]);
      else
        ends_.push_back(v);
    }
  }
  update_states(attrs);
  drop_dead(f_, first);  // a rule makes the gradients of all operands, wanted or not
  compact(f_);
}

}  // namespace

bool differentiate(Module& module, const PassOptions&, Remarks& remarks) {
  for (const State& s : module.states)
    if (is_trainable(s) && !is_float(s.type.dtype))
      throw Error("state '" + s.name + "' is trainable, but " + s.type.to_string() +
                  " has no gradient: f32 or f64 is expected");
  bool changed = false;
  for (Function& f : module.functions) {
    std::vector<ValueId> minimizes;
    for (ValueId v : f.body)
      if (f.op(v).kind == OpKind::Minimize) minimizes.push_back(v);
    if (minimizes.empty()) continue;
    if (minimizes.size() > 1)
      throw Error("function '" + f.name + "' has " + std::to_string(minimizes.size()) +
                  " minimize ops, one is expected: add the losses");
    if (!f.kernels.empty())
      throw Error("function '" + f.name +
                  "' has kernels already: pass 'autodiff' comes before pass 'fuse'");
    Walk(module, f, remarks).run(minimizes[0]);
    changed = true;
  }
  return changed;
}

}  // namespace lathe::passes
