// The C interface: what it does, and that no argument makes it do anything else than return a code.
#include "lathe/c_api.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/temp_folder.h"

namespace {

const char* kModel =
    R"({"input": [3], "layers": [{"type": "Dense", "units": 4, "activation": "relu"},
                         {"type": "Dense", "units": 2, "activation": "softmax"}]})";

/// 20 rows of three numbers; the class says whether the first is the larger of two.
struct Data {
  std::vector<float> x;
  std::vector<int32_t> y;
  int64_t x_shape[2] = {20, 3}, y_shape[1] = {20};
  lathe_array xs, ys;

  Data() {
    for (int i = 0; i < 20; ++i) {
      const float a = static_cast<float>(i % 5), b = static_cast<float>(i % 3);
      x.insert(x.end(), {a, b, 1});
      y.push_back(a > b);
    }
    xs = {LATHE_F32, 2, x_shape, x.data()};
    ys = {LATHE_I32, 1, y_shape, y.data()};
  }
};

lathe_model* parsed() {
  lathe_model* m = nullptr;
  EXPECT_EQ(lathe_parse(kModel, &m), LATHE_OK) << lathe_error();
  return m;
}

lathe_model* compiled() {
  lathe_model* m = parsed();
  EXPECT_EQ(lathe_compile(m, "scce", "adam(learning_rate=0.05)",
                          "accuracy, top_k_categorical_accuracy(k=1)", 3),
            LATHE_OK)
      << lathe_error();
  EXPECT_EQ(lathe_threads(m, 1), LATHE_OK);
  return m;
}

std::string sha(lathe_model* m) {
  char text[65] = "";
  EXPECT_EQ(lathe_weights_sha256(m, text), LATHE_OK) << lathe_error();
  return text;
}

TEST(CApi, TrainsPredictsSavesAndLoads) {
  const Data d;
  lathe_model* m = parsed();
  ASSERT_EQ(lathe_compile(m, "scce", "adam(learning_rate=0.05)", "accuracy", 3), LATHE_OK)
      << lathe_error();
  std::vector<double> losses;
  const auto note = [](void* user, int64_t epoch, int64_t count, const char* const* names,
                       const double* values) {
    auto& all = *static_cast<std::vector<double>*>(user);
    EXPECT_EQ(count, 2);
    EXPECT_STREQ(names[0], "loss");
    EXPECT_STREQ(names[1], "accuracy");
    EXPECT_TRUE(epoch == 0 || epoch == static_cast<int64_t>(all.size()) + 1) << epoch;
    all.push_back(values[0]);
    return all.size() == 30 ? 1 : 0;
  };
  ASSERT_EQ(lathe_fit(m, &d.xs, &d.ys, 8, 100, note, &losses), LATHE_OK) << lathe_error();
  ASSERT_EQ(losses.size(), 30u);  // the callback ended it
  EXPECT_LT(losses.back(), losses.front());
  std::vector<double> evaluated;
  ASSERT_EQ(lathe_evaluate(m, &d.xs, &d.ys, 8, note, &evaluated), LATHE_OK) << lathe_error();
  EXPECT_LT(evaluated.at(0), losses.front());

  std::vector<float> y(40), again(40);
  int64_t count = 0;
  ASSERT_EQ(lathe_predict(m, &d.xs, 7, y.data(), 40, &count), LATHE_OK) << lathe_error();
  EXPECT_EQ(count, 40);
  lathe::test::TempFolder folder;
  const std::string path = (folder / "m.lathe").string();
  ASSERT_EQ(lathe_save(m, path.c_str()), LATHE_OK) << lathe_error();
  lathe_model* other = nullptr;
  ASSERT_EQ(lathe_load(path.c_str(), &other), LATHE_OK) << lathe_error();
  EXPECT_EQ(sha(m), sha(other));
  ASSERT_EQ(lathe_predict(other, &d.xs, 20, again.data(), 40, nullptr), LATHE_OK);
  EXPECT_EQ(y, again);
  EXPECT_EQ(lathe_predict(other, &d.xs, 20, again.data(), 39, &count), LATHE_SHORT_BUFFER);
  EXPECT_STREQ(lathe_error(), "y has room for 39 numbers, there are 40");
  count = 0;
  EXPECT_EQ(lathe_predict(other, &d.xs, 20, nullptr, 0, &count), LATHE_SHORT_BUFFER);
  EXPECT_EQ(count, 40);
  lathe_free(m);
  lathe_free(other);
  EXPECT_EQ(lathe_save(m, path.c_str()), LATHE_BAD_ARGUMENT);
  EXPECT_STREQ(lathe_error(), "there is no such model: was it freed?");
}

