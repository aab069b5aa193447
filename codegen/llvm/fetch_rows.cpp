#include "codegen/llvm/fetch_rows.h"

#include <algorithm>

#include "ir/access.h"

namespace lathe::codegen {

using llvm::Value;

namespace {

/// Asked for at once, a part of any second cache. From 16 to 512 KiB it makes no difference.
constexpr int64_t kAtOnceBytes = int64_t{128} << 10;
/// Of a data set that stays in a second cache, or not far behind it.
constexpr int64_t kCachedBytes = int64_t{4} << 20;

int64_t row_bytes(const ir::Op& gather) {
  return gather.type.row_elements() * dtype_size(gather.type.dtype);
}

}  // namespace

FetchRows::FetchRows(KernelContext& c, const std::vector<ir::ValueId>& ops) : c_(c), b_(c.b) {
  int64_t bytes = 0;
  for (ir::ValueId id : ops) {
    const ir::Op& op = c.f.op(id);
    if (op.kind != ir::OpKind::Gather || op.attrs.has("window")) continue;
    const TensorType& data = c.f.op(op.operands[0]).type;
    if (!data.has_symbol() || !data.shape[0].is_rows()) continue;
    const ir::Op& list = c.f.op(ir::resolve_view(c.f, op.operands[1]));
    if (list.kernel == op.kernel || ir::is_leaf(list.kind)) continue;
    gathers_.push_back(&op);
    bytes += row_bytes(op);
  }
  if (bytes > 0) at_once_ = std::max<int64_t>(kAtOnceBytes / bytes, 1);
}

void FetchRows::emit(Value* from, Value* to) {
  for (const ir::Op* gather : gathers_) {
    Value* rows = c_.dim(c_.f.op(gather->operands[0]).type.shape[0]);
    Value* is_large = b_.CreateICmpUGT(rows, c_.i64(kCachedBytes / row_bytes(*gather)));
    c_.when(is_large, [&] { rows_of(*gather, from, to); });
  }
}

void FetchRows::rows_of(const ir::Op& gather, Value* from, Value* to) {
  const Place data = c_.place(gather.operands[0]), list = c_.place(gather.operands[1]);
  c_.loop(
      from, to, 1,
      [&](Value* row) {
        Value* index = c_.load_scalar(c_.address(list, row, c_.i64(0)), list.type.dtype);
        Value* first = c_.address(data, c_.picked(gather, index).first, c_.i64(0));
        const auto fetch = [&](Value* byte) {
          emit_prefetch(b_, c_.element_address(first, DType::U8, byte), false);
        };
        c_.loop(c_.i64(0), c_.i64(row_bytes(gather)), kLineBytes, fetch, "line");
        fetch(c_.i64(row_bytes(gather) - 1));  // a row may begin anywhere in a line
      },
      "fetch");
}

}  // namespace lathe::codegen
