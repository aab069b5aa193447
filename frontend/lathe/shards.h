// Data in several files, of which one is read after another while a model trains, so that they need
// not fit into memory together: Model::fit and Model::evaluate take them.
//
//   const Shards rides = Shards::csv(files_like("rides/2024-*.csv"), {.label = "price"});
//   model.fit(rides, {.batch_size = 256, .epochs = 10});
//
// An epoch goes over all shards. What is left over at the end of a shard, too little for a batch,
// begins the first batch of the next one: every step but the epoch's last is full. So without
// shuffle it makes no difference where data are cut into shards: the same rows in the same order give
// the same bits, as one array too. With shuffle each epoch has an order of the shards and, within
// each, of its rows, which depend on the seed and the number of the epoch alone; rows of different
// shards do not mix otherwise, so files should not be sorted by class. A shard alone is shuffled as
// the array would be. Neither threads nor reading ahead change a bit.
//
// Memory: while one shard trains, a thread reads the next. There are at most these two, the one that
// is read at up to twice its size (of CSV, its numbers as doubles too), and rows for one step; with
// FitOptions::validation_shards the first of those too, until they are first evaluated. Rows
// that are neither u8 nor f32, and labels, are kept in the form that a step reads: f32, i32.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lathe/array.h"

namespace lathe {

/// The rows of one shard.
struct Shard {
  std::vector<Array> x;                               ///< one array an input of the model, [n, …]
  Array y;                                            ///< as fit takes it, [n] or [n, …]
  std::optional<Array> sample_weight = std::nullopt;  ///< [n]
};

struct CsvShardOptions {
  /// The column of the targets; all others are x, f32[n, columns - 1].
  std::string label = "label";
  bool classes = false;  ///< labels are whole numbers, i32[n]; otherwise f32[n]
};

class Shards {
 public:
  using Read = std::function<Shard(size_t)>;
  /// Data of any kind: `read` gives shard 0 to names.size() - 1, as often as it is asked for and each
  /// time the same. It is called by one thread at a time, and not always by the one that calls fit.
  /// An Error that it throws becomes fit's, with the shard's name before it. Error for no names.
  explicit Shards(std::vector<std::string> names, Read read);

  /// Images and their labels in IDX files, MNIST's format, plain or gzip: u8[n, pixels], i32[n].
  /// Errors, when they are read, for another number of labels than of images, and as files of one
  /// kind have them. Error for another number of files.
  static Shards idx(std::vector<std::filesystem::path> images,
                    std::vector<std::filesystem::path> labels);
  /// NumPy's arrays (<f4, <f8, <i4, <i8, |u1, |b1, in C order), plain or gzip, of x and of y.
  static Shards npy(std::vector<std::filesystem::path> x, std::vector<std::filesystem::path> y);
  /// Rows of numbers, each file with a first line of column names: those of the first file, whose
  /// order is that of x. Files that have them in another order are taken by name. Error, when a file
  /// is read, that names both files and the column where one has other columns, and for a file without
  /// names. Other Shards, such as those that validate, have the order of their own first file.
  static Shards csv(std::vector<std::filesystem::path> files, const CsvShardOptions& options = {});

  size_t size() const { return names_.size(); }
  const std::string& name(size_t shard) const { return names_.at(shard); }
  /// Error, which names the file, where it can't be read.
  Shard read(size_t shard) const;

  /// Off: a shard is read when the one before it is done, by the thread that calls fit, and only one
  /// is in memory.
  void set_prefetch(bool on) { prefetch_ = on; }
  bool prefetch() const { return prefetch_; }

 private:
  Shards() = default;
  static Shards of_files(const std::vector<std::filesystem::path>& files, Read read);

  std::vector<std::string> names_;
  Read read_;  ///< its Errors name the shard
  std::shared_ptr<std::mutex> reading_ = std::make_shared<std::mutex>();
  bool prefetch_ = true;
};

/// The files that a pattern of the shell's (*, ?, [a-z]) matches, in the order of their names. Error
/// where there is none.
std::vector<std::filesystem::path> files_like(const std::string& pattern);

}  // namespace lathe
