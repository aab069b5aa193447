#include "frontend/model/shard_rows.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <system_error>

#include "ir/error.h"
#include "runtime/philox.h"

namespace lathe::detail {

namespace {

/// A key of its own for each shard; shard 0 has the seed, so that it is shuffled as an array is.
uint64_t row_seed(uint64_t seed, size_t place) {
  return seed + place * 0x9E3779B97F4A7C15u;
}

std::vector<int32_t> counted(int64_t n) {
  std::vector<int32_t> numbers(static_cast<size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

std::vector<int32_t> order_of_shards(const Shards& shards, const RowOrder& order, int64_t epoch) {
  const int64_t n = static_cast<int64_t>(shards.size());
  if (!order.shuffle) return counted(n);
  return runtime::shuffled_indices(n, ~order.seed, static_cast<uint32_t>(epoch));
}

/// `f32[784]` of f32[n, 784].
std::string row_text(const Array& a) {
  if (a.rank() == 0) return a.type().to_string();
  return std::string(dtype_name(a.dtype())) +
         dims_to_string({a.shape().begin() + 1, a.shape().end()});
}

std::string row_text(const Shard& shard) {
  std::string text;
  for (size_t i = 0; i < shard.x.size(); ++i) {
    text += 'x';
    if (shard.x.size() > 1) text += std::to_string(i);
    text += ' ' + row_text(shard.x[i]) + ", ";
  }
  return text + "y " + row_text(shard.y) + (shard.sample_weight ? ", sample_weight" : "");
}

}  // namespace

Inputs inputs_of(const Shard& shard) {
  return std::vector<ArrayView>(shard.x.begin(), shard.x.end());
}

size_t ShardRows::first_of_epoch(const Shards& shards, const RowOrder& order, int64_t epoch) {
  return static_cast<size_t>(order_of_shards(shards, order, epoch)[0]);
}

ShardRows::ShardRows(const Shards& shards, const Use& use, size_t place, Shard first)
    : shards_(shards), use_(use), sizes_(shards.size()) {
  if (use_.targets.all.size() != 1)
    throw Error("shards have one y, but the model has targets for " +
                std::to_string(use_.targets.all.size()) + " outputs: give it arrays");
  first_ = make_ready(place, std::move(first));
  first_row_ = first_->row;
  first_name_ = shards_.name(place);
  form_ = first_->data.form();
}

ShardRows::Ready ShardRows::make_ready(size_t place, Shard shard) const {
  Ready r;
  r.place = place;
  r.shard = std::move(shard);
  r.row = row_text(r.shard);
  try {
    if (!first_row_.empty() && r.row != first_row_)
      throw Error("has rows of " + r.row + ", but those of " + first_name_ + " are " + first_row_);
    RowWeights weights{{}, use_.class_weight};
    if (r.shard.sample_weight) weights.rows = *r.shard.sample_weight;
    r.data = prepare_rows(use_.graph, use_.targets, inputs_of(r.shard), r.shard.y, weights,
                          use_.form ? &*use_.form : nullptr);
    if (r.data.x.rows > INT32_MAX)
      throw Error("has " + std::to_string(r.data.x.rows) + " rows, a shard has 2^31 - 1 at most");
  } catch (const Error& e) {
    throw Error(shards_.name(place) + ": " + e.what());
  }
  // What was brought into another form is no longer needed.
  for (size_t i = 0; i < r.shard.x.size(); ++i)
    if (r.data.x.views[i].data != r.shard.x[i].raw()) r.shard.x[i] = Array();
  if (r.data.y[0].copy) r.shard.y = Array();
  r.shard.sample_weight.reset();
  return r;
}

DataForm ShardRows::form() const {
  return {form_.x, form_.y, form_.weights || weighs_};
}

int64_t ShardRows::rows() const {
  int64_t all = 0;
  for (const std::optional<int64_t>& size : sizes_) {
    if (!size) return 0;
    all += *size;
  }
  return all;
}

void ShardRows::begin(int64_t epoch, int64_t batch) {
  ahead_ = {};  // of an epoch that did not end
  epoch_ = epoch;
  batch_ = batch;
  order_ = order_of_shards(shards_, use_.order, epoch);
  next_ = 0;
  rest_ = {};
  gave_rest_ = gave_any_ = false;
  current_.reset();
  // A callback may have gone to another epoch.
  if (first_ && first_->place != static_cast<size_t>(order_[0])) first_.reset();
}

void ShardRows::look_ahead() {
  if (next_ == order_.size()) return;
  const auto read = [this, place = static_cast<size_t>(order_[next_])] {
    return make_ready(place, shards_.read(place));
  };
  if (shards_.prefetch()) {
    try {
      ahead_ = std::async(std::launch::async, read);
      return;
    } catch (const std::system_error&) {  // there is no thread left: it is read when it is needed
    }
  }
  ahead_ = std::async(std::launch::deferred, read);
}

bool ShardRows::take_next() {
  while (next_ < order_.size()) {
    current_.reset();  // before another one is read: two at most
    if (first_) {
      current_ = std::move(first_);
      first_.reset();
    } else {
      if (!ahead_.valid()) look_ahead();
      current_ = ahead_.get();
    }
    ++next_;
    look_ahead();
    const int64_t rows = current_->data.x.rows;
    std::optional<int64_t>& known = sizes_[current_->place];
    if (known && *known != rows)
      throw Error(shards_.name(current_->place) + ": has " + std::to_string(rows) +
                  " rows now, but had " + std::to_string(*known) + " before");
    known = rows;
    at_ = 0;
    if (rows == 0) continue;
    if (weighs_) current_->data.need_weights();
    row_order_ = use_.order.shuffle
                     ? runtime::shuffled_indices(rows, row_seed(use_.order.seed, current_->place),
                                                 static_cast<uint32_t>(epoch_))
                     : counted(rows);
    return true;
  }
  current_.reset();
  return false;
}

void ShardRows::keep(int64_t rows) {
  if (gave_rest_) rest_ = {};
  gave_rest_ = false;
  std::vector<ArrayView> views = current_->data.views();
  rest_.data.resize(views.size());
  for (size_t i = 0; i < views.size(); ++i) {
    ArrayView& view = views[i];
    view.shape[0] = 1;
    const size_t row = static_cast<size_t>(view.byte_size());
    for (int64_t r = at_; r < at_ + rows; ++r) {
      const auto* from = static_cast<const std::byte*>(view.data) +
                         row * static_cast<size_t>(row_order_[static_cast<size_t>(r)]);
      rest_.data[i].insert(rest_.data[i].end(), from, from + row);
    }
  }
  at_ += rows;
  const auto n = static_cast<int64_t>(rest_.index.size());
  rest_.index = counted(n + rows);
}

RowSource::Piece ShardRows::piece_of_rest() {
  Piece piece;
  for (const std::vector<std::byte>& bytes : rest_.data) piece.data.push_back(bytes.data());
  piece.index = rest_.index.data();
  piece.rows = piece.resident = static_cast<int64_t>(rest_.index.size());
  gave_rest_ = gave_any_ = true;
  return piece;
}

std::optional<RowSource::Piece> ShardRows::next() {
  const auto kept = [&] {
    return gave_rest_ ? int64_t{0} : static_cast<int64_t>(rest_.index.size());
  };
  while (true) {
    if (!current_ || at_ == current_->data.x.rows) {
      if (take_next()) continue;
      if (kept() > 0) return piece_of_rest();
      if (!gave_any_) throw Error("the shards hold no rows");
      return std::nullopt;
    }
    const int64_t left = current_->data.x.rows - at_;
    if (kept() > 0) {
      keep(std::min(batch_ - kept(), left));
      if (kept() == batch_) return piece_of_rest();
      continue;
    }
    const bool last = next_ == order_.size();  // which alone may end with a short batch
    const int64_t rows = last ? left : left / batch_ * batch_;
    if (rows == 0) {
      keep(left);
      continue;
    }
    Piece piece{current_->data.pointers(), row_order_.data() + at_, rows, current_->data.x.rows};
    at_ += rows;
    gave_any_ = true;
    return piece;
  }
}

std::string ShardRows::not_finite() const {
  if (current_)
    if (const std::string found = current_->data.not_finite(); !found.empty())
      return shards_.name(current_->place) + ": " + found;
  if (rest_.index.empty()) return "";
  PreparedRows rest;
  rest.x.rows = static_cast<int64_t>(rest_.index.size());
  const auto view = [&](size_t i, DType type) {
    const std::vector<std::byte>& bytes = rest_.data[i];
    return ArrayView{
        type,
        {rest.x.rows, static_cast<int64_t>(bytes.size()) / dtype_size(type) / rest.x.rows},
        bytes.data()};
  };
  for (size_t i = 0; i < form_.x.size(); ++i) rest.x.views.push_back(view(i, form_.x[i]));
  for (size_t i = 0; i < form_.y.size(); ++i)
    rest.y.emplace_back().view = view(form_.x.size() + i, form_.y[i]);
  const std::string found = rest.not_finite();
  return found.empty() ? "" : "rows left over of a shard, in one batch: " + found;
}

}  // namespace lathe::detail
