// Compiled models do what the same model does in Lathe: the same bits, whatever its activations, optimiser and loss.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "frontend/model/model_impl.h"
#include "lathe/catalog.h"
#include "lathe/lathe.h"
#include "runtime/memory.h"
#include "runtime/weights_file.h"
#include "tests/standalone/c_library.h"

namespace lathe {
namespace {

using test::CLibrary;

#ifdef LATHE_SANITIZED  // which are slow, and don't see compiled models
constexpr uint64_t kModels = 3;
#else
constexpr uint64_t kModels = 25;
#endif

/// A compiled model in memory of its own, with a team of threads.
class Instance {
 public:
  explicit Instance(const StandaloneFiles& files, int64_t workers = 1)
      : library_(files),
        bytes_(call<int64_t>("m_bytes_for", int64_t{1}, workers)),
        memory_(bytes_, runtime::Fill::None),
        model_(call<void*>("m_create_for", static_cast<void*>(memory_.data()), bytes_, workers)),
        team_(call<void*>("m_team_create", workers)) {
    if (!model_ || !team_) throw std::runtime_error("no model, or no team, was created");
    const std::string& weights = files.ending(".weights");
    done("m_load", static_cast<const void*>(weights.data()), static_cast<int64_t>(weights.size()));
  }
  ~Instance() { call<void>("m_team_destroy", team_); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  float train_step(const ArrayView& x, const ArrayView& y) { return train_step(x, y, x.shape[0]); }
  float train_step(const ArrayView& x, const ArrayView& y, int64_t rows) {
    return call<float>("m_train_step", model_, x.data, y.data, rows);
  }
  float train_step_by_team(const ArrayView& x, const ArrayView& y) {
    return call<float>("m_train_step_team", team_, model_, x.data, y.data, x.shape[0]);
  }
  Array predict(const ArrayView& x, int64_t outputs) {
    Array y(DType::F32, {x.shape[0], outputs});
    done("m_predict", x.data, x.shape[0], y.raw());
    return y;
  }
  Array predict_by_team(const ArrayView& x, int64_t outputs) {
    Array y(DType::F32, {x.shape[0], outputs});
    const auto code = call<int32_t>("m_predict_team", team_, model_, x.data, x.shape[0], y.raw());
    if (code != 0) throw std::runtime_error("m_predict_team: " + std::to_string(code));
    return y;
  }
  void load(const std::string& bytes) {
    done("m_load", static_cast<const void*>(bytes.data()), static_cast<int64_t>(bytes.size()));
  }
  void init(int64_t seed) { done("m_init", seed); }
  std::string save() {
    std::string bytes(static_cast<size_t>(call<int64_t>("m_weights_bytes")), '\0');
    done("m_save", static_cast<void*>(bytes.data()), static_cast<int64_t>(bytes.size()));
    return bytes;
  }

 private:
  template <class R, class... Args>
  R call(const std::string& name, Args... args) const {
    return library_.get<R(Args...)>(name)(args...);
  }
  template <class... Args>
  void done(const std::string& name, Args... args) const {
    const auto code = call<int32_t>(name, model_, args...);
    if (code != 0) throw std::runtime_error(name + ": " + std::to_string(code));
  }

  CLibrary library_;
  int64_t bytes_;
  runtime::AlignedBuffer memory_;
  void *model_, *team_;
};

/// Drawn from the tables, the same for the same seed.
class Draw {
 public:
  explicit Draw(uint64_t seed) : random_(seed) {}
  int64_t number(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random_() % static_cast<uint64_t>(most - least + 1));
  }
  std::string name(const char* kind) {
    const std::vector<CatalogEntry> all = catalog(kind);
    return all[static_cast<size_t>(number(0, static_cast<int64_t>(all.size()) - 1))].name;
  }
  Array floats(std::vector<int64_t> shape, float least, float most) {
    Array a(DType::F32, std::move(shape));
    for (float& v : a.data<float>())
      v = least +
          (most - least) * static_cast<float>(random_() >> 40) / static_cast<float>(1 << 24);
    return a;
  }

