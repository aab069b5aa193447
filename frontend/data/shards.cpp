// The functions of lathe/shards.h: how shards are read.
#include "lathe/shards.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <numeric>
#include <utility>

#include "frontend/data/csv_rows.h"
#include "frontend/data/idx.h"
#include "frontend/data/npy.h"
#include "ir/error.h"
#include "ir/nearest.h"

namespace lathe {

namespace fs = std::filesystem;

namespace {

void check_pairs(const std::vector<fs::path>& x, const std::vector<fs::path>& y) {
  if (x.size() != y.size())
    throw Error(fmt::format("there are {} files of x, but {} of y", x.size(), y.size()));
}

Shard read_idx_pair(const fs::path& images, const fs::path& labels) {
  Shard shard;
  {
    const data::IdxArray x = data::read_idx(images);
    const int64_t n = x.dims[0];
    shard.x.push_back(Array::from(x.bytes, {n, static_cast<int64_t>(x.bytes.size()) / n}));
  }
  const data::IdxArray y = data::read_idx(labels);
  if (y.dims.size() != 1)
    throw Error(fmt::format("{}: has rank {}, labels have 1", labels.string(), y.dims.size()));
  if (y.dims[0] != shard.x[0].shape()[0])
    throw Error(fmt::format("{}: holds {} images, but {} holds {} labels", images.string(),
                            shard.x[0].shape()[0], labels.filename().string(), y.dims[0]));
  shard.y = Array(DType::I32, {y.dims[0]});
  std::copy(y.bytes.begin(), y.bytes.end(), shard.y.data<int32_t>().begin());
  return shard;
}

Shard read_npy_pair(const fs::path& x, const fs::path& y) {
  Shard shard;
  shard.x.push_back(data::read_npy(x));
  shard.y = data::read_npy(y);
  const auto rows = [](const Array& a, const fs::path& file) {
    if (a.rank() == 0) throw Error(file.string() + ": holds a single number, expected rows");
    return a.shape()[0];
  };
  if (const int64_t n = rows(shard.x[0], x), m = rows(shard.y, y); n != m)
    throw Error(
        fmt::format("{}: holds {} rows, but {} holds {}", x.string(), n, y.filename().string(), m));
  return shard;
}

std::ifstream open_csv(const fs::path& file) {
  std::ifstream in(file);
  if (!in || fs::is_directory(file)) throw Error(file.string() + ": can't be opened");
  return in;
}

using Names = std::vector<std::string>;

size_t label_column(const Names& header, const std::string& label, const std::string& name) {
  if (header.empty())
    throw Error(fmt::format("{}: has no line of column names, one of them '{}'", name, label));
  const auto at = std::find(header.begin(), header.end(), label);
  if (at == header.end()) throw Error(name + ": " + ir::unknown_name("column", label, header));
  if (header.size() < 2) throw Error(fmt::format("{}: has no column beside '{}'", name, label));
  return static_cast<size_t>(at - header.begin());
}

/// The first of `names` that `others` has not.
const std::string* not_among(const Names& names, const std::map<std::string, size_t>& others) {
  const auto at = std::find_if(names.begin(), names.end(),
                               [&](const std::string& name) { return !others.contains(name); });
  return at == names.end() ? nullptr : &*at;
}

/// Where each name stands. Where one stands twice, `twice` is it.
std::map<std::string, size_t> by_name(const Names& names, const std::string*& twice) {
  std::map<std::string, size_t> all;
  for (const std::string& name : names)
    if (!all.emplace(name, all.size()).second) twice = &name;
  return all;
}

/// For each of a file's columns its place in the first file. Error unless they are the same columns.
std::vector<size_t> places_of(const Names& header, const std::string& name, const Names& first,
                              const std::string& first_name) {
  std::vector<size_t> places(first.size());
  std::iota(places.begin(), places.end(), size_t{0});
  if (header == first) return places;
  if (header.empty())
    throw Error(fmt::format("{}: has no line of column names, but {} has", name, first_name));
  const std::string *twice = nullptr, *twice_first = nullptr;
  const auto here = by_name(header, twice), there = by_name(first, twice_first);
  const std::string *lacks = not_among(first, here), *adds = not_among(header, there);
  if (lacks)
    throw Error(fmt::format("{}: has no column '{}', which {} has", name, *lacks, first_name) +
                (adds ? fmt::format(", but '{}', which that has not", *adds) : ""));
  if (adds)
    throw Error(fmt::format("{}: has a column '{}', which {} has not", name, *adds, first_name));
  if (twice || twice_first)
    throw Error(
        fmt::format("{}: has not the columns of {} in their order, and can't be matched by "
                    "name: {} has more than one column '{}'",
                    name, first_name, twice ? name : first_name, twice ? *twice : *twice_first));
  for (size_t i = 0; i < header.size(); ++i) places[i] = there.at(header[i]);
  return places;
}

/// Reads CSV files, all with the columns of the first one in its order.
class CsvFiles {
 public:
  CsvFiles(std::vector<fs::path> files, CsvShardOptions options)
      : files_(std::move(files)), options_(std::move(options)) {}

