#include "frontend/model/data_check.h"

#include <algorithm>
#include <cmath>

#include "ir/error.h"
#include "ir/text_number.h"

namespace lathe::detail {

namespace {

std::string describe(const ArrayView& a) {
  return a.type().to_string();
}

/// Calls `f(i, value)` for every element as a double.
template <class F>
void for_each_value(const ArrayView& a, F&& f) {
  const int64_t n = a.elements();
  const auto walk = [&](const auto* p) {
    for (int64_t i = 0; i < n; ++i) f(i, static_cast<double>(p[i]));
  };
  switch (a.dtype) {
#define DTYPE(name, text, type, bytes)      \
  case DType::name:                         \
    walk(static_cast<const type*>(a.data)); \
    break;
#include "ir/dtypes.def"
#undef DTYPE
  }
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

}  // namespace

std::vector<DType> PreparedInputs::dtypes() const {
  std::vector<DType> types;
  for (const ArrayView& v : views) types.push_back(v.dtype);
  return types;
}

std::vector<const void*> PreparedInputs::pointers() const {
  std::vector<const void*> p;
  for (const ArrayView& v : views) p.push_back(v.data);
  return p;
}

Array to_f32(const ArrayView& a) {
  Array r(DType::F32, a.shape);
  float* out = r.data<float>().data();
  for_each_value(a, [&](int64_t i, double v) { out[i] = static_cast<float>(v); });
  return r;
}

void check_inputs(const ModelGraph& graph, const Inputs& x) {
  const std::vector<ArrayView>& views = x.views();
  if (views.size() != graph.inputs.size())
    throw Error("the model takes " + std::to_string(graph.inputs.size()) + " inputs, not " +
                std::to_string(views.size()));
  for (size_t i = 0; i < views.size(); ++i) {
    const std::string which = views.size() == 1 ? "x" : "x" + std::to_string(i);
    const Dims& want = graph.calls[graph.inputs[i]].shape;
    const std::vector<int64_t>& got = views[i].shape;
    if (got.empty() || !std::equal(got.begin() + 1, got.end(), want.begin(), want.end()))
      throw Error(which + " has shape " + dims_to_string(got) + ", but the model takes rows of " +
                  dims_to_string(want));
    if (got[0] != views[0].shape[0])
      throw Error(which + " has " + std::to_string(got[0]) + " rows, but x0 has " +
                  std::to_string(views[0].shape[0]));
  }
}

PreparedInputs prepare_inputs(const Inputs& x, const std::vector<DType>* form) {
  PreparedInputs p;
  p.views = x.views();
  p.rows = p.views[0].shape[0];
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

PreparedTargets prepare_targets(const ArrayView& y, int64_t rows, const Dims& output,
                                const LossRow& loss) {
  if (y.shape.empty() || y.shape[0] != rows)
    throw Error("x has " + std::to_string(rows) + " rows, but y is " + describe(y));
  const int64_t units = output.empty() ? 1 : output.back();
  if (units < loss.least_units)
    throw Error("loss " + std::string(loss.name) + " needs an output of " +
                std::to_string(loss.least_units) + " or more units, not rows of " +
                dims_to_string(output));
  const bool labels = is_column(y) && units > 1 && output.size() == 1;
  PreparedTargets p;
  if (labels && (is_integer(y.dtype) || loss.targets == Targets::Classes)) {
    p.copy = to_classes(y, units);
    p.view = p.copy->view();
    return p;
  }
  if (loss.targets == Targets::Classes)
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

}  // namespace lathe::detail
