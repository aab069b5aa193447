#include "frontend/model/array_rows.h"

#include <algorithm>
#include <numeric>

#include "ir/error.h"
#include "runtime/philox.h"

namespace lathe::detail {

ArrayRows::ArrayRows(const ModelGraph& graph, const Dims& output, const LossRow& loss,
                     const Inputs& x, const ArrayView& y, const RowWeights& weights,
                     const std::vector<DType>* form) {
  check_inputs(graph, x);
  x_ = prepare_inputs(x, form);
  if (x_.rows < 1 || x_.rows > INT32_MAX)
    throw Error("x must have 1 to 2^31 - 1 rows, not " + std::to_string(x_.rows));
  y_ = prepare_targets(y, x_.rows, output, loss);
  weights_ = prepare_weights(weights.rows, weights.classes, y_, x_.rows);
}

void ArrayRows::set_order(const RowOrder& order, int64_t batch) {
  if (order.steps_per_epoch) {
    const int64_t steps = (x_.rows - 1) / batch + 1;
    if (*order.steps_per_epoch < 1 || *order.steps_per_epoch > steps)
      throw Error("steps_per_epoch must be 1 to " + std::to_string(steps) + ", the steps of all " +
                  std::to_string(x_.rows) + " rows, not " + std::to_string(*order.steps_per_epoch));
  }
  how_ = order;
}

DataForm ArrayRows::form() const {
  return {x_.dtypes(), y_.classes(), weights_.has_value()};
}

void ArrayRows::need_weights() {
  if (weights_) return;
  weights_.emplace(DType::F32, std::vector<int64_t>{x_.rows});
  weights_->fill(1.0f);
}

void ArrayRows::begin(int64_t epoch, int64_t batch) {
  const int64_t all = (x_.rows - 1) / batch + 1;
  const int64_t steps = how_.steps_per_epoch.value_or(all), epochs = (all - 1) / steps + 1;
  part_first_ = epoch % epochs * steps * batch;
  part_rows_ = std::min(x_.rows - part_first_, steps * batch);
  given_ = false;
  if (how_.shuffle) {
    order_ = runtime::shuffled_indices(x_.rows, how_.seed, static_cast<uint32_t>(epoch / epochs));
  } else if (order_.empty()) {
    order_.resize(static_cast<size_t>(x_.rows));
    std::iota(order_.begin(), order_.end(), 0);
  }
}

std::optional<RowSource::Piece> ArrayRows::next() {
  if (given_) return std::nullopt;
  given_ = true;
  std::vector<const void*> data = x_.pointers();
  data.push_back(y_.view.data);
  if (weights_) data.push_back(weights_->raw());
  return Piece{std::move(data), order_.data() + part_first_, part_rows_, x_.rows};
}

std::string ArrayRows::not_finite() const {
  const std::string of_x = detail::not_finite(x_);
  return of_x.empty() ? detail::not_finite(y_) : of_x;
}

}  // namespace lathe::detail
