// Shards from files: what each format gives, and how errors name the file.
#include "lathe/shards.h"

#include "tests/data/data_test_util.h"

namespace lathe::data {
namespace {

namespace fs = std::filesystem;

fs::path write_npy(const TempFolder& folder, const std::string& name, const std::string& shape,
                   const Bytes& data) {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }\n";
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<uint8_t>(header.size()), 0};
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return folder.write(name, bytes);
}

TEST(ShardFiles, ReadsImagesAndLabels) {
  const TempFolder folder;
  const auto images = folder.write("a-images.gz", gzip(idx_bytes({2, 1, 3}, {1, 2, 3, 4, 5, 6})));
  const auto labels = folder.write("a-labels", idx_bytes({2}, {7, 0}));
  const Shards shards = Shards::idx({images}, {labels});
  EXPECT_EQ(shards.size(), 1u);
  EXPECT_EQ(shards.name(0), images.string());
  const Shard shard = shards.read(0);
  EXPECT_EQ(shard.x.at(0), Array::from<uint8_t>({1, 2, 3, 4, 5, 6}, {2, 3}));
  EXPECT_EQ(shard.y, Array::from<int32_t>({7, 0}, {2}));
  EXPECT_FALSE(shard.sample_weight);

  const auto three = folder.write("b-labels", idx_bytes({3}, {7, 0, 1}));
  EXPECT_EQ(error_of([&] { Shards::idx({images}, {three}).read(0); }),
            images.string() + ": holds 2 images, but b-labels holds 3 labels");
  EXPECT_EQ(error_of([&] { Shards::idx({images}, {images}).read(0); }),
            images.string() + ": has rank 3, labels have 1");
  EXPECT_EQ(error_of([&] { Shards::idx({images}, {}); }), "there are 1 files of x, but 0 of y");
  EXPECT_TRUE(has(error_of([&] { Shards::idx({folder.path() / "none"}, {labels}).read(0); }),
                  "none: can't be opened"));
}

TEST(ShardFiles, ReadsNumPysArrays) {
  const TempFolder folder;
  const auto x = write_npy(folder, "x.npy", "(2, 2)", {1, 2, 3, 4});
  const auto y = write_npy(folder, "y.npy", "(2,)", {5, 6});
  const Shard shard = Shards::npy({x}, {y}).read(0);
  EXPECT_EQ(shard.x.at(0), Array::from<uint8_t>({1, 2, 3, 4}, {2, 2}));
  EXPECT_EQ(shard.y, Array::from<uint8_t>({5, 6}, {2}));
  const auto long_y = write_npy(folder, "long.npy", "(3,)", {5, 6, 7});
  EXPECT_EQ(error_of([&] { Shards::npy({x}, {long_y}).read(0); }),
            x.string() + ": holds 2 rows, but long.npy holds 3");
  const auto one = write_npy(folder, "one.npy", "()", {5});
  EXPECT_EQ(error_of([&] { Shards::npy({x}, {one}).read(0); }),
            one.string() + ": holds a single number, expected rows");
}

TEST(ShardFiles, ReadsRowsOfNumbers) {
  const TempFolder folder;
  const auto file = folder.write("a.csv", "size,label,age\n1.5,2,3\n4,5,6\n");
  const Shards shards = Shards::csv({file});
  const Shard shard = shards.read(0);
  EXPECT_EQ(shard.x.at(0), Array::from<float>({1.5, 3, 4, 6}, {2, 2}));
  EXPECT_EQ(shard.y, Array::from<float>({2, 5}, {2}));
  EXPECT_EQ(Shards::csv({file}, {.classes = true}).read(0).y, Array::from<int32_t>({2, 5}, {2}));
  EXPECT_EQ(Shards::csv({file}, {.label = "age"}).read(0).x.at(0),
            Array::from<float>({1.5, 2, 4, 5}, {2, 2}));

  const auto error = [&](const std::string& text, const CsvShardOptions& options = {}) {
    const auto path = folder.write("bad.csv", text);
    const std::string what = error_of([&] { Shards::csv({path}, options).read(0); });
    EXPECT_TRUE(what.starts_with(path.string() + ": ")) << what;
    return what.substr(std::min(what.size(), path.string().size() + 2));
  };
  EXPECT_EQ(error("1,2\n"), "has no line of column names, one of them 'label'");
  EXPECT_EQ(error("a,lable\n1,2\n"), "unknown column 'label'; did you mean 'lable'?");
  EXPECT_EQ(error("a,label,b\n1,2\n"), "names 3 columns, but has 2");
  EXPECT_EQ(error("label\n1\n"), "has no column beside 'label'");
  EXPECT_EQ(error("a,label\n1,1\n2,1.5\n", {.classes = true}),
            "line 3: label 1.5 is no class, a whole number");
  EXPECT_EQ(error("a,label\n1,1\n1e300,1\n"), "line 3, column 1: 1e+300 is out of an f32's range");
  EXPECT_EQ(error("a,label\n1,x\n"), "line 2, column 2: 'x' is not a number");
  EXPECT_EQ(error_of([&] { Shards::csv({folder.path()}).read(0); }),
            folder.path().string() + ": can't be opened");
}

