// Data sets of four IDX files, and where they are looked for.
#include "frontend/data/image_dataset.h"

#include "frontend/data/search_path.h"
#include "tests/data/data_test_util.h"

namespace lathe::data {
namespace {

namespace fs = std::filesystem;

TEST(ImageDataset, LoadsTheFourFiles) {
  TempFolder folder;
  write_tiny_dataset(folder, "mnist");
  ImageDataset set = load_image_dataset(folder.path() / "mnist");
  EXPECT_EQ(set.rows, 2);
  EXPECT_EQ(set.cols, 3);
  EXPECT_EQ(set.classes, 10);
  EXPECT_EQ(set.train_labels, (Bytes{0, 9, 5, 1}));
  EXPECT_EQ(set.test_labels, (Bytes{7, 3}));
  EXPECT_EQ(set.train_images.size(), 24u);
  EXPECT_EQ(set.train_images[23], 23);
  EXPECT_EQ(set.test_images[11], 111);
  EXPECT_EQ(set.source, (folder.path() / "mnist").string());
  EXPECT_FALSE(set.drawn);
}

TEST(ImageDataset, KnowsTheOtherFileNames) {
  TempFolder folder;
  write_tiny_dataset(folder, "a");
  const fs::path a = folder.path() / "a";
  const Bytes labels = idx_bytes({4}, {1, 2, 3, 4});
  fs::remove(a / "train-labels-idx1-ubyte.gz");
  folder.write("a/train-labels.idx1-ubyte", labels);
  EXPECT_EQ(load_image_dataset(a).train_labels, (Bytes{1, 2, 3, 4}));
  folder.write("a/train-labels-idx1-ubyte", idx_bytes({4}, {4, 4, 4, 4}));
  EXPECT_EQ(load_image_dataset(a).train_labels, (Bytes{4, 4, 4, 4})) << "the dash comes first";
  fs::rename(a / "t10k-images-idx3-ubyte.gz", a / "t10k-images.idx3-ubyte.gz");
  EXPECT_EQ(load_image_dataset(a).test_images[0], 100);
}

TEST(ImageDataset, RefusesWhatDoesNotFitTogether) {
  TempFolder folder;
  write_tiny_dataset(folder, "a");
  const fs::path a = folder.path() / "a";
  const auto error = [&] { return error_of([&] { load_image_dataset(a); }); };

  folder.write("a/train-labels-idx1-ubyte.gz", idx_bytes({3}, {1, 2, 3}));
  EXPECT_TRUE(has(error(), "holds 4 images, but train-labels-idx1-ubyte.gz holds 3 labels"));
  folder.write("a/train-labels-idx1-ubyte.gz", idx_bytes({4}, {1, 2, 10, 3}));
  EXPECT_TRUE(has(error(), "label 2 (counted from 0) is 10, expected 0 to 9"));
  folder.write("a/train-labels-idx1-ubyte.gz", idx_bytes({4, 1}, {1, 2, 0, 3}));
  EXPECT_TRUE(has(error(), "has rank 2, labels have 1"));
  folder.write("a/train-labels-idx1-ubyte.gz", idx_bytes({4}, {1, 2, 0, 3}));
  folder.write("a/t10k-images-idx3-ubyte.gz", idx_bytes({2, 3, 2}, Bytes(12)));
  EXPECT_TRUE(has(error(), "holds 3x2 images, but train-images-idx3-ubyte.gz holds 2x3"));
  folder.write("a/t10k-images-idx3-ubyte.gz", idx_bytes({12}, Bytes(12)));
  EXPECT_TRUE(has(error(), "has rank 1, images have 3"));
  fs::remove(a / "t10k-images-idx3-ubyte.gz");
  EXPECT_TRUE(has(error(), "has no t10k-images-idx3-ubyte.gz"));
}

TEST(ImageDataset, RealMnist) {
  const auto folder = real_dataset("mnist");
  if (!folder) GTEST_SKIP() << "no mnist on the data search path";
  ImageDataset set = load_image_dataset(*folder);
  EXPECT_EQ(set.train_count(), 60000);
  EXPECT_EQ(set.test_count(), 10000);
  EXPECT_EQ(set.pixels(), 784);
  EXPECT_EQ(set.train_labels[0], 5);
  EXPECT_EQ(set.test_labels[0], 7);
}

/// The process's working folder, changed for a scope.
class ScopedFolder {
 public:
  explicit ScopedFolder(const fs::path& to) : old_(fs::current_path()) { fs::current_path(to); }
  ~ScopedFolder() { fs::current_path(old_); }

