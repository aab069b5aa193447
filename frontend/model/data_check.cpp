#include "frontend/model/data_check.h"

#include <algorithm>
#include <cmath>

#include "frontend/base/each_value.h"
#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::detail {

namespace {

std::string describe(const ArrayView& a) {
  return a.type().to_string();
}

Array to_classes(const ArrayView& y, int64_t classes) {
  Array labels(DType::I32, {y.shape[0]});
  int32_t* out = labels.data<int32_t>().data();
  for_each_value(y, [&](int64_t i, double v) {
    if (!(v >= 0 && v < static_cast<double>(classes)) || v != std::floor(v))
      throw Error("label " + ir::number_to_text(v, false) + " at position " + std::to_string(i) +
                  " is not a class of 0 to " + std::to_string(classes - 1));
    out[i] = static_cast<int32_t>(v);
  });
  return labels;
}

bool is_column(const ArrayView& y) {
  return y.shape.size() == 1 || (y.shape.size() == 2 && y.shape[1] == 1);
}

/// A row's class: its label, the place of its largest target, or its only target where that is a
/// whole number.
Array weights_of_classes(const std::map<int64_t, double>& class_weight,
                         const PreparedTargets& targets, int64_t rows) {
  Array weights(DType::F32, {rows});
  weights.fill(1.0f);
  const auto out = weights.data<float>();
  const auto set = [&](int64_t row, int64_t label) {
    const auto at = class_weight.find(label);
    if (at == class_weight.end()) return;
    out[static_cast<size_t>(row)] = static_cast<float>(at->second);
  };
  const int64_t width = targets.view.elements() / std::max<int64_t>(rows, 1);
  for (const auto& [label, weight] : class_weight) {
    if (!std::isfinite(weight))
      throw Error("the class_weight of class " + std::to_string(label) + " is not finite");
    if (label < 0 || (targets.units > 1 && label >= targets.units))
      throw Error("class_weight names class " + std::to_string(label) + ", but classes are 0 to " +
                  std::to_string(std::max<int64_t>(targets.units, 2) - 1));
  }
  for (int64_t row = 0; row < rows; ++row) {
    if (targets.classes()) {
      set(row, static_cast<const int32_t*>(targets.view.data)[row]);
      continue;
    }
    const float* y = static_cast<const float*>(targets.view.data) + row * width;
    if (width > 1)
      set(row, std::max_element(y, y + width) - y);
    else if (std::fabs(y[0]) < 0x1p31f && y[0] == std::trunc(y[0]))
      set(row, static_cast<int64_t>(y[0]));
  }
  return weights;
}

}  // namespace

std::vector<DType> PreparedInputs::dtypes() const {
  std::vector<DType> types;
  for (const ArrayView& v : views) types.push_back(v.dtype);
  return types;
}

Array to_f32(const ArrayView& a) {
  Array r(DType::F32, a.shape);
  float* out = r.data<float>().data();
  for_each_value(a, [&](int64_t i, double v) { out[i] = static_cast<float>(v); });
  return r;
}

namespace {

/// The smallest limit of the layers that pick rows by input `i`; 0 where there is none.
int64_t index_limit(const ModelGraph& graph, size_t i) {
  int64_t limit = 0;
  for (const ModelGraph::Call& call : graph.calls) {
    const int64_t n = graph.layers[call.layer].layer->index_limit();
    if (n > 0 && call.inputs.at(0) == graph.inputs[i]) limit = limit ? std::min(limit, n) : n;
  }
  return limit;
}

void check_indices(const ArrayView& x, int64_t limit, const std::string& which) {
  const int64_t width = x.elements() / std::max<int64_t>(x.shape[0], 1);
  for_each_value(x, [&](int64_t i, double v) {
    if (!(v >= 0 && v < static_cast<double>(limit)) || v != std::floor(v))
      throw Error(which + " has " + ir::number_to_text(v, false) + " in row " +
                  std::to_string(i / width) + ", column " + std::to_string(i % width) +
                  ", but picks from " + std::to_string(limit) + ": whole numbers from 0 to " +
                  std::to_string(limit - 1));
  });
}

void check_windows(const Inputs::Entry& x, const Inputs::Entry& first, const std::string& which) {
  if (!x.windows || x.data.shape.empty() || x.window < 1)
    throw Error(which + " is windows of " + std::to_string(x.window) + " rows of " +
                describe(x.data) + ", expected 1 or more rows of a series [rows, ...]");
  if (x.last != first.last || x.data.shape[0] != first.data.shape[0])
    throw Error(which + " has other windows than x0: all inputs' must end with the same rows, of " +
                "series of one length");
  std::vector<int32_t> sorted = x.last;
  std::sort(sorted.begin(), sorted.end());
  for (const int32_t last : sorted)
    if (last < x.window - 1 || last >= x.data.shape[0])
      throw Error(which + " has no window of " + std::to_string(x.window) +
                  " rows that ends with row " + std::to_string(last) +
                  ": the series has rows 0 to " + std::to_string(x.data.shape[0] - 1));
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end())
    throw Error(which + " has two windows that end with row " + std::to_string(*twice));
}

}  // namespace

