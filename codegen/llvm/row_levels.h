// In which order a rows kernel can be computed, as a matter of the IR alone.
//
// Ops are put in *levels*: a reduction over a row is known only after a loop over its columns, so
// what needs it goes to the next level. What overwrites an operand (a buffer in place of another, an
// assigned state) is at the level of the last op that reads it.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "ir/graph.h"

namespace lathe::codegen {

class RowLevels {
 public:
  /// The ops of a rows kernel of `f`, all flat (row_form.h) or none; `buffers` is ir::needs_buffer.
  /// All three must outlive this.
  RowLevels(const ir::Function& f, const std::vector<bool>& buffers,
            const std::vector<ir::ValueId>& ops);

  /// One row, element by element.
  bool is_flat() const { return flat_; }
  bool in_kernel(ir::ValueId v) const;
  const ir::Op& op(ir::ValueId v) const { return f_.op(v); }
  static bool is_reduction(ir::OpKind kind) {
    return kind == ir::OpKind::Reduce || kind == ir::OpKind::ArgMax;
  }
  bool is_reduction(ir::ValueId v) const { return is_reduction(op(v).kind); }
  bool is_assign(ir::ValueId v) const { return op(v).kind == ir::OpKind::Assign; }
  /// Columns of a value in this kernel, or of what is assigned.
  int64_t columns(ir::ValueId v) const;
  /// One number a row, kept as a scalar. A reduction's result always is.
  bool is_number(ir::ValueId v) const { return columns(v) == 1; }

  int level_of(ir::ValueId id) const { return level_.at(id); }
  int last_level() const { return last_level_; }
  /// How many columns the op's loop walks over, where it has one.
  int64_t loop_width(ir::ValueId v) const;
  /// The widths of the loops of a level, in the order of their first ops.
  std::vector<int64_t> widths(int level) const;
  /// Matrices from outside whose rows, of `width` columns, no level before this one reads.
  std::vector<ir::ValueId> first_read(int level, int64_t width) const;
  /// Rows that a later level reads.
  const std::set<ir::ValueId>& waits() const { return waits_; }

 private:
  bool reads_what_it_overwrites(ir::ValueId reader, ir::ValueId id) const;

  const ir::Function& f_;
  const std::vector<bool>& buffers_;
  const std::vector<ir::ValueId>& ops_;
  const bool flat_;
  std::map<ir::ValueId, int> level_;
  int last_level_ = 0;
  std::set<ir::ValueId> waits_;
};

}  // namespace lathe::codegen