 private:
  std::mt19937_64 random_;
};

struct Case {
  std::string text;
  std::optional<Sequential> model;
  Array x, y;
  int64_t outputs;

  explicit Case(uint64_t seed) {
    Draw draw(seed);
    const int64_t inputs = draw.number(1, 40), rows = draw.number(1, 40);
    // Even, because glu halves them.
    const int64_t hidden = 2 * draw.number(1, 20), units = 2 * draw.number(1, 6);
    const std::string first = draw.name("activations"), second = draw.name("activations");
    std::string loss = draw.name("losses");
    // Of pictures, and of a formula that is to be given.
    while (loss == "image_total_variation" || loss == "expression") loss = draw.name("losses");
    const std::string optimizer = draw.name("optimizers");
    outputs = second == "glu" ? units / 2 : units;
    const bool dropout = draw.number(0, 2) == 0;
    text = first + ", " + second + ", " + loss + ", " + optimizer + (dropout ? ", dropout" : "");
    std::vector<Layer> layers{Input({inputs}), Dense(hidden, first)};
    if (dropout) layers.push_back(Dropout(0.3));
    layers.push_back(Dense(units, second));
    model.emplace(layers);
    model->compile({.loss = loss, .optimizer = optimizer, .run = {.threads = 1}});
    x = draw.floats({rows, inputs}, -1, 1);
    if (loss == "sparse_categorical_crossentropy") {
      y = Array(DType::I32, {rows});
      for (int32_t& v : y.data<int32_t>()) v = static_cast<int32_t>(draw.number(0, outputs - 1));
    } else {
      y = draw.floats({rows, outputs}, 0, 1);
    }
  }
};

bool same_bits(float a, float b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

/// 200 in all, in parts that run at once.
class StandaloneModels : public ::testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Random, StandaloneModels, ::testing::Range<uint64_t>(0, 8));

TEST_P(StandaloneModels, PredictAndTrainWithTheBitsOfLathe) {
  for (uint64_t seed = GetParam() * kModels; seed < (GetParam() + 1) * kModels; ++seed) {
    Case c(seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + c.text);
    c.model->train_on_batch(c.x, c.y);  // makes weights, slots and counters
    Instance compiled(make_standalone(*c.model, {.name = "m", .max_batch = 40}));
    for (int step = 0; step < 3; ++step) {
      const double loss = c.model->train_on_batch(c.x, c.y)["loss"];
      const float found = compiled.train_step(c.x, c.y);
      EXPECT_TRUE(same_bits(static_cast<float>(loss), found) || (loss != loss && found != found))
          << step;
    }
    EXPECT_TRUE(c.model->predict(c.x) == compiled.predict(c.x, c.outputs));
    const auto states = c.model->impl().states();
    for (const runtime::NamedValue& s : runtime::weights_from_bytes(compiled.save(), "saved")) {
      ASSERT_TRUE(states.contains(s.name)) << s.name;
      EXPECT_TRUE(states.at(s.name) == s.value) << s.name;
    }
    if (HasFailure()) break;
  }
}

/// Every initialiser that draws by itself, with a slot, a dropout's seed and a rate beside it.
TEST(Standalone, BeginsWithTheWeightsThatLatheDraws) {
  for (const CatalogEntry& e : catalog("initializers")) {
    SCOPED_TRACE(e.name);
    Sequential model({Input({30}),
                      Dense(40, DenseOptions{.activation = "relu", .kernel_initializer = e.name}),
                      Dropout(0.2), Dense(10, "softmax")});
    model.compile({.loss = "mse", .optimizer = "adam", .seed = 7, .run = {.threads = 1}});
    const Array x(DType::F32, {4, 30}), y(DType::F32, {4, 10});
    model.train_on_batch(x, y);  // what it does with zeros, restart takes back
    const StandaloneFiles files = make_standalone(model, {.name = "m", .max_batch = 4});
    model.restart();
    model.predict(x);
    const bool drawn = files.ending(".h").find("m_init(") != std::string::npos;
    EXPECT_EQ(drawn, e.name != "orthogonal" && e.name != "identity");
    if (!drawn) continue;
    Instance compiled(files);
    compiled.init(7);
    const auto states = model.impl().states();
    for (const runtime::NamedValue& s : runtime::weights_from_bytes(compiled.save(), "saved")) {
      if (states.contains(s.name)) {
        EXPECT_TRUE(states.at(s.name) == s.value) << s.name;
      } else {
        for (const std::byte b : s.value.bytes()) ASSERT_EQ(b, std::byte{0}) << s.name;
      }
    }
  }
}

/// What the model begins to train with, its noise's seed too, is in the file of one that was not trained yet.
TEST(Standalone, AModelThatWasNotTrainedYetBeginsAsInLathe) {
  Draw draw(3);
  const Array x = draw.floats({20, 30}, -1, 1), y = draw.floats({20, 4}, 0, 1);
  Sequential model({Input({30}), Dense(16, "relu"), Dropout(0.5), Dense(4)});
  model.compile({.loss = "mse", .optimizer = "adagrad", .seed = 7, .run = {.threads = 1}});
  model.train_on_batch(x, y);  // for the types of the data
  model.restart();
  Instance compiled(make_standalone(model, {.name = "m", .max_batch = 20}));
  const auto loss = static_cast<float>(model.train_on_batch(x, y)["loss"]);
  EXPECT_TRUE(same_bits(loss, compiled.train_step(x, y)));
}

TEST(Standalone, EvaluatesWithTheBitsOfLathe) {
  Draw draw(4);
  const Array x = draw.floats({33, 11}, -1, 1);
  Array y(DType::I32, {33});
  for (int32_t& v : y.data<int32_t>()) v = static_cast<int32_t>(draw.number(0, 4));
  Sequential model({Input({11}), Dense(13, "tanh"), Dense(5, "softmax")});
  model.compile(
      {.loss = "scce", .optimizer = "sgd", .metrics = {"accuracy"}, .run = {.threads = 1}});
  model.train_on_batch(x, y);
  const StandaloneFiles files =
      make_standalone(model, {.name = "m", .functions = {"evaluate"}, .max_batch = 33});
  CLibrary library(files);
  const int64_t bytes = library.get<int64_t(int64_t)>("m_bytes")(1);
  const runtime::AlignedBuffer memory(bytes);
  void* const m = library.get<void*(void*, int64_t)>("m_create")(memory.data(), bytes);
  const std::string& weights = files.ending(".weights");
  ASSERT_EQ(library.get<int32_t(void*, const void*, int64_t)>("m_load")(
                m, weights.data(), static_cast<int64_t>(weights.size())),
            0);
  const Logs expected = model.test_on_batch(x, y);
  const float loss = library.get<float(void*, const void*, const void*, int64_t)>("m_evaluate")(
      m, x.raw(), y.raw(), 33);
  EXPECT_TRUE(same_bits(loss, static_cast<float>(expected["loss"])));
  const void* accuracy = library.get<const void*(const void*, int64_t)>("m_output")(m, 1);
  ASSERT_NE(accuracy, nullptr);
  EXPECT_TRUE(
      same_bits(*static_cast<const float*>(accuracy), static_cast<float>(expected["accuracy"])));
}

TEST(Standalone, ALayerThatHasLearnedNothingIsRefused) {
  Sequential model({Input({4}), Normalization(), Dense(1)});
  model.compile({.loss = "mse", .run = {.threads = 1}});
  EXPECT_THROW(make_standalone(model, {.name = "m", .functions = {"predict"}}), Error);
}

/// Examples that overlap, as those of prices.
TEST(Standalone, TakesWindowsOfASeries) {
  constexpr int64_t kDays = 40, kFeatures = 3, kWindow = 6, kExamples = kDays - kWindow + 1;
  Draw draw(5);
  const Array series = draw.floats({kDays, kFeatures}, -1, 1),
              y = draw.floats({kExamples, 1}, 0, 1);
  Windows windows{series, kWindow, {}};
  for (int32_t i = 0; i < kExamples; ++i) windows.last.push_back(i + kWindow - 1);
  Sequential model({Input({kWindow, kFeatures}), Flatten(), Dense(8, "relu"), Dense(1)});
  model.compile({.loss = "mse", .optimizer = "adam", .run = {.threads = 1}});
  model.train_on_batch(windows, y);
  const StandaloneFiles files = make_standalone(model, {.name = "m", .max_batch = 64});
  EXPECT_NE(files.ending(".h").find("x: (rows + 5) x 3"), std::string::npos) << files.ending(".h");
  Instance compiled(files);
  for (int step = 0; step < 3; ++step) {
    const auto loss = static_cast<float>(model.train_on_batch(windows, y)["loss"]);
    EXPECT_TRUE(same_bits(loss, compiled.train_step(series, y, kExamples))) << step;
  }
  const auto states = model.impl().states();
  for (const runtime::NamedValue& s : runtime::weights_from_bytes(compiled.save(), "saved"))
    EXPECT_TRUE(states.at(s.name) == s.value) << s.name;
}

/// The lecture's model on real digits, or drawn ones where there are none.
Sequential lecture_model() {
  Sequential model({Input({784}), Rescaling(1.0 / 255), Dense(500, "sigmoid"),
                    Dense(500, "sigmoid"), Dense(10, "softmax")});
  model.compile(
      {.loss = "mse", .optimizer = SGD(0.1), .metrics = {"accuracy"}, .run = {.threads = 1}});
  return model;
}

TEST(Standalone, AHundredStepsOfMnistEndWithTheSameWeights) {
  const Dataset mnist = load_mnist();
  constexpr int64_t kBatch = 100, kSteps = 100, kRagged = 37;
  Sequential model = lecture_model();
  const auto batch = [&](int64_t step) {
    const int64_t begin = step * kBatch, end = begin + (step == kSteps - 1 ? kRagged : kBatch);
    const int64_t all = mnist.train.x.shape()[0] - kBatch;
    return std::pair(rows(mnist.train.x, begin % all, begin % all + end - begin),
                     rows(mnist.train.y, begin % all, begin % all + end - begin));
  };
  model.train_on_batch(batch(0).first, batch(0).second);
  const StandaloneFiles files = make_standalone(model, {.name = "m", .max_batch = kBatch});
  Instance alone(files), pair(files, 2), crowd(files, 5);
  for (int64_t step = 1; step < kSteps; ++step) {
    const auto [x, y] = batch(step);
    const auto loss = static_cast<float>(model.train_on_batch(x, y)["loss"]);
    ASSERT_TRUE(same_bits(loss, alone.train_step(x, y))) << step;
    ASSERT_TRUE(same_bits(loss, pair.train_step_by_team(x, y))) << step;
  }
  const std::string sha = model.weights_sha256();
  test::TempFolder folder;
  for (Instance* one : {&alone, &pair}) {
    Sequential other = lecture_model();
    other.train_on_batch(batch(0).first, batch(0).second);
    EXPECT_NE(other.weights_sha256(), sha);
    other.load_weights(folder.write("saved.weights", one->save()));
    EXPECT_EQ(other.weights_sha256(), sha);
  }
  const Array expected = model.predict(mnist.test.x);
  Array floats(DType::F32, mnist.test.x.shape());
  for (int64_t i = 0; i < floats.elements(); ++i)
    floats.data<float>()[i] = static_cast<float>(mnist.test.x.data<uint8_t>()[i]);
  EXPECT_TRUE(expected == alone.predict(floats, 10));
  EXPECT_TRUE(expected == pair.predict_by_team(floats, 10));
  crowd.load(pair.save());
  EXPECT_TRUE(expected == crowd.predict_by_team(floats, 10));
}

}  // namespace
}  // namespace lathe
