// Saved models: the same predictions, training that goes on with the same bits, damaged files, full
// disks.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "frontend/model/model_impl.h"
#include "frontend/model/step_builder.h"
#include "ir/proto.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using test::bunches;
using test::error_of;
using test::interpreter;

class SavedModel : public ::testing::Test {
 protected:
  fs::path path(const std::string& name = "model.lathe") const { return folder_ / name; }
  std::string read() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& bytes) const {
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << bytes;
  }

  test::TempFolder folder_;
};

/// Branches, a shared layer, momentum: everything that has to come back.
Model branched() {
  const Tensor x = Input({2}, "point");
  const Dense shared(4, "tanh");
  const Tensor joined =
      concatenate({shared(x), shared(Rescaling(0.5)(x)), add({x, Dense(2, "sigmoid")(x)})});
  Model model({x}, {Dense(3, "softmax")(joined)}, "branched");
  model.compile({.loss = Loss("sparse_categorical_crossentropy"),
                 .optimizer = SGD(0.1, 0.9, true),
                 .metrics = {"accuracy"},
                 .seed = 5,
                 .run = interpreter()});
  return model;
}

TEST_F(SavedModel, ComesBackAsItWas) {
  const auto data = bunches(25);
  Model model = branched();
  model.fit(data.x, data.y, {.batch_size = 4, .epochs = 2});
  model.notes()["task"] = "points";
  model.set_class_names({"left", "right", "top"});
  model.save(path());
  EXPECT_EQ(folder_.files().size(), 1u);

  Model back = Model::load(path(), interpreter());
  EXPECT_EQ(back.weights_sha256(), model.weights_sha256());
  EXPECT_EQ(back.predict(data.x), model.predict(data.x));
  EXPECT_EQ(back.summary(), model.summary());
  EXPECT_EQ(back.name(), "branched");
  EXPECT_EQ(back.epochs_trained(), 2);
  EXPECT_EQ(back.history().size(), 2u);
  EXPECT_EQ(back.history()[1].logs.loss(), model.history()[1].logs.loss());
  EXPECT_EQ(back.notes().at("task"), "points");
  EXPECT_EQ(back.class_names(), model.class_names());
  EXPECT_EQ(back.compile_options().loss.only().name, "sparse_categorical_crossentropy");
  EXPECT_EQ(back.evaluate(data.x, data.y).to_string(), model.evaluate(data.x, data.y).to_string());

  const std::string before = read();
  back.save(path());
  EXPECT_EQ(read(), before);
}

TEST_F(SavedModel, TrainingGoesOnWithTheSameBits) {
  const auto data = bunches(25);
  Model whole = branched(), half = branched();
  whole.fit(data.x, data.y, {.batch_size = 4, .epochs = 4});
  half.fit(data.x, data.y, {.batch_size = 4, .epochs = 2});
  half.save(path());
  Model resumed = Model::load(path(), interpreter());
  resumed.evaluate(data.x, data.y);  // which needs no slots, and must not lose them
  resumed.fit(data.x, data.y, {.batch_size = 4, .epochs = 2});
  EXPECT_EQ(resumed.weights_sha256(), whole.weights_sha256());
  EXPECT_EQ(resumed.history().back().logs.to_string(), whole.history().back().logs.to_string());
}

TEST_F(SavedModel, WithoutTrainingOrConfiguration) {
  Sequential model({Input({2}), Flatten(), Dense(3)});
  model.set_run_options(interpreter());
  model.save(path());
  Model back = Model::load(path(), interpreter());
  EXPECT_FALSE(back.compiled());
  EXPECT_EQ(back.predict(bunches(5).x), model.predict(bunches(5).x));
  EXPECT_NE(error_of([&] { Sequential({Dense(3)}).save(path()); }), "");
}

TEST_F(SavedModel, NamesOfKerasFilesAreRefused) {
  Model model = branched();
  for (const char* end : {".keras", ".h5", ".hdf5", ".weights.h5"}) {
    const auto file = folder_ / (std::string("model") + end);
    const std::string what = error_of([&] { model.save(file); });
    for (const std::string& part : {file.string() + ": ", std::string("such as NAME.lathe"),
                                    std::string("save_weights, to NAME.weights.h5 or NAME.h5")})
      EXPECT_NE(what.find(part), std::string::npos) << part << " in " << what;
  }
  EXPECT_TRUE(folder_.files().empty());
  model.save(folder_ / "h5");
  EXPECT_EQ(Model::load(folder_ / "h5", interpreter()).weights_sha256(), model.weights_sha256());
}

