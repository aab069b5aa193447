#include "tools/cli/probabilities.h"

#include <algorithm>
#include <cmath>

#include "frontend/train/losses.h"

namespace lathe::cli {
namespace {

void softmax(std::span<float> row) {
  const float most = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (float& v : row) {
    v = std::exp(v - most);
    sum += static_cast<double>(v);
  }
  for (float& v : row) v = static_cast<float>(static_cast<double>(v) / sum);
}

}  // namespace

Array as_probabilities(const Model& model, Array outputs) {
  if (!model.compiled()) return outputs;
  const detail::Logits logits = detail::logits_of(model.compile_options().loss.only());
  if (logits == detail::Logits::None) return outputs;
  const std::span<float> values = outputs.data<float>();
  if (logits == detail::Logits::Sigmoid) {
    for (float& v : values) v = 1 / (1 + std::exp(-v));
    return outputs;
  }
  const size_t units = outputs.rank() < 2 ? 1 : static_cast<size_t>(outputs.shape().back());
  for (size_t i = 0; i < values.size(); i += units) softmax(values.subspan(i, units));
  return outputs;
}

}  // namespace lathe::cli
