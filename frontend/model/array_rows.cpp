#include "frontend/model/array_rows.h"

#include <algorithm>
#include <numeric>

#include "ir/error.h"
#include "runtime/philox.h"

namespace lathe::detail {

ArrayRows::ArrayRows(const ModelGraph& graph, const ModelTargets& targets, const Inputs& x,
                     const Targets& y, const RowWeights& weights, const std::vector<DType>* form)
    : data_(prepare_rows(graph, targets, x, y, weights, form)) {
  if (rows() < 1 || rows() > INT32_MAX)
    throw Error("x must have 1 to 2^31 - 1 rows, not " + std::to_string(rows()));
}

void ArrayRows::set_order(const RowOrder& order, int64_t batch) {
  if (order.steps_per_epoch) {
    const int64_t steps = (rows() - 1) / batch + 1;
    if (*order.steps_per_epoch < 1 || *order.steps_per_epoch > steps)
      throw Error("steps_per_epoch must be 1 to " + std::to_string(steps) + ", the steps of all " +
                  std::to_string(rows()) + " rows, not " + std::to_string(*order.steps_per_epoch));
  }
  how_ = order;
}

void ArrayRows::begin(int64_t epoch, int64_t batch) {
  const int64_t all = (rows() - 1) / batch + 1;
  const int64_t steps = how_.steps_per_epoch.value_or(all), epochs = (all - 1) / steps + 1;
  part_first_ = epoch % epochs * steps * batch;
  part_rows_ = std::min(rows() - part_first_, steps * batch);
  given_ = false;
  if (how_.shuffle) {
    order_ = runtime::shuffled_indices(rows(), how_.seed, static_cast<uint32_t>(epoch / epochs));
  } else if (order_.empty()) {
    order_.resize(static_cast<size_t>(rows()));
    std::iota(order_.begin(), order_.end(), 0);
  } else {
    return;
  }
  // Windows are found by the rows that they end with.
  if (const std::vector<int32_t>& last = data_.x.last; !last.empty())
    for (int32_t& example : order_) example = last[static_cast<size_t>(example)];
}

std::optional<RowSource::Piece> ArrayRows::next() {
  if (given_) return std::nullopt;
  given_ = true;
  return Piece{data_.pointers(), order_.data() + part_first_, part_rows_, data_.x.resident()};
}

}  // namespace lathe::detail
