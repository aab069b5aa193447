#include "frontend/model/prepared_rows.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "frontend/base/per_output.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

/// What is given for each of the targets: by name, in a list of all outputs, or of those alone.
std::vector<std::optional<ArrayView>> by_target(const PerOutput<ArrayView>& given,
                                                const ModelTargets& targets,
                                                const std::string& what, OneAlone one) {
  std::vector<std::string> names;
  for (const ModelTargets::Target& t : targets.all) names.push_back(targets.outputs[t.output]);
  const auto& entries = given.entries();
  const bool of_outputs = std::any_of(entries.begin(), entries.end(),
                                      [](const auto& entry) { return !entry.output.empty(); }) ||
                          entries.size() == targets.outputs.size();
  if (!of_outputs) return by_output(given, names, what, one);
  const auto all = by_output(given, targets.outputs, what, one);
  std::vector<std::optional<ArrayView>> found;
  for (const ModelTargets::Target& t : targets.all) found.push_back(all[t.output]);
  return found;
}

Array ones(int64_t rows) {
  Array weights(DType::F32, {rows});
  weights.fill(1.0f);
  return weights;
}

}  // namespace

std::string ModelTargets::prefix(const Target& target) const {
  return outputs.size() > 1 ? "output " + outputs[target.output] + ": " : "";
}

DataForm PreparedRows::form() const {
  DataForm form{x.dtypes()};
  form.windows = x.windows;
  for (const PreparedTargets& t : y) form.y.push_back(t.view.dtype);
  form.weights = !weights.empty();
  return form;
}

void PreparedRows::need_weights() {
  while (weights.size() < y.size()) weights.push_back(ones(x.rows));
  place();
}

void PreparedRows::place() {
  if (x.last.empty()) return;
  placed.clear();
  const auto add = [&](const ArrayView& all) {
    std::vector<int64_t> shape = all.shape;
    shape[0] = x.resident();
    Array spread(all.dtype, std::move(shape));
    const auto bytes = static_cast<size_t>(spread.view().byte_size() / x.resident());
    const auto* from = static_cast<const std::byte*>(all.data);
    for (const int32_t row : x.last) {
      std::copy_n(from, bytes,
                  static_cast<std::byte*>(spread.raw()) + static_cast<size_t>(row) * bytes);
      from += bytes;
    }
    placed.push_back(std::move(spread));
  };
  for (const PreparedTargets& t : y) add(t.view);
  for (const Array& w : weights) add(w.view());
}

std::vector<ArrayView> PreparedRows::views() const {
  std::vector<ArrayView> all = x.views;
  if (!x.last.empty()) {
    all.insert(all.end(), placed.begin(), placed.end());
    return all;
  }
  for (const PreparedTargets& t : y) all.push_back(t.view);
  for (const Array& w : weights) all.push_back(w.view());
  return all;
}

std::vector<const void*> PreparedRows::pointers() const {
  std::vector<const void*> all;
  for (const ArrayView& view : views()) all.push_back(view.data);
  return all;
}

std::string PreparedRows::not_finite() const {
  std::string found = detail::not_finite(x);
  for (size_t i = 0; i < y.size() && found.empty(); ++i) found = detail::not_finite(y[i]);
  return found;
}

PreparedRows prepare_rows(const ModelGraph& graph, const ModelTargets& targets, const Inputs& x,
                          const Targets& y, const RowWeights& weights,
                          const std::vector<DType>* form) {
  if (targets.all.size() > 1 && !weights.classes.empty())
    throw Error("class_weight is for a model with one output: give sample_weight by output");
  check_inputs(graph, x);
  PreparedRows r;
  r.x = prepare_inputs(x, form);
  const auto given = by_target(y, targets, "y", OneAlone::OfOne);
  const auto counted = by_target(weights.rows, targets, "sample_weight", OneAlone::OfAll);
  bool weighs = false;
  std::vector<std::optional<Array>> of_targets;
  for (size_t i = 0; i < targets.all.size(); ++i) {
    const ModelTargets::Target& t = targets.all[i];
    try {
      if (!given[i]) throw Error("there is no y");
      r.y.push_back(prepare_targets(*given[i], r.x.rows, t.shape, *t.loss));
      if (targets.outputs.size() > 1) r.y[i].name = "y of " + targets.outputs[t.output];
      of_targets.push_back(prepare_weights(counted[i], weights.classes, r.y[i], r.x.rows));
    } catch (const Error& e) {
      throw Error(targets.prefix(t) + e.what());
    }
    weighs = weighs || of_targets[i];
  }
  for (size_t i = 0; weighs && i < of_targets.size(); ++i)
    r.weights.push_back(of_targets[i] ? std::move(*of_targets[i]) : ones(r.x.rows));
  r.place();
  return r;
}

}  // namespace lathe::detail
