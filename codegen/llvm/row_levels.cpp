#include "codegen/llvm/row_levels.h"

#include <algorithm>

#include "ir/access.h"
#include "ir/row_form.h"

namespace lathe::codegen {

using ir::OpKind;
using ir::ValueId;

RowLevels::RowLevels(const ir::Function& f, const std::vector<bool>& buffers,
                     const std::vector<ValueId>& ops)
    : f_(f), buffers_(buffers), ops_(ops), flat_(ir::is_flat_op(f.op(ops.front()))) {
  for (ValueId id : ops_) {
    int level = 0;
    // A reduction is done, and its number ready, one level after its loop.
    const auto after = [&](ValueId v) {
      level = std::max(level, level_.at(v) + (is_reduction(v) ? 1 : 0));
    };
    for (ValueId v : op(id).operands)
      if (in_kernel(v)) after(v);
    for (ValueId reader : ops_) {
      if (reader == id) break;
      if (reads_what_it_overwrites(reader, id)) after(reader);
    }
    level_[id] = level;
    last_level_ = std::max(last_level_, level);
  }
  // Rows that later levels read wait in memory.
  for (ValueId id : ops_)
    for (ValueId v : op(id).operands)
      if (in_kernel(v) && !is_number(v) && level_.at(v) < level_.at(id)) waits_.insert(v);
}

bool RowLevels::in_kernel(ValueId v) const {
  return std::find(ops_.begin(), ops_.end(), v) != ops_.end();
}

int64_t RowLevels::columns(ValueId v) const {
  const TensorType& t = op(is_assign(v) ? op(v).operands[0] : v).type;
  return flat_ ? (t.rank() == 0 ? 1 : t.shape[0].size()) : t.row_elements();
}

int64_t RowLevels::loop_width(ValueId v) const {
  return is_reduction(v) ? op(op(v).operands[0]).type.row_elements() : columns(v);
}

/// Whether `reader` reads the state that `id` assigns, or the buffer whose place its own takes.
bool RowLevels::reads_what_it_overwrites(ValueId reader, ValueId id) const {
  const ir::Attr* offset =
      !is_assign(id) && buffers_.at(id) ? op(id).attrs.find("offset") : nullptr;
  for (ValueId v : op(reader).operands) {
    const ir::Op& source = op(ir::resolve_view(f_, v));
    if (source.kind == OpKind::State && is_assign(id) && source.state == op(id).state) return true;
    const ir::Attr* old = source.attrs.find("offset");
    if (offset && old && *offset == *old && !in_kernel(v)) return true;
  }
  return false;
}

std::vector<int64_t> RowLevels::widths(int level) const {
  std::vector<int64_t> list;
  for (ValueId id : ops_)
    if ((!is_number(id) || is_reduction(id)) && level_.at(id) == level &&
        std::find(list.begin(), list.end(), loop_width(id)) == list.end())
      list.push_back(loop_width(id));
  return list;
}

std::vector<ValueId> RowLevels::first_read(int level, int64_t width) const {
  std::map<ValueId, int> first;
  for (ValueId id : ops_) {
    if (loop_width(id) != width || !(is_reduction(id) || ir::is_elementwise(op(id).kind))) continue;
    for (ValueId v : op(id).operands)
      if (!in_kernel(v) && op(v).type.rank() > 1 && op(v).type.row_elements() == width)
        first[v] = std::min(first.try_emplace(v, last_level_).first->second, level_.at(id));
  }
  std::vector<ValueId> list;
  for (const auto& [v, at] : first)
    if (at == level) list.push_back(v);
  return list;
}

}  // namespace lathe::codegen
