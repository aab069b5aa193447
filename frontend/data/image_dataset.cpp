#include "frontend/data/image_dataset.h"

#include <fmt/format.h>

#include <system_error>

#include "frontend/data/idx.h"
#include "ir/error.h"

namespace lathe::data {
namespace {

namespace fs = std::filesystem;
constexpr int kClasses = 10;

struct Part {
  fs::path path;
  IdxArray array;
};

Part read_part(const fs::path& folder, std::string_view part, size_t rank) {
  auto path = image_dataset_file(folder, part);
  if (!path) {
    throw Error(fmt::format("{}: has no {}-idx{}-ubyte.gz", folder.string(), part, rank));
  }
  Part read{*path, read_idx(*path)};
  if (read.array.dims.size() != rank) {
    throw Error(fmt::format("{}: has rank {}, {} have {}", path->string(), read.array.dims.size(),
                            rank == 3 ? "images" : "labels", rank));
  }
  return read;
}

void check_labels(const Part& images, const Part& labels) {
  if (images.array.dims[0] != labels.array.dims[0]) {
    throw Error(fmt::format("{}: holds {} images, but {} holds {} labels", images.path.string(),
                            images.array.dims[0], labels.path.filename().string(),
                            labels.array.dims[0]));
  }
  for (size_t i = 0; i < labels.array.bytes.size(); ++i) {
    if (labels.array.bytes[i] >= kClasses) {
      throw Error(fmt::format("{}: label {} (counted from 0) is {}, expected 0 to {}",
                              labels.path.string(), i, labels.array.bytes[i], kClasses - 1));
    }
  }
}

}  // namespace

std::optional<fs::path> image_dataset_file(const fs::path& folder, std::string_view part) {
  const char* rank = part.ends_with("images") ? "idx3" : "idx1";
  for (const char* separator : {"-", "."}) {
    for (const char* suffix : {".gz", ""}) {
      fs::path path = folder / fmt::format("{}{}{}-ubyte{}", part, separator, rank, suffix);
      std::error_code ignored;
      if (fs::exists(path, ignored)) return path;
    }
  }
  return std::nullopt;
}

ImageDataset load_image_dataset(const fs::path& folder) {
  Part train_images = read_part(folder, "train-images", 3);
  Part train_labels = read_part(folder, "train-labels", 1);
  Part test_images = read_part(folder, "t10k-images", 3);
  Part test_labels = read_part(folder, "t10k-labels", 1);
  check_labels(train_images, train_labels);
  check_labels(test_images, test_labels);

  ImageDataset set;
  set.rows = train_images.array.dims[1];
  set.cols = train_images.array.dims[2];
  if (test_images.array.dims[1] != set.rows || test_images.array.dims[2] != set.cols) {
    throw Error(fmt::format("{}: holds {}x{} images, but {} holds {}x{}", test_images.path.string(),
                            test_images.array.dims[1], test_images.array.dims[2],
                            train_images.path.filename().string(), set.rows, set.cols));
  }
  set.classes = kClasses;
  set.train_images = std::move(train_images.array.bytes);
  set.train_labels = std::move(train_labels.array.bytes);
  set.test_images = std::move(test_images.array.bytes);
  set.test_labels = std::move(test_labels.array.bytes);
  set.source = folder.string();
  return set;
}

}  // namespace lathe::data
