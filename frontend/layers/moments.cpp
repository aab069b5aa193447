#include "frontend/layers/moments.h"

#include <cmath>
#include <string>

#include "frontend/base/each_value.h"
#include "frontend/layers/layer_base.h"
#include "ir/error.h"
#include "ir/text_number.h"
#include "runtime/tensor.h"

namespace lathe::detail {

std::vector<size_t> Moments::positions(const std::vector<int64_t>& row) const {
  std::vector<size_t> stride(row.size());
  size_t next = 1;
  for (auto axis = kept_.rbegin(); axis != kept_.rend(); ++axis) {
    stride[*axis] = next;
    next *= static_cast<size_t>(row[*axis]);
  }
  std::vector<size_t> positions(static_cast<size_t>(runtime::element_count(row)));
  for (size_t i = 0; i < positions.size(); ++i) {
    size_t rest = i;
    for (size_t axis = row.size(); axis-- > 0;) {
      positions[i] += rest % static_cast<size_t>(row[axis]) * stride[axis];
      rest /= static_cast<size_t>(row[axis]);
    }
  }
  return positions;
}

void Moments::add(const ArrayView& x) {
  const std::vector<int64_t> row(x.shape.begin() + 1, x.shape.end());
  std::vector<int64_t> shape;
  for (size_t axis : kept_) shape.push_back(row.at(axis));
  if (rows_ > 0 && shape != shape_)
    throw Error("rows of " + dims_to_string(row) + " come behind ones that are " +
                dims_to_string(shape_) + " along the axes");
  if (x.elements() == 0) return;
  const std::vector<size_t> position = positions(row);
  const size_t width = position.size(), n = static_cast<size_t>(runtime::element_count(shape));
  const double count = static_cast<double>(x.elements()) / static_cast<double>(n);
  std::vector<double> mean(n), sum(n), drift(n);
  for_each_value(x, [&](int64_t i, double v) {
    const size_t at = static_cast<size_t>(i);
    if (!std::isfinite(v))
      throw Error("x holds " + ir::number_to_text(v, false) + " in row " +
                  std::to_string(at / width) + ", column " + std::to_string(at % width));
    mean[position[at % width]] += v;
  });
  for (double& m : mean) m /= count;
  for_each_value(x, [&](int64_t i, double v) {
    const size_t p = position[static_cast<size_t>(i) % width];
    drift[p] += v - mean[p];
    sum[p] += (v - mean[p]) * (v - mean[p]);
  });
  shape_ = std::move(shape);
  rows_ += x.shape[0];
  mean_.resize(n);
  sum_.resize(n);
  const double all = count_ + count;
  for (size_t p = 0; p < n; ++p) {
    // The rounding of the first walk's mean, taken out again.
    mean[p] += drift[p] / count;
    sum[p] -= drift[p] * drift[p] / count;
    const double apart = mean[p] - mean_[p];
    mean_[p] += apart * (count / all);
    sum_[p] += sum[p] + apart * apart * (count_ * (count / all));
  }
  count_ = all;
}

std::vector<double> Moments::variance() const {
  std::vector<double> variance = sum_;
  for (double& v : variance) v = std::fmax(v / count_, 0);
  return variance;
}

}  // namespace lathe::detail
