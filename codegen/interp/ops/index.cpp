// gather, scatter_add, one_hot and argmax.
#include <algorithm>
#include <cmath>

#include "codegen/interp/ops.h"

namespace lathe::interp {

void compute_gather(const Call& c, Value& r) {
  const Value &data = *c.operands.at(0), &index = *c.operands.at(1);
  const int64_t rows = data.shape.at(0), width = rows == 0 ? 0 : data.size() / rows;
  const int64_t picked = std::max<int64_t>(c.op.attrs.integer("window", 0), 1);
  for (int64_t i = 0; i < index.size(); ++i) {
    const double last = index.elements[i], first = last - static_cast<double>(picked - 1);
    if (first >= 0 && last < static_cast<double>(rows))  // zeros otherwise
      std::copy_n(data.elements.begin() + static_cast<int64_t>(first) * width, picked * width,
                  r.elements.begin() + i * picked * width);
  }
}

void compute_scatter_add(const Call& c, Value& r) {
  const Value &parts = *c.operands.at(0), &index = *c.operands.at(1);
  const int64_t rows = r.shape.at(0), width = r.size() / rows;
  for (int64_t i = 0; i < index.size(); ++i) {
    const double row = index.elements[i];
    if (!(row >= 0 && row < static_cast<double>(rows))) continue;
    double* to = &r.elements[static_cast<int64_t>(row) * width];
    for (int64_t j = 0; j < width; ++j) to[j] += parts.elements[i * width + j];
  }
}

void compute_one_hot(const Call& c, Value& r) {
  const int64_t depth = r.shape.at(1);
  const std::vector<double>& labels = c.operands.at(0)->elements;
  for (size_t i = 0; i < labels.size(); ++i)
    for (int64_t j = 0; j < depth; ++j)
      r.elements[i * depth + j] = labels[i] == static_cast<double>(j);
}

// The first largest one; NaN counts as largest, as in NumPy.
void compute_argmax(const Call& c, Value& r) {
  const Value& x = *c.operands.at(0);
  const int64_t n = x.shape.back();
  for (int64_t i = 0; i < r.size(); ++i) {
    const double* row = &x.elements[i * n];
    int64_t best = 0;
    for (int64_t j = 1; j < n && !std::isnan(row[best]); ++j)
      if (row[j] > row[best] || std::isnan(row[j])) best = j;
    r.elements[i] = static_cast<double>(best);
  }
}

}  // namespace lathe::interp
