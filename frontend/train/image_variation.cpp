#include "frontend/train/image_variation.h"

#include "ir/error.h"

namespace lathe::detail {

using ir::ValueId;
using namespace ir::scalar_dsl;

namespace {

/// The sum over each row of |x shifted by one along `axis` minus x|.
ValueId differences(ir::Builder& b, ValueId x, int64_t axis, int64_t size) {
  const ValueId next = b.slice(x, axis, 1, size - 1);
  const ValueId here = b.slice(x, axis, 0, size - 1);
  std::vector<int64_t> axes;
  for (int i = 1; i < b.type(x).rank(); ++i) axes.push_back(i);
  return b.reduce("sum", b.map(abs(E::arg(0) - E::arg(1)), {next, here}), axes);
}

}  // namespace

ValueId image_total_variation(ir::Builder& b, ValueId images) {
  const Shape shape = b.type(images).shape;  // a copy: ops are added below
  if (shape.size() < 3 || shape.size() > 4)
    throw Error("image_total_variation takes images [height, width] or [height, width, channels]");
  ValueId sum = ir::kNone;
  for (int axis : {1, 2}) {
    const int64_t size = shape[static_cast<size_t>(axis)].size();
    if (size < 2) continue;
    const ValueId part = differences(b, images, axis, size);
    sum = sum == ir::kNone ? part : b.map("add", {sum, part});
  }
  if (sum == ir::kNone) throw Error("image_total_variation takes images of 2 pixels or more");
  return sum;
}

}  // namespace lathe::detail