TEST(ShardFiles, MatchColumnsByName) {
  const TempFolder folder;
  const auto write = [&](const char* name, const std::string& text) {
    return folder.write(name, std::string_view(text));
  };
  const auto a = write("a.csv", "size,label,age\n1,2,3\n");
  const auto b = write("b.csv", "label; \"age\"; size\n20;30;10\n50;60;40\n");
  const Array a_x = Array::from<float>({1, 3}, {1, 2});
  const Array b_x = Array::from<float>({10, 30, 40, 60}, {2, 2});
  for (const std::vector<size_t>& order : {std::vector<size_t>{0, 1}, {1, 0}}) {
    const Shards shards = Shards::csv({a, b});
    for (const size_t i : order) {
      const Shard shard = shards.read(i);
      EXPECT_EQ(shard.x.at(0), i == 0 ? a_x : b_x);
      EXPECT_EQ(shard.y, i == 0 ? Array::from<float>({2}, {1}) : Array::from<float>({20, 50}, {2}));
    }
  }
  EXPECT_EQ(Shards::csv({a, b}, {.label = "age"}).read(1).x.at(0),
            Array::from<float>({10, 20, 40, 50}, {2, 2}));
  EXPECT_EQ(Shards::csv({b, a}).read(1).x.at(0), Array::from<float>({3, 1}, {1, 2}));

  // The first file is read once, and of it no more than the header where another is read first.
  const auto broken = write("broken.csv", "size,label,age\n1,x\n");
  const Shards around = Shards::csv({broken, b});
  EXPECT_EQ(around.read(1).x.at(0), b_x);
  std::filesystem::remove(broken);
  EXPECT_EQ(around.read(1).x.at(0), b_x);

  const auto error = [&](const std::string& text) {
    const auto other = write("other.csv", text);
    std::string what = error_of([&] { Shards::csv({a, other}).read(1); });
    const std::pair<fs::path, const char*> files[] = {{other, "OTHER"}, {a, "A"}};
    for (const auto& [path, word] : files)
      for (size_t at; (at = what.find(path.string())) != what.npos;)
        what.replace(at, path.string().size(), word);
    return what;
  };
  EXPECT_EQ(error("label,size\n1,2\n"), "OTHER: has no column 'age', which A has");
  EXPECT_EQ(error("size,label,age,sex\n1,2,3,4\n"), "OTHER: has a column 'sex', which A has not");
  EXPECT_EQ(error("size,label,Age\n1,2,3\n"),
            "OTHER: has no column 'age', which A has, but 'Age', which that has not");
  EXPECT_EQ(
      error("age,size,label,age\n1,2,3,4\n"),
      "OTHER: has not the columns of A in their order, and can't be matched by name: OTHER has "
      "more than one column 'age'");
  EXPECT_EQ(error("1,2,3\n"), "OTHER: has no line of column names, but A has");
  EXPECT_EQ(error("size,lable,age\n1,2,3\n"),
            "OTHER: has no column 'label', which A has, but 'lable', which that has not");
  EXPECT_EQ(error("age,size,label\n1,2\n"), "OTHER: names 3 columns, but has 2");
  const auto bare = write("bare.csv", "1,2,3\n");
  EXPECT_EQ(error_of([&] { Shards::csv({bare, a}).read(1); }),
            bare.string() + ": has no line of column names, one of them 'label'");
  EXPECT_EQ(error_of([&] { Shards::csv({folder.path() / "none.csv", a}).read(1); }),
            (folder.path() / "none.csv").string() + ": can't be opened");
  const auto twice = write("twice.csv", "size,size,label\n1,2,3\n");
  EXPECT_EQ(Shards::csv({twice, twice}).read(1).x.at(0), Array::from<float>({1, 2}, {1, 2}));
}

TEST(ShardFiles, AreFoundByAPattern) {
  const TempFolder folder;
  const auto b = folder.write("day-2.csv", std::string_view("x"));
  const auto a = folder.write("day-1.csv", std::string_view("x"));
  folder.write("night.csv", std::string_view("x"));
  EXPECT_EQ(files_like((folder.path() / "day-*.csv").string()), (std::vector<fs::path>{a, b}));
  EXPECT_EQ(error_of([] { files_like("/nowhere/*.csv"); }),
            "no file is called like '/nowhere/*.csv'");
  EXPECT_EQ(error_of([] { Shards::csv({}); }), "there are no shards");
}

}  // namespace
}  // namespace lathe::data