void check_inputs(const ModelGraph& graph, const Inputs& x) {
  const std::vector<Inputs::Entry>& all = x.entries();
  if (all.size() != graph.inputs.size())
    throw Error("the model takes " + std::to_string(graph.inputs.size()) + " inputs, not " +
                std::to_string(all.size()));
  const bool windows =
      std::any_of(all.begin(), all.end(), [](const auto& entry) { return entry.windows; });
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string which = all.size() == 1 ? "x" : "x" + std::to_string(i);
    if (windows) check_windows(all[i], all[0], which);
    const Dims& want = graph.calls[graph.inputs[i]].shape;
    if (all[i].data.shape.empty() || all[i].row_shape() != want) {
      std::vector<int64_t> shape = all[i].data.shape;
      if (windows) {
        shape = all[i].row_shape();
        shape.insert(shape.begin(), all[i].rows());
      }
      throw Error(which + " has shape " + dims_to_string(shape) + ", but the model takes rows of " +
                  dims_to_string(want));
    }
    if (all[i].rows() != all[0].rows())
      throw Error(which + " has " + std::to_string(all[i].rows()) + " rows, but x0 has " +
                  std::to_string(all[0].rows()));
    if (const int64_t limit = index_limit(graph, i)) check_indices(all[i].data, limit, which);
  }
}

PreparedInputs prepare_inputs(const Inputs& x, const std::vector<DType>* form) {
  PreparedInputs p;
  for (const Inputs::Entry& entry : x.entries()) {
    p.views.push_back(entry.data);
    if (entry.windows) p.windows.push_back(entry.window);
  }
  if (!p.windows.empty()) p.last = x.entries()[0].last;
  p.rows = x.entries()[0].rows();
  p.copies.reserve(p.views.size());
  for (size_t i = 0; i < p.views.size(); ++i) {
    ArrayView& v = p.views[i];
    const DType want = form ? (*form)[i] : v.dtype == DType::U8 ? DType::U8 : DType::F32;
    if (v.dtype == want) continue;
    if (want != DType::F32)
      throw Error("validation data are " + describe(v) + ", but training data are " +
                  std::string(dtype_name(want)));
    p.copies.push_back(to_f32(v));
    v = p.copies.back().view();
  }
  return p;
}

namespace {

/// The first NaN or infinity of `rows` rows. `columns`: says the column even where there is but one.
std::string not_finite(const ArrayView& a, int64_t rows, const std::string& which, bool columns) {
  const int64_t width = a.elements() / std::max<int64_t>(rows, 1);
  std::string found;
  for_each_value(a, [&](int64_t k, double v) {
    if (std::isfinite(v) || !found.empty()) return;
    found =
        which + " holds " + ir::number_to_text(v, false) + " in row " + std::to_string(k / width);
    if (columns || width > 1) found += ", column " + std::to_string(k % width);
  });
  return found;
}

}  // namespace

std::string not_finite(const PreparedInputs& x) {
  std::string found;
  for (size_t i = 0; i < x.views.size() && found.empty(); ++i)
    found = not_finite(x.views[i], x.resident(),
                       x.views.size() == 1 ? "x" : "x" + std::to_string(i), true);
  return found;
}

std::string not_finite(const PreparedTargets& y) {
  return not_finite(y.view, y.view.shape[0], y.name, false);
}

PreparedTargets prepare_targets(const ArrayView& y, int64_t rows, const Dims& output,
                                const LossRow& loss) {
  if (y.shape.empty() || y.shape[0] != rows)
    throw Error("x has " + std::to_string(rows) + " rows, but y is " + describe(y));
  const int64_t units = output.empty() ? 1 : output.back();
  if (units < loss.least_units())
    throw Error("loss " + std::string(loss.name) + " needs an output of " +
                std::to_string(loss.least_units()) + " or more units, not rows of " +
                dims_to_string(output));
  const bool labels = is_column(y) && units > 1 && output.size() == 1;
  PreparedTargets p;
  p.units = units;
  if (labels && (is_integer(y.dtype) || loss.targets == TargetKind::Classes)) {
    p.copy = to_classes(y, units);
    p.view = p.copy->view();
    return p;
  }
  if (loss.targets == TargetKind::Classes)
    throw Error("loss " + std::string(loss.name) + " takes labels [n] of rows of [classes], not " +
                describe(y) + " for rows of " + dims_to_string(output));
  ArrayView dense = y;
  dense.shape = output;
  dense.shape.insert(dense.shape.begin(), rows);
  const bool column = is_column(y) && dense.elements() == rows;
  if (y.shape != dense.shape && !column)
    throw Error("y is " + describe(y) + ", but the model makes rows of " + dims_to_string(output));
  if (loss.probabilities())
    for_each_value(y, [&](int64_t i, double v) {
      if (!(v >= 0 && v <= 1))
        throw Error("target " + ir::number_to_text(v, false) + " at position " + std::to_string(i) +
                    " is not 0 to 1, as loss " + std::string(loss.name) + " needs");
    });
  if (y.dtype != DType::F32) {
    p.copy = to_f32(dense);
    dense = p.copy->view();
  }
  p.view = dense;
  return p;
}

std::optional<Array> prepare_weights(const std::optional<ArrayView>& sample_weight,
                                     const std::map<int64_t, double>& class_weight,
                                     const PreparedTargets& targets, int64_t rows) {
  if (sample_weight && !class_weight.empty())
    throw Error("sample_weight and class_weight can't both be given: multiply them");
  if (!class_weight.empty()) return weights_of_classes(class_weight, targets, rows);
  if (!sample_weight) return std::nullopt;
  if (!is_column(*sample_weight) || sample_weight->elements() != rows)
    throw Error("sample_weight is " + describe(*sample_weight) + ", but there are " +
                std::to_string(rows) + " rows");
  Array weights = to_f32(*sample_weight);
  const auto values = weights.data<float>();
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw Error("the sample_weight at position " + std::to_string(i) + " is not finite");
  Array flat(DType::F32, {rows});
  std::copy(values.begin(), values.end(), flat.data<float>().begin());
  return flat;
}

}  // namespace lathe::detail
