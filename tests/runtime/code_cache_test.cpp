// The cache of code on the disk: who may write to it, several writers, writers that die, its size.
#include "runtime/code_cache.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "runtime/sha256.h"
#include "tests/temp_folder.h"

namespace lathe::runtime {
namespace {

namespace fs = std::filesystem;

std::string key(int i) {
  return sha256_hex("entry " + std::to_string(i));
}

class CodeCacheTest : public testing::Test {
 protected:
  fs::path file(int i) const { return folder_ / "code" / (key(i) + ".code"); }
  void make_older(int i, int hours) const {
    fs::last_write_time(file(i), fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }
  CodeCache cache(int64_t limit = CodeCache::kDefaultLimit) const {
    return CodeCache(folder_ / "code", limit);
  }

  test::TempFolder folder_;
};

TEST_F(CodeCacheTest, StoresAndFinds) {
  const CodeCache c = cache();
  EXPECT_EQ(c.load(key(1)), std::nullopt);
  EXPECT_EQ(c.trouble(), "");
  EXPECT_TRUE(c.entries().empty());
  EXPECT_TRUE(c.store(key(1), std::string("a\0b", 3)));
  EXPECT_TRUE(c.store(key(2), ""));
  EXPECT_EQ(c.load(key(1)), std::string("a\0b", 3));
  EXPECT_EQ(c.load(key(2)), "");
  EXPECT_TRUE(c.store(key(1), "other"));
  EXPECT_EQ(cache().load(key(1)), "other");
  EXPECT_EQ(c.entries().size(), 2u);
  c.remove(key(1));
  EXPECT_EQ(c.load(key(1)), std::nullopt);
  EXPECT_EQ(c.clear(), 1);
  EXPECT_TRUE(fs::is_empty(folder_ / "code"));
}

TEST_F(CodeCacheTest, BelongsToTheUserAlone) {
  const mode_t old = umask(0);
  cache().store(key(1), "a");
  umask(old);
  struct stat s = {};
  ASSERT_EQ(stat((folder_ / "code").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0700u);
  ASSERT_EQ(stat(file(1).c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
}

TEST_F(CodeCacheTest, WhatOthersMayWriteToIsNotTaken) {
  const CodeCache c = cache();
  c.store(key(1), "a");
  for (const mode_t mode : {0620, 0602}) {
    ASSERT_EQ(chmod(file(1).c_str(), mode), 0);
    EXPECT_EQ(c.load(key(1)), std::nullopt) << mode;
  }
  ASSERT_EQ(chmod(file(1).c_str(), 0600), 0);
  EXPECT_EQ(c.load(key(1)), "a");
  for (const mode_t mode : {0720, 0702}) {
    ASSERT_EQ(chmod((folder_ / "code").c_str(), mode), 0);
    EXPECT_EQ(c.load(key(1)), std::nullopt);
    EXPECT_FALSE(c.store(key(2), "b"));
    EXPECT_NE(c.trouble().find("others may write to it"), std::string::npos);
    EXPECT_TRUE(c.entries().empty());
    EXPECT_EQ(c.clear(), 0);
  }
}

TEST_F(CodeCacheTest, WhatBelongsToSomebodyElseIsNotTaken) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const CodeCache c = cache();
  c.store(key(1), "a");
  ASSERT_EQ(chown(file(1).c_str(), 12345, 12345), 0);
  EXPECT_EQ(c.load(key(1)), std::nullopt);
  c.store(key(2), "b");
  ASSERT_EQ(chown((folder_ / "code").c_str(), 12345, 12345), 0);
  EXPECT_EQ(c.load(key(2)), std::nullopt);
  EXPECT_FALSE(c.store(key(3), "c"));
  EXPECT_NE(c.trouble().find("belongs to somebody else"), std::string::npos);
}

TEST_F(CodeCacheTest, LinksAndOtherThingsAreNoEntries) {
  const CodeCache c = cache();
  c.store(key(1), "a");
  fs::rename(file(1), folder_ / "elsewhere");
  fs::create_symlink(folder_ / "elsewhere", file(1));
  EXPECT_EQ(c.load(key(1)), std::nullopt);
  fs::create_directory(file(2));
  EXPECT_EQ(c.load(key(2)), std::nullopt);
  ASSERT_EQ(mkfifo(file(3).c_str(), 0600), 0);
  EXPECT_EQ(c.load(key(3)), std::nullopt);
  // The folder itself, too.
  fs::create_directory_symlink(folder_ / "code", folder_ / "link");
  EXPECT_FALSE(CodeCache(folder_ / "link").store(key(4), "d"));
}

TEST_F(CodeCacheTest, AFileUnderAnothersNameIsNoEntry) {
  const CodeCache c = cache();
  c.store(key(1), "a");
  fs::copy_file(file(1), file(2));
  EXPECT_EQ(c.load(key(1)), "a");
  EXPECT_EQ(c.load(key(2)), std::nullopt);
  fs::resize_file(file(1), 63);
  EXPECT_EQ(c.load(key(1)), std::nullopt);
  fs::resize_file(file(1), 0);
  EXPECT_EQ(c.load(key(1)), std::nullopt);
}

TEST_F(CodeCacheTest, OnlyAKeyNamesAFile) {
  const CodeCache c = cache();
  folder_.write("out", "of reach");
  for (const std::string& bad : {std::string(), std::string("../out"), std::string(64, '/'),
                                 std::string(64, 'A'), key(1) + "0"}) {
    EXPECT_EQ(c.load(bad), std::nullopt);
    EXPECT_FALSE(c.store(bad, "a"));
    c.remove(bad);
  }
  EXPECT_EQ(folder_.files(), std::set<std::string>{"out"});
}

TEST_F(CodeCacheTest, WithoutAFolderThereIsNoCache) {
  for (const CodeCache& c :
       {CodeCache(std::nullopt), CodeCache("/proc/lathe/code"), CodeCache(folder_ / "file/code")}) {
    folder_.write("file", "");
    EXPECT_FALSE(c.store(key(1), "a"));
    EXPECT_EQ(c.load(key(1)), std::nullopt);
    EXPECT_TRUE(c.entries().empty());
    EXPECT_EQ(c.clear(), 0);
  }
  EXPECT_NE(CodeCache(std::nullopt).trouble(), "");
}

TEST_F(CodeCacheTest, WhatWasNotUsedForLongestGoesFirst) {
  const CodeCache c = cache(3 * 100);
  const std::string bytes(100 - 64, 'x');
  for (int i = 1; i <= 3; ++i) {
    c.store(key(i), bytes);
    make_older(i, 10 - i);
  }
  EXPECT_EQ(c.entries().front().key, key(3));
  EXPECT_EQ(c.load(key(1), CodeCache::Use::Look), bytes);
  EXPECT_EQ(c.entries().front().key, key(3));
  EXPECT_EQ(c.load(key(1)), bytes);
  EXPECT_EQ(c.entries().front().key, key(1));
  EXPECT_TRUE(c.store(key(4), bytes));
  EXPECT_EQ(c.load(key(2)), std::nullopt);
  for (const int i : {1, 3, 4}) EXPECT_EQ(c.load(key(i)), bytes) << i;
  EXPECT_FALSE(c.store(key(5), std::string(301, 'x')));
  EXPECT_EQ(c.entries().size(), 3u);
}

TEST_F(CodeCacheTest, WhatDeadWritersLeftIsRemoved) {
  const CodeCache c = cache();
  c.store(key(1), "a");
  const fs::path old = folder_.write("code/.unfinished-old", "x");
  const fs::path young = folder_.write("code/.unfinished-young", "x");
  const fs::path foreign = folder_.write("code/readme", "x");
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(1));
  c.store(key(2), "b");
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(young));  // its writer may be at work
  EXPECT_EQ(c.clear(), 2);
  EXPECT_FALSE(fs::exists(young));
  EXPECT_TRUE(fs::exists(foreign));
}

/// Another process that runs `body` and ends.
pid_t start(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  return child;
}

/// Long enough to be written in several pieces; its last byte says that it is whole.
std::string long_entry(char writer) {
  return std::string(200'000, writer) + "end";
}

bool is_whole(const std::string& bytes) {
  return bytes.size() == 200'003 && bytes == long_entry(bytes[0]);
}

TEST_F(CodeCacheTest, SeveralWritersAtOnce) {
  const CodeCache c = cache();
  std::vector<pid_t> writers;
  for (const char name : {'a', 'b'})
    writers.push_back(start([&] {
      for (int i = 0; i < 100; ++i) c.store(key(i % 3), long_entry(name));
    }));
  int seen = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (seen < 50 && std::chrono::steady_clock::now() < end) {
    for (int i = 0; i < 3; ++i) {
      const auto bytes = c.load(key(i));
      if (!bytes) continue;
      ASSERT_TRUE(is_whole(*bytes));
      ++seen;
    }
  }
  EXPECT_GE(seen, 50);
  for (const pid_t writer : writers) {
    int status = 1;
    ASSERT_EQ(waitpid(writer, &status, 0), writer);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(c.entries().size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_whole(c.load(key(i)).value_or("")));
}

TEST_F(CodeCacheTest, AWriterThatIsKilledLeavesNothingHalf) {
  const CodeCache c = cache();
  for (int round = 0; round < 20; ++round) {
    const pid_t writer = start([&] {
      for (int i = 0;; ++i) c.store(key(i % 5), long_entry('a'));
    });
    std::this_thread::sleep_for(std::chrono::microseconds(300 * round));
    ASSERT_EQ(kill(writer, SIGKILL), 0);
    ASSERT_EQ(waitpid(writer, nullptr, 0), writer);
    for (int i = 0; i < 5; ++i) {
      const auto bytes = c.load(key(i));
      EXPECT_TRUE(!bytes || is_whole(*bytes)) << round;
    }
  }
  EXPECT_TRUE(c.store(key(1), "still works"));
  EXPECT_EQ(c.load(key(1)), "still works");
}

TEST(UserCacheFolder, IsWhereXdgSays) {
  test::TempFolder folder;
  const auto with = [](const char* xdg, const char* home) {
    const std::string old_xdg = getenv("XDG_CACHE_HOME") ? getenv("XDG_CACHE_HOME") : "";
    const std::string old_home = getenv("HOME") ? getenv("HOME") : "";
    setenv("XDG_CACHE_HOME", xdg, 1);
    setenv("HOME", home, 1);
    const auto found = user_cache_folder();
    setenv("XDG_CACHE_HOME", old_xdg.c_str(), 1);
    setenv("HOME", old_home.c_str(), 1);
    return found;
  };
  EXPECT_EQ(with("/cache", "/somewhere"), fs::path("/cache/lathe"));
  EXPECT_EQ(with("", "/somewhere"), fs::path("/somewhere/.cache/lathe"));
  EXPECT_EQ(with("relative", "/somewhere"), fs::path("/somewhere/.cache/lathe"));
  EXPECT_EQ(with("", ""), std::nullopt);
}

}  // namespace
}  // namespace lathe::runtime