TEST_F(SavedModel, ALearningRateThatWasChangedIsKept) {
  Model model = branched();
  model.set_learning_rate(0.025);
  model.save(path());
  EXPECT_FLOAT_EQ(static_cast<float>(Model::load(path(), interpreter()).learning_rate()), 0.025f);
}

TEST_F(SavedModel, AnyChangedByteIsFound) {
  Sequential model({Input({1}), Dense(1)});
  model.set_run_options(interpreter());
  model.save(path());
  const std::string good = read();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    write(bad);
    const std::string what = error_of([&] { Model::load(path()); });
    EXPECT_NE(what.find("model.lathe"), std::string::npos) << "byte " << i << ": " << what;
  }
  for (size_t size : {size_t{0}, size_t{7}, size_t{30}, good.size() / 2, good.size() - 1}) {
    write(good.substr(0, size));
    EXPECT_NE(error_of([&] { Model::load(path()); }), "") << size;
  }
}

TEST_F(SavedModel, WhatCannotBeReadSaysWhy) {
  const auto error = [](const fs::path& p) { return error_of([&] { Model::load(p); }); };
  const std::string none = path("none.lathe").string(), folder = folder_.path().string();
  EXPECT_EQ(error(none), "can't read model " + none + ": No such file or directory");
  EXPECT_EQ(error(folder), "can't read model " + folder + ": Is a directory");
  EXPECT_EQ(error_of([&] { model_from_json_file(none); }),
            "can't read " + none + ": No such file or directory");
  EXPECT_EQ(error_of([&] { model_from_json_file(folder); }),
            "can't read " + folder + ": Is a directory");
  write("secret");
  fs::permissions(path(), fs::perms::none);
  const uid_t user = ::geteuid();
  if (user == 0) {  // to whom nothing is forbidden: as somebody else, then
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const std::string what = error(path());
  if (user == 0) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_EQ(what, "can't read model " + path().string() + ": Permission denied");
}

TEST_F(SavedModel, LayersAndIrMustBeTheSame) {
  branched().save(path());
  ir::ModelFile file = ir::read_model(read(), "model.lathe");
  std::string& description = file.metadata.at("model");
  const size_t at = description.find("\"tanh\"");
  ASSERT_NE(at, std::string::npos) << description;
  description.replace(at, 6, "\"relu\"");
  write(ir::write_model(file));
  const std::string what = error_of([&] { Model::load(path()); });
  EXPECT_NE(what.find("the IR is not that of the layers"), std::string::npos) << what;
}

/// Changes a saved file: its lowering number, and what `change` does.
template <class F>
std::string with_lowering(const std::string& bytes, int64_t lowering, F&& change) {
  ir::ModelFile file = ir::read_model(bytes, "model.lathe");
  std::string& description = file.metadata.at("model");
  const std::string now = "\"lowering\":" + std::to_string(detail::kLoweringVersion);
  const size_t at = description.find(now);
  EXPECT_NE(at, std::string::npos) << description;
  description.replace(at, now.size(), "\"lowering\":" + std::to_string(lowering));
  change(file);
  return ir::write_model(file);
}

TEST_F(SavedModel, OlderLoweringsMayHaveOtherIrAndOptimiserStates) {
  const auto data = bunches(9);
  Model model = branched();
  model.fit(data.x, data.y, {.batch_size = 4});
  model.save(path());
  const std::string saved = read();
  const std::string slot = "dense_kernel.momentum", gone = "dense_kernel.gone";
  ASSERT_EQ(model.impl().states().count(slot), 1u);
  const auto rename = [&](ir::ModelFile& file) {
    file.module.name = "another";
    for (ir::State& s : file.module.states)
      if (s.name == slot) s.name = gone;
    for (ir::StateData& s : file.states)
      if (s.name == slot) s.name = gone;
  };
  write(with_lowering(saved, detail::kLoweringVersion, rename));
  EXPECT_NE(error_of([&] { Model::load(path()); }).find("the IR is not that of the layers"),
            std::string::npos);

  write(with_lowering(saved, detail::kLoweringVersion - 1, rename));
  Model back = Model::load(path(), interpreter());
  EXPECT_EQ(back.weights_sha256(), model.weights_sha256());
  EXPECT_EQ(back.predict(data.x), model.predict(data.x));
  EXPECT_EQ(back.impl().states().count(gone), 0u);
  back.fit(data.x, data.y, {.batch_size = 4});
  // The slot that had another name began at zero, the others went on.
  Model whole = branched();
  whole.fit(data.x, data.y, {.batch_size = 4});
  auto states = whole.impl().states();
  states.at(slot).fill(0.0f);
  whole.impl().set_states(std::move(states));
  whole.fit(data.x, data.y, {.batch_size = 4});
  EXPECT_EQ(back.weights_sha256(), whole.weights_sha256());
}

TEST_F(SavedModel, OlderLoweringsMustHaveTheWeights) {
  branched().save(path());
  const std::string saved = read();
  const auto error = [&](auto change) {
    write(with_lowering(saved, detail::kLoweringVersion - 1, change));
    return error_of([&] { Model::load(path()); });
  };
  const auto rename = [&](const std::string& from, const std::string& to) {
    return error([&](ir::ModelFile& file) {
      for (ir::State& s : file.module.states)
        if (s.name == from) s.name = to;
      for (ir::StateData& s : file.states)
        if (s.name == from) s.name = to;
    });
  };
  EXPECT_NE(rename("dense_kernel", "old").find("weight old has no place in the layers"),
            std::string::npos);
  const std::string missing = error([](ir::ModelFile& file) {
    std::erase_if(file.states, [](const ir::StateData& s) { return s.name == "dense_kernel"; });
  });
  EXPECT_NE(missing.find("weight dense_kernel is missing"), std::string::npos) << missing;
}

TEST_F(SavedModel, NewerLoweringsAreRefusedByNumber) {
  branched().save(path());
  const int64_t now = detail::kLoweringVersion;
  write(with_lowering(read(), now + 1, [](ir::ModelFile&) {}));
  const std::string what = error_of([&] { Model::load(path()); });
  EXPECT_NE(
      what.find("a newer lathe wrote it: its layers became IR by rules " + std::to_string(now + 1) +
                ", this one knows rules up to " + std::to_string(now)),
      std::string::npos)
      << what;
}

TEST_F(SavedModel, ASlotOfAnotherShapeIsRefused) {
  const auto data = bunches(6);
  Model model = branched();
  model.fit(data.x, data.y);
  std::map<std::string, Array> states = model.impl().states();
  const auto names = model.weight_names();
  int64_t changed = 0;
  for (auto& [name, value] : states) {
    if (std::find(names.begin(), names.end(), name) != names.end() || value.rank() == 0) continue;
    value = Array(DType::F32, {77});
    ++changed;
  }
  EXPECT_EQ(changed, static_cast<int64_t>(names.size()));
  const std::string before = model.weights_sha256();
  model.impl().set_states(std::move(states));
  const std::string what = error_of([&] { model.fit(data.x, data.y); });
  EXPECT_NE(what.find(" is f32[77], not f32["), std::string::npos) << what;
  EXPECT_EQ(model.weights_sha256(), before);
}

TEST_F(SavedModel, AFullDiskLeavesTheOldFile) {
  Model model = branched();
  model.save(path());
  const std::string before = read();
  model.notes()["long"] = std::string(100000, 'x');
  // A limit on file sizes stands in for the disk: writes fail beyond it.
  rlimit old{}, small{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  small = old;
  small.rlim_cur = before.size();
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string what = error_of([&] { model.save(path()); });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(what.find("can't write"), std::string::npos) << what;
  EXPECT_EQ(read(), before);
  EXPECT_EQ(folder_.files().size(), 1u);
  EXPECT_NE(error_of([&] { model.save(folder_ / "missing" / "model.lathe"); }), "");
}

}  // namespace
}  // namespace lathe
