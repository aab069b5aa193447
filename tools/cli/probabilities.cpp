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
  if (!detail::loss_options(model.compile_options().loss).flag("from_logits", false))
    return outputs;
  const std::span<float> values = outputs.data<float>();
  const size_t units = outputs.rank() < 2 ? 1 : static_cast<size_t>(outputs.shape().back());
  for (size_t i = 0; i < values.size(); i += units) {
    if (units > 1)
      softmax(values.subspan(i, units));
    else
      values[i] = 1 / (1 + std::exp(-values[i]));
  }
  return outputs;
}

}  // namespace lathe::cli
