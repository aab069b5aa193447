// What training and evaluation report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lathe {

/// Named numbers in order, the loss first: loss, accuracy, val_loss, …
class Logs {
 public:
  using Entry = std::pair<std::string, double>;

  void add(std::string name, double value) { entries_.emplace_back(std::move(name), value); }
  /// Replaces the value of that name, or adds it behind the others.
  void set(std::string_view name, double value);
  bool has(std::string_view name) const;
  /// Error that lists the names when there is none of that name.
  double operator[](std::string_view name) const;
  double loss() const { return (*this)["loss"]; }
  std::vector<Entry>::const_iterator begin() const { return entries_.begin(); }
  std::vector<Entry>::const_iterator end() const { return entries_.end(); }
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  /// `loss 0.1234  accuracy 0.9512`
  std::string to_string() const;

 private:
  std::vector<Entry> entries_;
};

struct EpochResult {
  int64_t epoch = 0;   ///< 1, 2, …; goes on counting when training is continued
  int64_t epochs = 0;  ///< the number of the last one asked for
  Logs logs;           ///< means over the epoch's rows; val_…: after the epoch
  double seconds = 0;  ///< of training, without validation
  double rows_per_second = 0;
  /// `epoch 3/10  1.21 s  49587/s  loss 0.1234  accuracy 0.9512`
  std::string to_string() const;
};

struct History {
  std::vector<EpochResult> epochs;
  bool stopped = false;  ///< by FitOptions::stop, before the last epoch asked for was done

  /// A value of every epoch, such as `history["val_accuracy"]`. Error when there is none.
  std::vector<double> operator[](std::string_view name) const;
  /// Error when there is no epoch.
  const EpochResult& last() const;
};

/// Where training stands within an epoch.
struct Progress {
  int64_t epoch = 0, epochs = 0;  ///< as in EpochResult
  int64_t rows_done = 0, rows = 0;
  double seconds = 0;  ///< of this epoch
  Logs logs;           ///< means over the rows done
};

/// One training step.
struct BatchResult {
  int64_t epoch = 0;
  int64_t step = 0, steps = 0;  ///< step: 1, 2, …
  int64_t rows = 0;
  Logs logs;  ///< of this batch
};

}  // namespace lathe