 private:
  fs::path old_;
};

class SearchPath : public testing::Test {
 protected:
  SearchPath()
      : data_("LATHE_DATA", std::nullopt),
        cache_("XDG_CACHE_HOME", (folder_.path() / "cache").string()) {
    fs::create_directories(folder_.path() / "work");
    inside_.emplace(folder_.path() / "work");
  }
  ~SearchPath() override { inside_.reset(); }

  TempFolder folder_;
  ScopedVariable data_, cache_;
  std::optional<ScopedFolder> inside_;
};

TEST_F(SearchPath, GoesThroughTheDefaultsInOrder) {
  EXPECT_EQ(find_dataset("mnist"), std::nullopt);
  write_tiny_dataset(folder_, "cache/lathe/data/mnist");
  EXPECT_EQ(find_dataset("mnist"), folder_.path() / "cache/lathe/data/mnist");
  write_tiny_dataset(folder_, "shared/data/mnist");
  EXPECT_EQ(find_dataset("mnist"), fs::path("../shared/data/mnist"));
  write_tiny_dataset(folder_, "work/data/mnist");
  EXPECT_EQ(find_dataset("mnist"), fs::path("data/mnist"));
  EXPECT_EQ(find_dataset("fashion-mnist"), std::nullopt);
}

TEST_F(SearchPath, ANamedFolderIsTheOnlyOne) {
  write_tiny_dataset(folder_, "work/data/mnist");
  write_tiny_dataset(folder_, "mine/mnist");
  const std::string mine = (folder_.path() / "mine").string();
  EXPECT_EQ(find_dataset("mnist", mine), fs::path(mine) / "mnist");
  fs::create_directory(folder_.path() / "empty");
  const std::string empty = (folder_.path() / "empty").string();
  EXPECT_EQ(error_of([&] { find_dataset("mnist", empty); }),
            empty + ": has no mnist/train-images-idx3-ubyte.gz");
  EXPECT_TRUE(has(error_of([&] { find_dataset("mnist", empty + "/none"); }), "is no folder"));
  EXPECT_TRUE(has(error_of([&] { find_dataset("mnist", ""); }), "name is empty"));

  ScopedVariable variable("LATHE_DATA", empty);
  EXPECT_TRUE(has(error_of([&] { find_dataset("mnist"); }), "(LATHE_DATA)"));
  EXPECT_EQ(find_dataset("mnist", mine), fs::path(mine) / "mnist") << "the option goes first";
}

TEST_F(SearchPath, AnEmptyVariableIsNone) {
  write_tiny_dataset(folder_, "work/data/mnist");
  ScopedVariable variable("LATHE_DATA", "");
  EXPECT_EQ(find_dataset("mnist"), fs::path("data/mnist"));
}

TEST_F(SearchPath, NeverGoesPastDamage) {
  write_tiny_dataset(folder_, "work/data/mnist");
  write_tiny_dataset(folder_, "shared/data/mnist");
  fs::remove("data/mnist/t10k-labels-idx1-ubyte.gz");
  EXPECT_TRUE(has(error_of([&] { find_dataset("mnist"); }),
                  "is incomplete: it has no t10k-labels-idx1-ubyte.gz"));
}

TEST_F(SearchPath, FindsSingleFiles) {
  EXPECT_EQ(find_data_file("etf/SPY.csv"), std::nullopt);
  folder_.write("shared/data/etf/SPY.csv", "Date\n");
  EXPECT_EQ(find_data_file("etf/SPY.csv"), fs::path("../shared/data/etf/SPY.csv"));
  EXPECT_TRUE(has(error_of([&] { find_data_file("etf/SPY.csv", "."); }), "has no etf/SPY.csv"));
}

TEST_F(SearchPath, CacheFolderFollowsTheStandard) {
  EXPECT_EQ(user_data_folder(), folder_.path() / "cache/lathe/data");
  ScopedVariable home("HOME", "/somewhere");
  ScopedVariable relative("XDG_CACHE_HOME", "relative");
  EXPECT_EQ(user_data_folder(), fs::path("/somewhere/.cache/lathe/data"));
  ScopedVariable no_home("HOME", std::nullopt);
  EXPECT_EQ(user_data_folder(), std::nullopt);
}

}  // namespace
}  // namespace lathe::data