  Shard read(size_t shard) {
    const std::string name = files_.at(shard).string();
    std::ifstream in = open_csv(files_[shard]);
    const data::NumberRows table = data::read_number_rows(in, name);
    need_first(shard == 0 ? &table.header : nullptr);
    const std::vector<size_t> places = places_of(table.header, name, first_, files_[0].string());
    if (static_cast<int64_t>(places.size()) != table.columns)
      throw Error(
          fmt::format("{}: names {} columns, but has {}", name, places.size(), table.columns));
    return shard_of(table, places, name);
  }

 private:
  /// `read`: its header, where that is read already.
  void need_first(const Names* read) {
    if (!first_.empty()) return;
    const std::string name = files_[0].string();
    std::ifstream in;
    if (!read) in = open_csv(files_[0]);
    Names header = read ? *read : data::read_header(in);
    label_ = label_column(header, options_.label, name);
    first_ = std::move(header);
  }

  /// `places`: of the columns.
  Shard shard_of(const data::NumberRows& table, const std::vector<size_t>& places,
                 const std::string& name) const {
    const size_t columns = places.size();
    Shard shard;
    shard.x.emplace_back(DType::F32, std::vector<int64_t>{table.rows, table.columns - 1});
    shard.y = Array(options_.classes ? DType::I32 : DType::F32, {table.rows});
    const auto x = shard.x[0].data<float>();
    for (size_t i = 0; i < table.values.size(); ++i) {
      const double v = table.values[i];
      const size_t row = i / columns, place = places[i % columns];
      if (place != label_) {
        x[row * (columns - 1) + place - (place > label_ ? 1 : 0)] = table.f32_at(i, name);
      } else if (options_.classes) {
        if (v != std::trunc(v) || std::fabs(v) > INT32_MAX)
          throw Error(fmt::format("{}: line {}: label {:g} is no class, a whole number", name,
                                  table.lines[row], v));
        shard.y.data<int32_t>()[row] = static_cast<int32_t>(v);
      } else {
        shard.y.data<float>()[row] = table.f32_at(i, name);
      }
    }
    return shard;
  }

  std::vector<fs::path> files_;
  CsvShardOptions options_;
  // Of the first file; Shards reads one file at a time.
  Names first_;
  size_t label_ = 0;
};

}  // namespace

Shards::Shards(std::vector<std::string> names, Read read) : names_(std::move(names)) {
  if (names_.empty()) throw Error("there are no shards");
  read_ = [names = names_, read = std::move(read)](size_t shard) {
    try {
      return read(shard);
    } catch (const Error& e) {
      throw Error(names.at(shard) + ": " + e.what());
    }
  };
}

Shard Shards::read(size_t shard) const {
  const std::lock_guard lock(*reading_);
  return read_(shard);
}

Shards Shards::of_files(const std::vector<fs::path>& files, Read read) {
  if (files.empty()) throw Error("there are no shards");
  Shards shards;
  for (const fs::path& file : files) shards.names_.push_back(file.string());
  shards.read_ = std::move(read);
  return shards;
}

Shards Shards::idx(std::vector<fs::path> images, std::vector<fs::path> labels) {
  check_pairs(images, labels);
  return of_files(images, [images, labels](size_t shard) {
    return read_idx_pair(images.at(shard), labels.at(shard));
  });
}

Shards Shards::npy(std::vector<fs::path> x, std::vector<fs::path> y) {
  check_pairs(x, y);
  return of_files(x, [x, y](size_t shard) { return read_npy_pair(x.at(shard), y.at(shard)); });
}

Shards Shards::csv(std::vector<fs::path> files, const CsvShardOptions& options) {
  const auto csv = std::make_shared<CsvFiles>(files, options);
  return of_files(files, [csv](size_t shard) { return csv->read(shard); });
}

std::vector<fs::path> files_like(const std::string& pattern) {
  glob_t found{};
  const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&found, globfree);
  if (glob(pattern.c_str(), GLOB_ERR, nullptr, &found) != 0)
    throw Error("no file is called like '" + pattern + "'");
  std::vector<fs::path> files(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace lathe
