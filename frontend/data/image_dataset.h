// A labelled image data set held in memory, and its form on disk: four IDX files in one folder,
// with MNIST's names.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::data {

/// Images are row-major, one after another, a byte a pixel; a label a byte, 0 to classes - 1.
struct ImageDataset {
  std::vector<uint8_t> train_images, train_labels;
  std::vector<uint8_t> test_images, test_labels;
  int64_t rows = 0, cols = 0;  ///< of one image
  int64_t classes = 0;
  std::string source;  ///< the folder it came from, or "drawn"
  bool drawn = false;

  int64_t train_count() const { return static_cast<int64_t>(train_labels.size()); }
  int64_t test_count() const { return static_cast<int64_t>(test_labels.size()); }
  int64_t pixels() const { return rows * cols; }
};

/// The first half of the names of the four files.
inline constexpr std::array<std::string_view, 4> kImageDatasetParts = {
    "train-images", "train-labels", "t10k-images", "t10k-labels"};

/// The file in `folder` that holds `part`: `train-images-idx3-ubyte` or `train-images.idx3-ubyte`,
/// with or without `.gz`, the dash and the compressed form first. Nothing when there is none.
std::optional<std::filesystem::path> image_dataset_file(const std::filesystem::path& folder,
                                                        std::string_view part);

/// Reads the four files of `folder` (such as data/mnist). Error when one is missing or damaged,
/// when there are not as many labels as images, when train and test images differ in size, or when
/// a label is not 0 to 9.
ImageDataset load_image_dataset(const std::filesystem::path& folder);

}  // namespace lathe::data
