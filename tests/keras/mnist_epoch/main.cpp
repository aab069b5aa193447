// One epoch of MNIST for mnist_epoch.py: trains and writes what Keras needs to do the same.
//
//   keras_mnist_epoch lecture|adam SEED DATA OUT
//
// OUT gets weights.bin (the initial ones, f32, in model order), order.bin (i32: the rows in the
// order in which they were seen) and losses.txt (a step's loss a line).
#include <fstream>
#include <iostream>
#include <span>
#include <string>

#include "lathe/lathe.h"
#include "runtime/philox.h"

namespace {

using namespace lathe;

struct Task {
  Sequential model;
  int64_t batch;
};

Task make_task(const std::string& name, uint64_t seed) {
  if (name == "lecture") {
    Sequential m({Input({784}), Rescaling(1.0 / 255), Dense(500, "sigmoid"), Dense(500, "sigmoid"),
                  Dense(10, "softmax")});
    m.compile({.loss = "mse", .optimizer = SGD(0.1), .seed = seed});
    return {std::move(m), 100};
  }
  if (name == "adam") {
    Sequential m({Input({784}), Rescaling(1.0 / 255), Dense(128, "relu"), Dense(10, "softmax")});
    m.compile({.loss = "scce", .optimizer = "adam", .seed = seed});
    return {std::move(m), 32};
  }
  throw Error("there is no model '" + name + "'; there are lecture and adam");
}

void append(std::ostream& out, std::span<const std::byte> bytes) {
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

void run(const std::string& name, uint64_t seed, const std::string& data, const std::string& to) {
  const Dataset mnist = load_mnist({.dir = data});
  Task task = make_task(name, seed);
  std::ofstream weights(to + "/weights.bin", std::ios::binary);
  for (const Array& w : task.model.get_weights()) append(weights, w.bytes());
  const auto order = runtime::shuffled_indices(row_count(mnist.train.x), seed, 0);
  std::ofstream rows(to + "/order.bin", std::ios::binary);
  append(rows, std::as_bytes(std::span(order)));
  std::ofstream losses(to + "/losses.txt");
  losses.precision(9);
  FitOptions options;
  options.batch_size = task.batch;
  options.on_batch_end = [&](const BatchResult& b) { losses << b.logs.loss() << '\n'; };
  task.model.fit(mnist.train.x, mnist.train.y, options);
  if (!weights.flush() || !rows.flush() || !losses.flush()) throw Error(to + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: keras_mnist_epoch lecture|adam SEED DATA OUT\n";
    return 2;
  }
  try {
    run(argv[1], std::stoull(argv[2]), argv[3], argv[4]);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
