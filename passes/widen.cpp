#include "passes/widen.h"

#include <utility>
#include <vector>

#include "ir/builder.h"

namespace lathe::passes {

using namespace ir;

void widen_maps(Module& m, Function& f) {
  Function wide;
  wide.name = f.name;
  wide.attrs = f.attrs;
  Builder b(m, wide);
  std::vector<ValueId> now(f.ops.size(), kNone);
  for (ValueId p : f.params) now[p] = b.param(f.op(p).name, f.op(p).type);
  const auto value = [&](ValueId old) {
    if (now[old] == kNone && f.op(old).kind == OpKind::State) now[old] = b.state(f.op(old).state);
    return now[old];
  };
  for (ValueId id : f.body) {
    const Op& op = f.op(id);
    std::vector<ValueId> operands;
    for (ValueId v : op.operands) operands.push_back(value(v));
    if (op.kind == OpKind::Assign) {
      b.assign(op.state, operands[0]);
    } else if (op.kind == OpKind::Map && op.type.dtype == DType::F32) {
      for (ValueId& v : operands) v = b.convert(v, DType::F64);
      now[id] = b.convert(b.map(op.fn, operands), DType::F32);
    } else {
      now[id] = b.op(op.kind, operands, op.attrs, op.type);
    }
  }
  for (const Output& o : f.outputs) b.output(o.name, value(o.value));
  f = std::move(wide);
}

}  // namespace lathe::passes
