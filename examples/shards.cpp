// Trains on files of rows, of which two at most are in memory.
#include <lathe/lathe.h>

#include <fstream>
#include <iostream>

int main() {
  using namespace lathe;
  for (int day = 1; day <= 4; ++day) {  // stands for data that somebody has
    std::ofstream out("rides-" + std::to_string(day) + ".csv");
    out << "kilometres,minutes,price\n";
    for (int i = 0; i < 500; ++i) {
      const int km = 1 + (i * 7 + day) % 20, minutes = 5 + (i * 3 + day) % 40;
      out << km << ',' << minutes << ',' << 2.5 + 1.8 * km + 0.3 * minutes << '\n';
    }
  }

  const Shards rides = Shards::csv(files_like("rides-[1-3].csv"), {.label = "price"});
  Normalization norm;
  norm.adapt(rides);
  Sequential model({norm, Dense(16, "relu"), Dense(1)});
  model.compile({.loss = "mse", .optimizer = "adam(learning_rate=0.01)", .metrics = {"mae"}});
  model.fit(rides, {.batch_size = 32, .epochs = 30});
  const Shards others = Shards::csv(files_like("rides-4.csv"), {.label = "price"});
  std::cout << "of other days: " << model.evaluate(others).to_string() << '\n';
}