TEST(CApi, ReadsAndWritesStates) {
  const Data d;
  lathe_model *from = compiled(), *to = compiled();
  ASSERT_EQ(lathe_fit(from, &d.xs, &d.ys, 20, 2, nullptr, nullptr), LATHE_OK) << lathe_error();
  ASSERT_EQ(lathe_fit(to, &d.xs, &d.ys, 20, 1, nullptr, nullptr), LATHE_OK) << lathe_error();
  ASSERT_NE(sha(from), sha(to));
  const int64_t count = lathe_state_count(from);
  ASSERT_GT(count, 12);  // weights, Adam's slots, the learning rate, the step
  bool kernel = false;
  for (int64_t i = 0; i < count; ++i) {
    const char* name = nullptr;
    lathe_array value;
    ASSERT_EQ(lathe_state(from, i, &name, &value), LATHE_OK) << lathe_error();
    kernel |= std::string(name) == "dense_kernel" && value.rank == 2 && value.shape[0] == 3;
    ASSERT_EQ(lathe_set_state(to, name, &value), LATHE_OK) << lathe_error();
  }
  EXPECT_TRUE(kernel);
  EXPECT_EQ(sha(from), sha(to));
  const char* name = nullptr;
  lathe_array value;
  EXPECT_EQ(lathe_state(from, count, &name, &value), LATHE_BAD_ARGUMENT);
  EXPECT_EQ(lathe_state(from, -1, &name, &value), LATHE_BAD_ARGUMENT);
  EXPECT_EQ(lathe_set_state(to, "dense_kernel", &d.xs), LATHE_FAILED);
  EXPECT_STREQ(lathe_error(), "state 'dense_kernel' is f32[3,4], not f32[20,3]");
  EXPECT_EQ(lathe_set_state(to, "nothing", &d.xs), LATHE_FAILED);
  lathe_free(from);
  lathe_free(to);
}

// A checkpoint from the callback: what it reads is what the model has then.
TEST(CApi, StatesAreThoseOfTheMomentInACallback) {
  const Data d;
  struct Seen {
    lathe_model* m;
    std::vector<float> first;
    std::vector<std::string> shas;
  } seen{compiled(), {}, {}};
  const auto look = [](void* user, int64_t, int64_t, const char* const*, const double*) {
    auto& s = *static_cast<Seen*>(user);
    for (int64_t i = 0; i < lathe_state_count(s.m); ++i) {
      const char* name = nullptr;
      lathe_array value;
      EXPECT_EQ(lathe_state(s.m, i, &name, &value), LATHE_OK) << lathe_error();
      if (std::string(name) == "dense_1_kernel")
        s.first.push_back(*static_cast<const float*>(value.data));
    }
    s.shas.push_back(sha(s.m));
    return 0;
  };
  ASSERT_EQ(lathe_fit(seen.m, &d.xs, &d.ys, 20, 3, look, &seen), LATHE_OK) << lathe_error();
  ASSERT_EQ(seen.first.size(), 3u);
  EXPECT_NE(seen.first[0], seen.first[1]);
  EXPECT_NE(seen.first[1], seen.first[2]);
  EXPECT_NE(seen.shas[0], seen.shas[1]);
  lathe_free(seen.m);
}

TEST(CApi, SaysWhatIsWrong) {
  const Data d;
  lathe_model* m = nullptr;
  EXPECT_EQ(lathe_parse("{\"layers\": [{\"type\": \"Dens\"}]}", &m), LATHE_FAILED);
  EXPECT_NE(std::string(lathe_error()).find("did you mean 'Dense'"), std::string::npos)
      << lathe_error();
  EXPECT_EQ(lathe_load("/nowhere/m.lathe", &m), LATHE_FAILED);
  EXPECT_EQ(m, nullptr);
  m = parsed();
  EXPECT_EQ(lathe_fit(m, &d.xs, &d.ys, 8, 1, nullptr, nullptr), LATHE_FAILED);  // not compiled
  EXPECT_EQ(lathe_compile(m, "scc", "sgd", nullptr, 0), LATHE_FAILED);
  EXPECT_EQ(lathe_compile(m, "scce", "sgd", nullptr, -1), LATHE_BAD_ARGUMENT);
  ASSERT_EQ(lathe_compile(m, "scce", "sgd", "", 0), LATHE_OK) << lathe_error();
  EXPECT_EQ(lathe_fit(m, &d.ys, &d.ys, 8, 1, nullptr, nullptr), LATHE_FAILED);
  EXPECT_EQ(lathe_fit(m, &d.xs, &d.ys, 0, 1, nullptr, nullptr), LATHE_BAD_ARGUMENT);
  EXPECT_STREQ(lathe_error(), "batch is 0, expected 1 to 1073741824");
  EXPECT_EQ(lathe_threads(m, 1025), LATHE_BAD_ARGUMENT);
  EXPECT_EQ(lathe_state_count(nullptr), -1);
  EXPECT_STREQ(lathe_error(), "the model is NULL");
  lathe_free(m);
  lathe_free(m);
  lathe_free(nullptr);
}

