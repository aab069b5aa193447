// Models whose compiled code comes from the cache: the same bits, for the same work only, and whatever
// is wrong with the cache.
#ifdef LATHE_LLVM

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "runtime/code_cache.h"
#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using runtime::CodeCache;

class CodeCacheFit : public testing::Test {
 protected:
  CodeCacheFit() { use(folder_.path()); }
  ~CodeCacheFit() override { use(old_); }

  static void use(const fs::path& folder) { setenv("XDG_CACHE_HOME", folder.c_str(), 1); }
  /// The entries' files, by their keys: another inode is another file.
  static std::map<std::string, ino_t> files() {
    std::map<std::string, ino_t> all;
    for (const CodeCache::Entry& e : CodeCache::of_user().entries()) {
      struct stat s = {};
      stat(file(e.key).c_str(), &s);
      all[e.key] = s.st_ino;
    }
    return all;
  }
  static fs::path file(const std::string& key) {
    return *CodeCache::of_user().folder() / (key + ".code");
  }

  const std::string old_ = getenv("XDG_CACHE_HOME");
  test::TempFolder folder_;
  test::Points data_ = test::bunches(40);
};

struct Change {
  int64_t units = 5, batch = 20;
  std::string activation = "tanh", optimizer = "sgd", loss = "cce";
  RunOptions run = {.threads = 1, .max_batch = 32};
};

/// The weights after an epoch.
std::string trained(const test::Points& data, const Change& change = {}) {
  Sequential model({Input({2}), Dense(change.units, change.activation), Dense(3, "softmax")});
  model.compile({.loss = change.loss, .optimizer = change.optimizer, .run = change.run});
  model.fit(data.x, data.y, {.batch_size = change.batch});
  return model.weights_sha256();
}

TEST_F(CodeCacheFit, EachFunctionIsKeptWhenItIsFirstRun) {
  const auto work = [&](size_t already) {
    Sequential model({Input({2}), Dense(4, "tanh"), Dense(3, "softmax")});
    model.compile({.loss = "cce", .optimizer = "sgd", .run = {.threads = 1}});
    model.fit(data_.x, data_.y);
    EXPECT_EQ(files().size(), std::max<size_t>(already, 1));
    const double loss = model.evaluate(data_.x, data_.y)["loss"];
    EXPECT_EQ(files().size(), std::max<size_t>(already, 2));
    const Array y = model.predict(data_.x);
    EXPECT_EQ(files().size(), 3u);
    return std::pair(loss, y);
  };
  const auto cold = work(0);
  const auto kept = files();
  const auto warm = work(3);
  EXPECT_EQ(files(), kept);  // taken, not written again
  EXPECT_EQ(cold.first, warm.first);
  EXPECT_EQ(cold.second, warm.second);
}

TEST_F(CodeCacheFit, TheSameBitsColdAndWarm) {
  for (const char* optimizer : {"sgd", "adam"}) {
    Change change{.optimizer = optimizer};
    change.run.cache = false;
    const std::string without = trained(data_, change);
    change.run.cache = true;
    EXPECT_EQ(trained(data_, change), without);
    const auto kept = files();
    EXPECT_EQ(trained(data_, change), without);
    change.run.threads = 2;  // is in no key: any number of threads runs the same code
    EXPECT_EQ(trained(data_, change), without);
    EXPECT_EQ(files(), kept);
  }
}

TEST_F(CodeCacheFit, OtherWorkIsOtherCode) {
  std::vector<Change> changes(8);
  changes[1].units = 6;
  changes[2].activation = "relu";
  changes[3].optimizer = "adam";
  changes[4].loss = "mse";
  changes[5].batch = 40;  // more than was planned for
  changes[6].run.max_batch = 33;
  changes[7].run.cpu = "x86-64-v2";
  for (size_t i = 0; i < changes.size(); ++i) {
#if !defined(__x86_64__)
    if (!changes[i].run.cpu.empty()) continue;
#endif
    trained(data_, changes[i]);
    EXPECT_EQ(files().size(), i + 1);
  }
  changes[7].run.features = "-sse4.2";
  trained(data_, changes[7]);
  const auto all = files();
  EXPECT_EQ(all.size(), changes.size() + 1);
  for (const Change& change : changes) trained(data_, change);
  EXPECT_EQ(files(), all);
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(CodeCacheFit, DamagedEntriesAreCompiledAnew) {
  const std::string expected = trained(data_);
  ASSERT_EQ(files().size(), 1u);
  const fs::path entry = file(files().begin()->first);
  const std::string whole = read(entry);
  std::vector<std::string> damaged;
  for (const size_t at :
       {size_t{3}, size_t{70}, size_t{100}, size_t{160}, whole.size() / 2, whole.size() - 1}) {
    damaged.push_back(whole);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 0x10);
  }
  for (const size_t size : {size_t{0}, size_t{64}, size_t{200}, whole.size() - 1})
    damaged.push_back(whole.substr(0, size));
  damaged.push_back(whole + "more");
  for (const std::string& bytes : damaged) {
    std::ofstream(entry, std::ios::binary).write(bytes.data(), std::ssize(bytes));
    EXPECT_EQ(trained(data_), expected);
    EXPECT_EQ(read(entry), whole);
  }
}

TEST_F(CodeCacheFit, OfOtherWorkIsNoEntry) {
  const std::string expected = trained(data_);
  const std::string first = files().begin()->first;
  trained(data_, {.units = 9});
  for (const auto& [key, inode] : files())
    if (key != first) fs::copy_file(file(key), file(first), fs::copy_options::overwrite_existing);
  EXPECT_EQ(trained(data_), expected);
}

TEST_F(CodeCacheFit, CanBeSwitchedOff) {
  Change change;
  change.run.cache = false;
  trained(data_, change);
  EXPECT_TRUE(folder_.files().empty());
}

TEST_F(CodeCacheFit, AFolderThatCannotBeUsedCostsTheCacheOnly) {
  const std::string expected = trained(data_);
  use(folder_.write("file", ""));
  EXPECT_EQ(trained(data_), expected);
  use("");
  const std::string home = getenv("HOME") ? getenv("HOME") : "";
  unsetenv("HOME");
  EXPECT_EQ(trained(data_), expected);
  if (!home.empty()) setenv("HOME", home.c_str(), 1);
}

TEST_F(CodeCacheFit, TwoProcessesAtOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      folder_.write("weights" + std::to_string(i), trained(data_) + trained(data_));
      _exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(files().size(), 1u);
  const std::string here = trained(data_);
  for (const char* name : {"weights0", "weights1"}) EXPECT_EQ(read(folder_ / name), here + here);
}

}  // namespace
}  // namespace lathe

#endif  // LATHE_LLVM
