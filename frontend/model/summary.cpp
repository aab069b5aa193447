#include "frontend/model/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "frontend/base/grouped.h"

namespace lathe::detail {

namespace {

using Row = std::vector<std::string>;

std::string bytes_text(int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB"};
  double size = static_cast<double>(bytes);
  int unit = 0;
  while (size >= 1024 && unit < 4) size /= 1024, ++unit;
  return fmt::format("{:.{}f} {}", size, unit > 0 ? 2 : 0, kUnits[unit]);
}

std::string output_shape(const Dims& dims) {
  std::string s = "(B";
  for (int64_t d : dims) s += ", " + std::to_string(d);
  return s + ")";
}

std::string repeat(const char* text, size_t n) {
  std::string s;
  for (size_t i = 0; i < n; ++i) s += text;
  return s;
}

/// The last column but an optional one for inputs holds numbers and is set to the right.
std::string table(const std::vector<Row>& rows, size_t number_column) {
  std::vector<size_t> width(rows[0].size());
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  const auto line = [&](const char* left, const char* middle, const char* right) {
    std::string s = left;
    for (size_t i = 0; i < width.size(); ++i)
      s += repeat("─", width[i] + 2) + (i + 1 < width.size() ? middle : right);
    return s + "\n";
  };
  std::string s = line("┌", "┬", "┐");
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < width.size(); ++i) {
      const std::string pad(width[i] - rows[r][i].size(), ' ');
      s += "│ " + (i == number_column ? pad + rows[r][i] : rows[r][i] + pad) + " ";
    }
    s += "│\n";
    if (r == 0) s += line("├", "┼", "┤");
  }
  return s + line("└", "┴", "┘");
}

}  // namespace

std::string summary(const ModelImpl& model) {
  const ModelGraph& g = model.graph();
  const bool chain = g.is_chain();
  std::vector<Row> rows = {{"layer (type)", "output shape", "parameters"}};
  if (!chain) rows[0].push_back("inputs");
  int64_t total = 0, trained = 0;
  for (size_t i = 0; i < g.layers.size(); ++i) {
    const ModelGraph::Layer& layer = g.layers[i];
    total += layer.parameters();
    trained += layer.trained_parameters();
    std::string title = layer.name + " (" + std::string(layer.layer->type().name);
    if (const std::string detail = layer.layer->detail(); !detail.empty()) title += ", " + detail;
    rows.push_back({title + ")", output_shape(g.first_call(static_cast<int>(i)).shape),
                    grouped(layer.parameters())});
    if (chain) continue;
    std::string inputs;
    for (const ModelGraph::Call& call : g.calls) {
      if (call.layer != static_cast<int>(i)) continue;
      if (!inputs.empty()) inputs += "; ";
      for (size_t k = 0; k < call.inputs.size(); ++k)
        inputs += (k ? ", " : "") + g.layers[g.calls[call.inputs[k]].layer].name;
    }
    rows.back().push_back(inputs);
  }
  std::string s = "model: " + model.name() + "\n" + table(rows, 2) +
                  "parameters: " + grouped(total) + " (" + bytes_text(total * 4) + ")\n";
  if (trained != total)
    s += "trainable: " + grouped(trained) + ", not trainable: " + grouped(total - trained) + "\n";
  return s;
}

}  // namespace lathe::detail
