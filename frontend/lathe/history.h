// What training and evaluation report.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lathe {

/// Numbers in rows and columns: a confusion matrix, in which a row is a true class.
struct LogTable {
  std::string name;
  int64_t rows = 0, columns = 0;
  std::vector<double> values;  ///< row by row
  double at(int64_t row, int64_t column) const {
    return values.at(static_cast<size_t>(row * columns + column));
  }
};

/// Named numbers in order, the loss first: loss, accuracy, val_loss, … A metric that has several
/// (metrics.h) has an entry for each, one behind the other, and all of them make a group of its name;
/// tables stand apart: they are no entries.
class Logs {
 public:
  using Entry = std::pair<std::string, double>;
  /// Entries first to first + count - 1 are numbers of the metric `name`.
  struct Group {
    std::string name;
    size_t first = 0, count = 0;
  };
  /// A number, or of a group the least and the largest.
  struct Short {
    std::string name;
    double least = 0, most = 0;
    bool group = false;
  };

  void add(std::string name, double value) { entries_.emplace_back(std::move(name), value); }
  void add_group(std::string name, const std::vector<std::string>& names,
                 std::span<const double> values);
  void add_table(LogTable table) { tables_.push_back(std::move(table)); }
  /// Adds all that `other` has, with `prefix` before its names.
  void append(const Logs& other, const std::string& prefix);
  /// Replaces the value of that name, or adds it behind the others.
  void set(std::string_view name, double value);
  bool has(std::string_view name) const;
  /// Error that lists the names when there is none of that name, and those of the group or the kind
  /// of the table that has it.
  double operator[](std::string_view name) const;
  /// All numbers of a metric: one, those of a group in order, or a table's row by row. Error as [].
  std::vector<double> numbers(std::string_view name) const;
  const std::vector<Group>& groups() const { return groups_; }
  const std::vector<LogTable>& tables() const { return tables_; }
  /// Error that lists the tables when there is none of that name.
  const LogTable& table(std::string_view name) const;
  /// What one line has room for: entries, a group as one, no tables.
  std::vector<Short> in_short() const;
  double loss() const { return (*this)["loss"]; }
  std::vector<Entry>::const_iterator begin() const { return entries_.begin(); }
  std::vector<Entry>::const_iterator end() const { return entries_.end(); }
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  /// in_short as text: `loss 0.1234  accuracy 0.9512  f1 0.9012..0.9723`
  std::string to_string() const;

 private:
  std::vector<Entry> entries_;
  std::vector<Group> groups_;
  std::vector<LogTable> tables_;
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

  /// A value of every epoch, such as `history["val_accuracy"]` or `history["val_f1_0"]`. Error when
  /// there is none. Tables are in the epochs' logs.
  std::vector<double> operator[](std::string_view name) const;
  /// Error when there is no epoch.
  const EpochResult& last() const;
};

/// Where training stands within an epoch.
struct Progress {
  int64_t epoch = 0, epochs = 0;  ///< as in EpochResult
  int64_t rows_done = 0;
  int64_t rows = 0;    ///< of the epoch; 0 as long as nobody knows, in a first one over shards
  double seconds = 0;  ///< of this epoch
  Logs logs;           ///< means over the rows done
};

/// One training step.
struct BatchResult {
  int64_t epoch = 0;
  int64_t step = 0, steps = 0;  ///< step: 1, 2, …; steps: 0 where Progress::rows is
  int64_t rows = 0;
  Logs logs;        ///< of this batch
  Logs epoch_logs;  ///< over the epoch's rows so far: what Keras's callbacks hear
};

}  // namespace lathe