/// Any arguments that the header allows, most of them wrong.
class Wrong {
 public:
  explicit Wrong(uint64_t seed) : random_(seed) {
    live_ = compiled();
    lathe_model* gone = parsed();
    lathe_free(gone);
    models_ = {live_, nullptr, gone, reinterpret_cast<lathe_model*>(uintptr_t{0x1234567})};
  }
  ~Wrong() { lathe_free(live_); }

  int32_t call() {
    const char* text =
        pick<const char*>({nullptr, "", "mse", "adam", "scce", "(", "accuracy,(", "\xff\xfe",
                           "dense_kernel", "/", "/nowhere/x", "{}", "[", "{\"layers\":[]}"});
    lathe_model* m = pick(models_);
    lathe_model* made = nullptr;
    lathe_model** into = pick<lathe_model**>({nullptr, &made});
    const char* name = nullptr;
    lathe_array value{};
    char sha[65];
    std::vector<float> y(8);
    int64_t count = 0;
    const lathe_array x = array(), t = array();
    const lathe_array *xs = pick<const lathe_array*>({nullptr, &x, &data_.xs}),
                      *ts = pick<const lathe_array*>({nullptr, &t, &data_.ys});
    int32_t code = LATHE_OK;
    switch (random_() % 12) {
      case 0:
        code = lathe_load(text, into);
        break;
      case 1:
        code = lathe_parse(text, into);
        break;
      case 2:
        code = lathe_save(m, pick<const char*>({nullptr, "", "/", "/nowhere/x"}));
        break;
      case 3:
        code = lathe_compile(m, pick<const char*>({text, "scce", "mse"}),
                             pick<const char*>({text, "adam"}), pick<const char*>({text, nullptr}),
                             number());
        break;
      case 4:
        code = lathe_threads(m, number());
        break;
      case 5:
        code = lathe_fit(m, xs, ts, number(), pick<int64_t>({-1, 0, 1}),
                         pick<lathe_values>({nullptr, meddle}), this);
        break;
      case 6:
        code = lathe_evaluate(m, xs, ts, number(), nullptr, nullptr);
        break;
      case 7:
        code = lathe_predict(m, xs, number(), pick<float*>({nullptr, y.data()}),
                             pick<int64_t>({-5, 0, 8}), pick<int64_t*>({nullptr, &count}));
        break;
      case 8:
        code = lathe_state_count(m) < -1 ? 99 : LATHE_OK;
        break;
      case 9:
        code = lathe_state(m, number(), pick<const char**>({nullptr, &name}),
                           pick<lathe_array*>({nullptr, &value}));
        break;
      case 10:
        code = lathe_set_state(m, text, xs);
        break;
      case 11:
        code = lathe_weights_sha256(m, pick<char*>({nullptr, sha}));
        break;
    }
    lathe_free(made);
    return code;
  }

 private:
  template <class T>
  T pick(const std::vector<T>& from) {
    return from[random_() % from.size()];
  }
  int64_t number() {
    return pick<int64_t>({0, -1, 1, 2, 7, 1025, std::numeric_limits<int64_t>::min(),
                          std::numeric_limits<int64_t>::max()});
  }
  /// Of memory that is there: as many numbers as any of these shapes take.
  lathe_array array() {
    for (int64_t& d : shape_)
      d = pick<int64_t>({1, 2, 3, 4, 0, -1, std::numeric_limits<int64_t>::max()});
    return {pick<int32_t>({0, 1, 2, 3, 4, 5, -1}), pick<int32_t>({0, 1, 2, 3, 9, -1}),
            pick<const int64_t*>({nullptr, shape_}),
            pick<const void*>({nullptr, memory_, memory_ + 1})};
  }

  /// A callback that uses the model that is being trained.
  static int32_t meddle(void* user, int64_t, int64_t, const char* const*, const double*) {
    auto& w = *static_cast<Wrong*>(user);
    const char* name = nullptr;
    lathe_array value;
    EXPECT_GE(lathe_state_count(w.live_), 0);
    EXPECT_EQ(lathe_state(w.live_, 0, &name, &value), LATHE_OK);
    return static_cast<int32_t>(w.random_() % 2);
  }

  std::mt19937_64 random_;
  const Data data_;
  lathe_model* live_;
  std::vector<lathe_model*> models_;
  int64_t shape_[8];
  alignas(64) uint8_t memory_[4096] = {};
};

TEST(CApi, TenThousandWrongCallsGiveCodes) {
  Wrong wrong(1);
  int codes[5] = {};
  for (int i = 0; i < 10'000; ++i) {
    const int32_t code = wrong.call();
    ASSERT_TRUE(code >= 0 && code < 5) << i;
    ASSERT_NE(code, LATHE_INTERNAL) << i << ": " << lathe_error();
    ++codes[code];
  }
  EXPECT_GT(codes[LATHE_BAD_ARGUMENT], 2000);
  EXPECT_GT(codes[LATHE_FAILED], 50);
  EXPECT_GT(codes[LATHE_OK], 50);
}

}  // namespace
