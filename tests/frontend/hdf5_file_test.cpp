// HDF5 files: what is written comes back, and what a file should not do is refused.
#include "frontend/format/hdf5_file.h"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <fstream>
#include <sstream>

#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe::detail {
namespace {

namespace fs = std::filesystem;
using test::error_of;

class Hdf5File : public testing::Test {
 protected:
  fs::path path(const char* name = "a.h5") const { return folder_ / name; }
  static std::string bytes(const fs::path& p) {
    std::ostringstream text;
    text << std::ifstream(p, std::ios::binary).rdbuf();
    return text.str();
  }
  void write_some(const fs::path& to) const {
    Hdf5Writer out;
    out.numbers("layers/dense/vars/0", {2, 3}, kSix);
    out.numbers("layers/dense/vars/1", {}, std::span(kSix).first(1));
    out.numbers("cube", {1, 2, 3}, kSix);
    out.group("empty/inside");
    out.text("layers/dense/vars", "name", "first");
    out.texts("", "names", {"a", "long one", ""});
    out.save(to);
  }
  /// Lets `change` loose on the file by the library itself.
  template <class F>
  void with_file(F&& change) const {
    const hid_t file = H5Fopen(path().c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    ASSERT_GE(file, 0);
    change(file);
    H5Fclose(file);
  }

  static constexpr float kSix[] = {1, -2.5f, 3e-20f, 4e20f, 0, 6};
  test::TempFolder folder_;
};

TEST_F(Hdf5File, WhatIsWrittenComesBack) {
  write_some(path());
  const Hdf5Reader in(path());
  EXPECT_EQ(in.members(""), (std::vector<std::string>{"cube", "empty", "layers"}));
  EXPECT_EQ(in.members("layers/dense/vars"), (std::vector<std::string>{"0", "1"}));
  EXPECT_TRUE(in.has_group("empty/inside"));
  EXPECT_FALSE(in.has_group("cube"));
  EXPECT_FALSE(in.has_group("layers/none/vars"));
  EXPECT_TRUE(in.has_dataset("cube"));
  EXPECT_EQ(in.text("layers/dense/vars", "name"), "first");
  EXPECT_EQ(in.text("layers", "name"), std::nullopt);
  EXPECT_EQ(in.texts("", "names"), (std::vector<std::string>{"a", "long one", ""}));
  EXPECT_EQ(in.shape("layers/dense/vars/1"), (std::vector<int64_t>{}));
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{2, 3}, {1, 2, 3}}) {
    std::vector<float> six(6);
    in.read(shape.size() == 2 ? "layers/dense/vars/0" : "cube", shape, six);
    EXPECT_TRUE(std::equal(six.begin(), six.end(), kSix));
  }
}

TEST_F(Hdf5File, TheSameNumbersAreTheSameBytes) {
  write_some(path("a.h5"));
  write_some(path("b.h5"));
  EXPECT_EQ(bytes(path("a.h5")), bytes(path("b.h5")));
}

