// Training on shards: the same bits as on one array, two shards in memory at most, and what happens
// when one can't be read.
#include "lathe/shards.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <set>
#include <stdexcept>
#include <thread>

#include "frontend/model/model_impl.h"
#include "frontend/model/shard_rows.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe::test {
namespace {

using Cuts = std::vector<int64_t>;  // rows of each shard

/// The rows of arrays, cut into shards; the arrays must outlive it.
Shards cut(const Points& data, const Cuts& cuts, const Array* weights = nullptr) {
  std::vector<std::string> names;
  std::vector<int64_t> begins = {0};
  for (int64_t rows : cuts) {
    names.push_back("part" + std::to_string(names.size()));
    begins.push_back(begins.back() + rows);
  }
  EXPECT_EQ(begins.back(), data.x.shape()[0]);
  return Shards(names, [&data, weights, begins](size_t i) {
    const auto part = [&](const Array& a) { return Array(rows(a, begins[i], begins[i + 1])); };
    Shard shard{{part(data.x)}, part(data.y)};
    if (weights) shard.sample_weight = part(*weights);
    return shard;
  });
}

Sequential compiled(const RunOptions& run = interpreter(), const std::string& optimizer = "adam") {
  Sequential m({Input({2}), Dense(8, "tanh"), Dropout(0.2), Dense(3, "softmax")});
  m.compile({.loss = "sparse_categorical_crossentropy",
             .optimizer = optimizer,
             .metrics = {"accuracy"},
             .seed = 5,
             .run = run});
  return m;
}

/// What training left and said, by the bit.
std::string trace(Model& m, const History& h) {
  std::string text = m.weights_sha256();
  for (const EpochResult& e : h.epochs)
    for (const auto& [name, value] : e.logs) text += " " + name + std::to_string(value);
  return text;
}

template <class... Data>
std::string trained(const FitOptions& options, const RunOptions& run, const Data&... data) {
  Sequential m = compiled(run);
  return trace(m, m.fit(data..., options));
}

TEST(Shards, OneIsTrainedAsTheArray) {
  const Points data = bunches(103);
  for (const RunOptions& run : backends())
    for (const bool shuffle : {true, false}) {
      const FitOptions options{.batch_size = 10, .epochs = 3, .shuffle = shuffle};
      EXPECT_EQ(trained(options, run, cut(data, {103})), trained(options, run, data.x, data.y));
    }
}

TEST(Shards, MayBeCutAnywhere) {
  const Points data = bunches(103);
  for (const int64_t batch : {1, 7, 32, 103, 500}) {
    const FitOptions options{.batch_size = batch, .epochs = 2, .shuffle = false};
    const RunOptions run = batch == 32 ? backends().back() : interpreter();
    const std::string whole = trained(options, run, data.x, data.y);
    for (const Cuts& cuts : {Cuts{50, 53}, Cuts{1, 1, 1, 100}, Cuts{0, 35, 0, 34, 34, 0},
                             Cuts{96, 7}, Cuts{2, 3, 98}, Cuts{100, 3}, Cuts{32, 32, 32, 7}})
      EXPECT_EQ(trained(options, run, cut(data, cuts)), whole)
          << "batches of " << batch << ", " << cuts.size() << " shards";
  }
}

TEST(Shards, NeitherThreadsNorReadingAheadChangeABit) {
  const Points data = bunches(200);
  const FitOptions options{.batch_size = 16, .epochs = 3};
  std::set<std::string> found;
  for (const int threads : {1, 2, 5})
    for (const bool prefetch : {true, false}) {
      Shards shards = cut(data, {60, 33, 47, 60});
      shards.set_prefetch(prefetch);
      found.insert(trained(options, {.threads = threads}, shards));
    }
  EXPECT_EQ(found.size(), 1u);
}

TEST(Shards, ATrainingThatGoesOnHasTheSameBits) {
  const Points data = bunches(90);
  const Shards shards = cut(data, {30, 25, 35});
  Sequential once = compiled(), twice = compiled();
  once.fit(shards, {.batch_size = 8, .epochs = 4});
  twice.fit(shards, {.batch_size = 8, .epochs = 1});
  twice.fit(shards, {.batch_size = 8, .epochs = 3});
  EXPECT_EQ(once.weights_sha256(), twice.weights_sha256());
}

// How many rows there are shows at the end of the first pass over them alone.
TEST(Shards, AnEpochDoesNotGoOnWithOtherRows) {
  const TempFolder folder;
  const Points data = bunches(90), other = bunches(70);
  const auto error = [&](const Shards& shards, bool fails) {
    const auto fail = [&](FitContext& f, const BatchResult& b) {
      if (fails && f.epoch == 2 && b.step == 5) throw Error("enough");
    };
    Sequential m = compiled();
    return error_of([&] {
      m.fit(shards, {.batch_size = 8,
                     .epochs = 2,
                     .callbacks = {BackupAndRestore(folder.path(), {.save_freq = 3}),
                                   LambdaCallback({.on_batch_end = fail})}});
    });
  };
  EXPECT_EQ(error(cut(data, {30, 25, 35}), true), "enough");
  EXPECT_EQ(error(cut(other, {30, 25, 15}), false),
            "the epoch to go on with has 90 rows in batches of 8, not 70 rows in batches of 8");
}

/// The rows of an epoch in the order in which they are trained, and the sizes of its batches.
struct Walked {
  std::vector<float> rows;
  std::vector<int64_t> batches;
};

Walked walk(detail::RowSource& source, int64_t epoch, int64_t batch) {
  Walked w;
  source.begin(epoch, batch);
  while (const auto piece = source.next()) {
    for (int64_t i = 0; i < piece->rows; ++i)
      w.rows.push_back(static_cast<const float*>(piece->data[0])[2 * piece->index[i]]);
    for (int64_t left = piece->rows; left > 0; left -= batch)
      w.batches.push_back(std::min(left, batch));
  }
  EXPECT_EQ(source.next(), std::nullopt);
  EXPECT_EQ(source.epoch_rows(), static_cast<int64_t>(w.rows.size()));
  return w;
}

TEST(Shards, AShuffleTakesEachRowOnceAndOthersNext) {
  constexpr int64_t kRows = 97, kBatch = 10;
  Points data = bunches(kRows);
  for (int64_t i = 0; i < kRows; ++i)
    data.x.data<float>()[static_cast<size_t>(2 * i)] = static_cast<float>(i);
  const Shards shards = cut(data, {20, 3, 44, 30});
  Sequential m = compiled();
  const detail::ModelGraph& graph = m.impl().graph();
  const auto source = [&](uint64_t seed) {
    const detail::ShardRows::Use use{graph, m.impl().targets(), {true, seed}};
    return detail::ShardRows(shards, use, 0, shards.read(0));
  };
  std::vector<std::vector<float>> orders;
  std::set<std::vector<size_t>> shard_orders;
  for (const uint64_t seed : {1u, 2u}) {
    detail::ShardRows rows = source(seed);
    for (int64_t epoch = 0; epoch < 6; ++epoch) {
      const Walked w = walk(rows, epoch, kBatch);
      std::vector<int64_t> full(9, kBatch);
      full.push_back(7);
      EXPECT_EQ(w.batches, full);
      EXPECT_EQ(std::set<float>(w.rows.begin(), w.rows.end()).size(), static_cast<size_t>(kRows));
      orders.push_back(w.rows);
      // Shards follow one another whole.
      std::vector<size_t> met;
      for (const float row : w.rows) {
        const size_t shard = row < 20 ? 0 : row < 23 ? 1 : row < 67 ? 2 : 3;
        if (met.empty() || met.back() != shard) met.push_back(shard);
      }
      EXPECT_EQ(met.size(), 4u);
      shard_orders.insert(met);
    }
  }
  EXPECT_EQ(std::set(orders.begin(), orders.end()).size(), orders.size());
  EXPECT_GT(shard_orders.size(), 3u);
  // The seed and the number of the epoch alone decide.
  detail::ShardRows again = source(1);
  EXPECT_EQ(walk(again, 4, 3).rows, orders[4]);
  EXPECT_EQ(walk(again, 0, kBatch).rows, orders[0]);
}

TEST(Shards, AtMostTwoAreInMemory) {
#if defined(LATHE_SANITIZED) || !defined(__GLIBC__)
  GTEST_SKIP() << "only glibc's own malloc says how much is in use";
#else
  // 1 MiB each; from 2 MiB on a buffer takes more, to begin at a huge page.
  constexpr int64_t kShards = 8, kRows = 1024, kWidth = 256;
  constexpr size_t kShardBytes = kRows * kWidth * sizeof(float);
  const auto in_use = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  for (const bool prefetch : {true, false}) {
    std::atomic<size_t> peak = 0;
    std::atomic<int64_t> reads = 0;
    const auto measure = [&] {
      const size_t now = in_use();
      for (size_t old = peak; old < now && !peak.compare_exchange_weak(old, now);) continue;
    };
    Shards shards(std::vector<std::string>(kShards, "part"), [&](size_t) {
      Shard shard;
      shard.x.emplace_back(DType::F32, std::vector<int64_t>{kRows, kWidth});
      shard.y = Array(DType::F32, {kRows, 1});
      measure();
      ++reads;
      return shard;
    });
    shards.set_prefetch(prefetch);
    Sequential m({Input({kWidth}), Dense(1)});
    m.compile({.loss = "mse", .run = {.threads = 1}});
    const Array x(DType::F32, {128, kWidth}), y(DType::F32, {128, 1});
    m.fit(x, y, {.batch_size = 100});  // what is compiled is there
    const size_t before = in_use();
    FitOptions options{.batch_size = 100, .epochs = 2};
    options.on_batch_end = [&](const BatchResult&) {
      // However busy the machine is, the second one is there while the first trains.
      const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (prefetch && reads < 2 && std::chrono::steady_clock::now() < late)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      measure();
    };
    m.fit(shards, options);
    EXPECT_EQ(reads, 2 * kShards);
    const size_t most = prefetch ? 2 : 1;
    EXPECT_GE(peak - before, most * kShardBytes);
    EXPECT_LE(peak - before, most * kShardBytes + kShardBytes / 2) << prefetch;
  }
#endif
}

TEST(Shards, OneIsReadWhileAnotherTrains) {
  const Points data = bunches(90);
  const Shards inner = cut(data, {30, 30, 30});
  std::atomic<int> begun = 0;
  const std::thread::id here = std::this_thread::get_id();
  std::atomic<int> elsewhere = 0;
  Shards shards({"a", "b", "c"}, [&](size_t i) {
    ++begun;
    if (std::this_thread::get_id() != here) ++elsewhere;
    return inner.read(i);
  });
  Sequential m = compiled();
  m.fit(shards, {.batch_size = 10, .shuffle = false, .on_batch_end = [&](const BatchResult& b) {
                   const int shard = static_cast<int>((b.step - 1) / 3);
                   EXPECT_LE(begun, std::min(3, shard + 2));
                 }});
  EXPECT_EQ(begun, 3);
  EXPECT_EQ(elsewhere, 2);
}

TEST(Shards, ADamagedOneUndoesTheEpoch) {
  const Points data = bunches(90);
  const Shards inner = cut(data, {30, 30, 30});
  for (const bool prefetch : {true, false}) {
    std::atomic<int> reads = 0, running = 0;
    std::atomic<bool> damaged = true;
    Shards shards({"a", "b", "c"}, [&](size_t i) {
      ++running;
      const bool fails = damaged && ++reads > 5;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      --running;
      if (fails) throw Error("is truncated");
      return inner.read(i);
    });
    shards.set_prefetch(prefetch);
    Sequential m = compiled(), fine = compiled();
    fine.fit(inner, {.batch_size = 8, .epochs = 1, .shuffle = false});
    EXPECT_EQ(error_of([&] { m.fit(shards, {.batch_size = 8, .epochs = 3, .shuffle = false}); }),
              "c: is truncated");
    EXPECT_EQ(running, 0);
    EXPECT_EQ(m.epochs_trained(), 1);
    EXPECT_EQ(m.weights_sha256(), fine.weights_sha256());
    damaged = false;
    m.fit(shards, {.batch_size = 8, .epochs = 2, .shuffle = false});
    fine.fit(inner, {.batch_size = 8, .epochs = 2, .shuffle = false});
    EXPECT_EQ(m.weights_sha256(), fine.weights_sha256());
  }
}

TEST(Shards, WhatAReaderThrowsIsFits) {
  const Points data = bunches(60);
  const Shards inner = cut(data, {30, 30});
  Shards shards({"a", "b"}, [&](size_t i) {
    if (i == 1) throw std::runtime_error("no disk");
    return inner.read(i);
  });
  Sequential m = compiled();
  EXPECT_THROW(m.fit(shards, {.shuffle = false}), std::runtime_error);
  EXPECT_EQ(m.epochs_trained(), 0);
}

TEST(Shards, TheThreadEndsWhenACallbackThrows) {
  const Points data = bunches(90);
  const Shards inner = cut(data, {30, 30, 30});
  std::atomic<int> running = 0;
  Shards shards({"a", "b", "c"}, [&](size_t i) {
    ++running;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    Shard shard = inner.read(i);
    --running;
    return shard;
  });
  Sequential m = compiled();
  FitOptions options{.batch_size = 10};
  options.on_batch_end = [](const BatchResult&) { throw std::runtime_error("enough"); };
  EXPECT_THROW(m.fit(shards, options), std::runtime_error);
  EXPECT_EQ(running, 0);
  options.on_batch_end = nullptr;
  EXPECT_EQ(m.fit(shards, options).epochs.size(), 1u);
}

TEST(Shards, StopUndoesTheEpoch) {
  const Points data = bunches(90);
  const Shards shards = cut(data, {30, 30, 30});
  std::atomic<int32_t> stop = 0;
  Sequential m = compiled();
  FitOptions options{.batch_size = 10, .epochs = 5, .stop = &stop};
  options.on_batch_end = [&](const BatchResult& b) { stop = b.epoch == 3 && b.step == 5; };
  const History h = m.fit(shards, options);
  EXPECT_TRUE(h.stopped);
  EXPECT_EQ(h.epochs.size(), 2u);
  Sequential two = compiled();
  two.fit(shards, {.batch_size = 10, .epochs = 2});
  EXPECT_EQ(m.weights_sha256(), two.weights_sha256());
}

TEST(Shards, WeightsOfClassesAndRowsCountAsInArrays) {
  const Points data = bunches(64);
  Array weights(DType::F32, {64});
  for (int64_t i = 0; i < 64; ++i)
    weights.data<float>()[static_cast<size_t>(i)] = static_cast<float>(i % 4) / 2;
  const RunOptions run = interpreter();
  FitOptions options{.batch_size = 10, .epochs = 2, .shuffle = false};
  FitOptions by_row = options, by_class = options;
  by_row.sample_weight = weights;
  by_class.class_weight = {{0, 2.0}, {2, 0.5}};
  EXPECT_EQ(trained(options, run, cut(data, {20, 44}, &weights)),
            trained(by_row, run, data.x, data.y));
  EXPECT_EQ(trained(by_class, run, cut(data, {20, 44})), trained(by_class, run, data.x, data.y));
}

TEST(Shards, AreEvaluatedAndValidateAsArrays) {
  const Points data = bunches(103), other = bunches(50, 9);
  Array weights(DType::F32, {50});
  weights.fill(0.5f);
  const Shards shards = cut(data, {40, 63}), val = cut(other, {20, 30}, &weights);
  for (const RunOptions& run : backends()) {
    FitOptions by_array{.batch_size = 8, .epochs = 2, .shuffle = false};
    FitOptions by_shards = by_array;
    by_array.validation_data = ValidationData{other.x, other.y, weights};
    by_shards.validation_shards = val;
    Sequential a = compiled(run), b = compiled(run);
    EXPECT_EQ(trace(a, a.fit(data.x, data.y, by_array)), trace(b, b.fit(shards, by_shards)));
    for (const int64_t batch : {9, 256})
      EXPECT_EQ(a.evaluate(data.x, data.y, {.batch_size = batch}).to_string(),
                b.evaluate(shards, {.batch_size = batch}).to_string());
    EXPECT_EQ(a.evaluate(other.x, other.y, {.sample_weight = weights}).loss(),
              b.evaluate(val).loss());
  }
}

TEST(Shards, BuildAModelAndAdaptALayer) {
  const Points data = bunches(60);
  const Shards shards = cut(data, {7, 53});
  const auto make = [&](const auto& x) {
    Normalization norm;
    norm.adapt(x);
    Sequential m({norm, Dense(3, "softmax")});
    m.compile({.loss = "sparse_categorical_crossentropy", .seed = 2, .run = interpreter()});
    return m;
  };
  Sequential a = make(data.x), b = make(shards);
  a.fit(data.x, data.y, {.shuffle = false});
  b.fit(shards, {.shuffle = false});
  EXPECT_EQ(a.weights_sha256(), b.weights_sha256());
  b.adapt("normalization", cut(data, {30, 30}));
  EXPECT_EQ(a.weights_sha256(), b.weights_sha256());

  Points bad = bunches(60);
  bad.x.data<float>()[2 * 20 + 1] = NAN;
  EXPECT_EQ(error_of([&] { make(cut(bad, {7, 53})); }),
            "Normalization: part1: x holds nan in row 13, column 1");
}

TEST(Shards, SayHowFarTheyAre) {
  const Points data = bunches(50);
  Sequential m = compiled();
  std::vector<int64_t> steps, rows;
  FitOptions options{.batch_size = 20, .epochs = 2, .shuffle = false};
  options.on_batch_end = [&](const BatchResult& b) { steps.push_back(b.steps); };
  options.on_progress = [&](const Progress& p) { rows.push_back(p.rows); };
  m.fit(cut(data, {30, 20}), options);
  EXPECT_EQ(steps, (std::vector<int64_t>{0, 3, 3, 3, 3, 3}));
  EXPECT_EQ(rows, (std::vector<int64_t>{0, 50, 50, 50, 50, 50}));
}

TEST(Shards, RefuseWhatDoesNotFit) {
  const Points data = bunches(60);
  const auto error = [](const Shards& shards, const FitOptions& options = {.shuffle = false}) {
    Sequential m = compiled();
    return error_of([&] { m.fit(shards, options); });
  };
  const auto two = [&](const std::function<void(Shard&)>& change) {
    const Shards inner = cut(data, {30, 30});
    return Shards({"a", "b"}, [=](size_t i) {
      Shard shard = inner.read(i);
      if (i == 1) change(shard);
      return shard;
    });
  };
  EXPECT_EQ(error(two([](Shard& s) { s.x[0] = Array(DType::F64, {30, 2}); })),
            "b: has rows of x f64[2], y i32[], but those of a are x f32[2], y i32[]");
  EXPECT_EQ(error(two([](Shard& s) { s.x[0] = Array(DType::F32, {30, 3}); })),
            "b: has rows of x f32[3], y i32[], but those of a are x f32[2], y i32[]");
  EXPECT_EQ(error(two([](Shard& s) { s.y = Array(DType::F32, {30}); })),
            "b: has rows of x f32[2], y f32[], but those of a are x f32[2], y i32[]");
  EXPECT_EQ(
      error(two([](Shard& s) { s.sample_weight = Array(DType::F32, {30}); })),
      "b: has rows of x f32[2], y i32[], sample_weight, but those of a are x f32[2], y i32[]");
  EXPECT_EQ(error(two([](Shard& s) { s.x.clear(); })),
            "b: has rows of y i32[], but those of a are x f32[2], y i32[]");
  EXPECT_EQ(error(two([](Shard& s) { s.y.data<int32_t>()[4] = 3; })),
            "b: label 3 at position 4 is not a class of 0 to 2");
  EXPECT_EQ(error(two([](Shard& s) { s.y = Array(DType::I32, {29}); })),
            "b: x has 30 rows, but y is i32[29]");
  EXPECT_EQ(
      error(two([](Shard& s) { s.x[0].data<float>()[7] = NAN; })),
      "loss became NaN in epoch 1, step 2; the weights are those before that epoch; b: x holds "
      "nan in row 3, column 1");
  // Shards that are smaller than a batch too.
  for (const Cuts& cuts : {Cuts{30, 30}, Cuts{50, 7, 3}}) {
    const Shards inner = cut(data, cuts);
    const Shards holed(std::vector<std::string>{"a", "b", "c"}, [&](size_t i) {
      Shard shard = i < cuts.size() ? inner.read(i) : inner.read(0);
      if (i == 1) shard.x[0].data<float>()[7] = NAN;
      return shard;
    });
    EXPECT_EQ(error(cut(data, {60}), {.validation_shards = holed}),
              "val_loss became NaN in epoch 1; the weights are those before that epoch; "
              "validation_shards: b: x holds nan in row 3, column 1");
  }
  const auto numbers = [&](int64_t at) {
    return Shards({"a", "b"}, [=, &data](size_t i) {
      Shard shard = cut(data, {30, 30}).read(i);
      shard.y = Array(DType::F32, {30, 3});
      if (i == 1) shard.y.data<float>()[static_cast<size_t>(at)] = NAN;
      return shard;
    });
  };
  Sequential linear({Input({2}), Dense(3)});
  linear.compile({.loss = "mse", .run = interpreter()});
  EXPECT_EQ(error_of([&] { linear.fit(numbers(16), {.shuffle = false}); }),
            "loss became NaN in epoch 1, step 2; the weights are those before that epoch; b: y "
            "holds nan in row 5, column 1");
  // The last rows of a shard, at the end of the epoch.
  EXPECT_EQ(error_of([&] { linear.fit(numbers(89), {.batch_size = 16, .shuffle = false}); }),
            "loss became NaN in epoch 1, step 4; the weights are those before that epoch; b: y "
            "holds nan in row 29, column 2");
  const Points none = bunches(0);
  EXPECT_EQ(error(cut(none, {0, 0})), "the shards hold no rows");
  EXPECT_EQ(error_of([] { Shards({}, [](size_t) { return Shard(); }); }), "there are no shards");

  const Array weights(DType::F32, {60});
  EXPECT_EQ(error(cut(data, {60}), {.sample_weight = weights}),
            "sample_weight is for arrays: shards bring their own, Shard::sample_weight");
  EXPECT_EQ(error(cut(data, {60}), {.steps_per_epoch = 1}),
            "steps_per_epoch is for arrays: an epoch is over all shards");
  EXPECT_EQ(error(cut(data, {60}), {.validation_split = 0.5}),
            "validation_split is for arrays: give validation_data or validation_shards");
  EXPECT_EQ(error(cut(data, {60}), {.validation_data = ValidationData{data.x, data.y},
                                    .validation_shards = cut(data, {60})}),
            "validation_data and validation_shards can't both be given");
  EXPECT_EQ(error(cut(data, {60}),
                  {.validation_shards = two([](Shard& s) { s.y = Array(DType::I32, {2}); })}),
            "b: x has 30 rows, but y is i32[2]");
  Sequential m = compiled();
  EXPECT_EQ(error_of([&] { m.evaluate(cut(data, {60}), {.sample_weight = weights}); }),
            "sample_weight is for arrays: shards bring their own, Shard::sample_weight");
  int64_t rows = 20;
  const Shards grows({"a"}, [&](size_t) { return cut(data, {60 - rows, rows}).read(1); });
  FitOptions options{.epochs = 2};
  options.on_epoch_end = [&](const EpochResult&) { rows = 21; };
  EXPECT_EQ(error_of([&] { m.fit(grows, options); }), "a: has 21 rows now, but had 20 before");
}

}  // namespace
}  // namespace lathe::test
