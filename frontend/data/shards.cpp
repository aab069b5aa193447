// The functions of lathe/shards.h: how shards are read.
#include "lathe/shards.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>

#include "frontend/base/nearest.h"
#include "frontend/data/csv_rows.h"
#include "frontend/data/idx.h"
#include "frontend/data/npy.h"
#include "ir/error.h"

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

size_t label_column(const data::NumberRows& table, const std::string& label,
                    const std::string& name) {
  if (table.header.empty())
    throw Error(fmt::format("{}: has no line of column names, one of them '{}'", name, label));
  const auto at = std::find(table.header.begin(), table.header.end(), label);
  if (at == table.header.end())
    throw Error(name + ": " + unknown_name("column", label, table.header));
  if (static_cast<int64_t>(table.header.size()) != table.columns)
    throw Error(
        fmt::format("{}: names {} columns, but has {}", name, table.header.size(), table.columns));
  if (table.columns < 2) throw Error(fmt::format("{}: has no column beside '{}'", name, label));
  return static_cast<size_t>(at - table.header.begin());
}

Shard read_csv(const fs::path& file, const CsvShardOptions& options) {
  const std::string name = file.string();
  std::ifstream in(file);
  if (!in || fs::is_directory(file)) throw Error(name + ": can't be opened");
  const data::NumberRows table = data::read_number_rows(in, name);
  const size_t label = label_column(table, options.label, name);
  const size_t columns = static_cast<size_t>(table.columns);
  Shard shard;
  shard.x.emplace_back(DType::F32, std::vector<int64_t>{table.rows, table.columns - 1});
  shard.y = Array(options.classes ? DType::I32 : DType::F32, {table.rows});
  float* x = shard.x[0].data<float>().data();
  for (size_t i = 0; i < table.values.size(); ++i) {
    const double v = table.values[i];
    if (i % columns != label) {
      *x++ = table.f32_at(i, name);
    } else if (options.classes) {
      if (v != std::trunc(v) || std::fabs(v) > INT32_MAX)
        throw Error(fmt::format("{}: line {}: label {:g} is no class, a whole number", name,
                                table.lines[i / columns], v));
      shard.y.data<int32_t>()[i / columns] = static_cast<int32_t>(v);
    } else {
      shard.y.data<float>()[i / columns] = table.f32_at(i, name);
    }
  }
  return shard;
}

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
  return of_files(files,
                  [files, options](size_t shard) { return read_csv(files.at(shard), options); });
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