TEST_F(Hdf5File, OtherShapesAndTypesAreRefused) {
  write_some(path());
  with_file([](hid_t file) {
    const hsize_t six = 6;
    const hid_t space = H5Screate_simple(1, &six, nullptr);
    const hid_t whole =
        H5Dcreate2(file, "whole", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const int32_t numbers[] = {0, 1, -2, 3, 4, 5};
    H5Dwrite(whole, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
    const hid_t letters =
        H5Dcreate2(file, "letters", H5T_C_S1, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(letters);
    const hid_t number = H5Acreate2(file, "number", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Aclose(number);
    H5Dclose(whole);
    H5Sclose(space);
  });
  const Hdf5Reader in(path());
  std::vector<float> six(6);
  const std::string file = path().string() + ": ";
  EXPECT_EQ(error_of([&] { in.read("cube", {2, 3}, six); }),
            file + "'cube' has shape [1,2,3], expected [2,3]");
  EXPECT_EQ(error_of([&] { in.read("letters", {6}, six); }),
            file + "'letters' does not hold numbers");
  in.read("whole", {6}, six);  // as Keras counts
  EXPECT_EQ(six, (std::vector<float>{0, 1, -2, 3, 4, 5}));
  EXPECT_EQ(error_of([&] { in.read("none", {6}, six); }), file + "there is no 'none'");
  EXPECT_EQ(error_of([&] { in.read("layers", {6}, six); }), file + "'layers' is no array");
  EXPECT_EQ(error_of([&] { in.members("cube"); }), file + "'cube' is no group");
  EXPECT_EQ(error_of([&] { in.texts("", "number"); }),
            file + "attribute 'number' of '' is no text");
  EXPECT_EQ(error_of([&] { in.text("", "names"); }), file + "attribute 'names' of '' has 3 values");
}

TEST_F(Hdf5File, LinksToElsewhereAreRefused) {
  write_some(path());
  write_some(path("secret.h5"));
  with_file([&](hid_t file) {
    H5Lcreate_soft("/cube", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/layers", file, "soft_group", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external(path("secret.h5").c_str(), "/cube", file, "far", H5P_DEFAULT, H5P_DEFAULT);
  });
  const Hdf5Reader in(path());
  std::vector<float> six(6);
  for (const char* name : {"soft", "far"})
    EXPECT_EQ(error_of([&] { in.read(name, {1, 2, 3}, six); }),
              path().string() + ": '/" + name + "' is a link to elsewhere, which is refused");
  EXPECT_NE(error_of([&] { in.read("soft_group/dense/vars/0", {2, 3}, six); }), "");
}

TEST_F(Hdf5File, NumbersInOtherFilesAndHugeChunksAreRefused) {
  write_some(path());
  std::ofstream(path("raw")) << std::string(24, 'x');
  with_file([&](hid_t file) {
    const hsize_t six = 6, huge = hsize_t{1} << 28, most = H5S_UNLIMITED;
    const hid_t space = H5Screate_simple(1, &six, nullptr), open = H5Screate_simple(1, &six, &most);
    hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(how, path("raw").c_str(), 0, 24);
    H5Dclose(H5Dcreate2(file, "outside", H5T_IEEE_F32LE, space, H5P_DEFAULT, how, H5P_DEFAULT));
    H5Pclose(how);
    how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(how, 1, &huge);
    H5Dclose(H5Dcreate2(file, "huge", H5T_IEEE_F32LE, open, H5P_DEFAULT, how, H5P_DEFAULT));
    H5Pclose(how);
    H5Sclose(space);
    H5Sclose(open);
  });
  const Hdf5Reader in(path());
  std::vector<float> six(6);
  EXPECT_EQ(error_of([&] { in.read("outside", {6}, six); }),
            path().string() + ": 'outside' is kept in another file, which is refused");
  EXPECT_EQ(error_of([&] { in.read("huge", {6}, six); }),
            path().string() + ": 'huge' is kept in chunks that are larger than itself");
}

TEST_F(Hdf5File, FilesThatAreCutOffOrNotThereAreErrors) {
  write_some(path());
  const std::string good = bytes(path());
  for (size_t size = 0; size < good.size(); size += 101) {
    std::ofstream(path("cut.h5"), std::ios::binary) << good.substr(0, size);
    EXPECT_EQ(error_of([&] { Hdf5Reader in(path("cut.h5")); }),
              path("cut.h5").string() + ": is no HDF5 file, or a damaged one");
  }
  EXPECT_EQ(error_of([&] { Hdf5Reader in(path("none.h5")); }),
            "can't read " + path("none.h5").string() + ": No such file or directory");
  EXPECT_EQ(error_of([&] { Hdf5Reader in(folder_.path()); }),
            "can't read " + folder_.path().string() + ": Is a directory");
}

// As Keras calls layers that become the same here, in the forms of Keras 3 and of Keras 2.
TEST_F(Hdf5File, LayersWhoseNamesBecomeTheSameGetTheirWeights) {
  const char* const names[] = {"隐藏", "输出"};
  for (const bool keras3 : {true, false}) {
    Hdf5Writer file;
    for (int i = 0; i < 2; ++i) {
      const std::string name = names[i];
      const std::string group =
          keras3 ? std::string(i == 0 ? "layers/dense" : "layers/dense_1") + "/vars" : name;
      const std::string at = keras3 ? group + "/" : group + "/" + name + "/";
      const std::vector<float> numbers = {i + 1.0f, i + 3.0f};
      file.numbers(at + (keras3 ? "0" : "kernel:0"), {1, 1}, std::span(numbers).subspan(0, 1));
      file.numbers(at + (keras3 ? "1" : "bias:0"), {1}, std::span(numbers).subspan(1, 1));
      if (keras3)
        file.text(group, "name", name);
      else
        file.texts(group, "weight_names", {name + "/kernel:0", name + "/bias:0"});
    }
    if (!keras3) file.texts("", "layer_names", {names[0], names[1]});
    file.save(path("names.h5"));

    Model model = Model::from_json(R"({"class_name": "Sequential", "config": {"layers": [
      {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [null, 1]}},
      {"class_name": "Dense", "config": {"name": "隐藏", "units": 1}},
      {"class_name": "Dense", "config": {"name": "输出", "units": 1}}]}})");
    model.load_weights(path("names.h5"));
    EXPECT_EQ(model.weight_names(), (std::vector<std::string>{"_______kernel", "_______bias",
                                                              "_______1_kernel", "_______1_bias"}));
    std::vector<float> all;
    for (const Array& w : model.get_weights()) all.push_back(w.data<float>()[0]);
    EXPECT_EQ(all, (std::vector<float>{1, 3, 2, 4})) << (keras3 ? "Keras 3" : "Keras 2");
  }
}

// Of many of these the library reads or writes beyond its memory.
TEST_F(Hdf5File, ModelsTakeWeightsFromDamagedFilesOrKeepTheirOwn) {
  for (const char* name : {"good.h5", "good.weights.h5"}) {
    Sequential model({Input({2}), Dense(3), Dense(1)});
    model.save_weights(path(name));
    const std::string before = model.weights_sha256(), good = bytes(path(name));
    const fs::path bad_path = path((std::string("bad-") + name).c_str());
    int refused = 0;
    for (size_t at = 0; at < good.size(); at += 101) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 0x55);
      std::ofstream(bad_path, std::ios::binary) << bad;
      const std::string error = error_of([&] { model.load_weights(bad_path); });
      if (error.empty()) {  // numbers have no checksum, and much is of no consequence
        model.load_weights(path(name));
        continue;
      }
      ++refused;
      EXPECT_TRUE(error.starts_with(bad_path.string() + ": ")) << error;
      EXPECT_EQ(error.find('\n'), error.npos) << error;
      EXPECT_EQ(model.weights_sha256(), before) << at;
    }
    EXPECT_GT(refused, 3) << name;
  }
}

}  // namespace
}  // namespace lathe::detail
