// Files that are replaced as a whole or not at all, and what stands in their place beforehand.
#include "frontend/format/atomic_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/frontend/frontend_test_util.h"
#include "tests/temp_folder.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  fs::path path(const char* name) const { return folder_ / name; }
  static std::string read(const fs::path& p) {
    std::ostringstream text;
    text << std::ifstream(p).rdbuf();
    return text.str();
  }

  test::TempFolder folder_;
};

TEST_F(AtomicFile, IsReplacedAndLeavesNothingBeside) {
  write_file_atomically(path("a"), "old and longer");
  write_file_atomically(path("a"), "new");
  EXPECT_EQ(read(path("a")), "new");
  EXPECT_EQ(folder_.files().size(), 1u);
}

TEST_F(AtomicFile, KeepsWhoMayReadIt) {
  write_file_atomically(path("a"), "old");
  fs::permissions(path("a"), fs::perms::owner_read | fs::perms::owner_write);
  write_file_atomically(path("a"), "new");
  EXPECT_EQ(read(path("a")), "new");
  EXPECT_EQ(fs::status(path("a")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(AtomicFile, ALinkStaysALink) {
  fs::create_directory(path("far"));
  write_file_atomically(path("far") / "real", "old");
  fs::create_symlink("far/real", path("near"));
  fs::create_symlink("near", path("link"));
  write_file_atomically(path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_TRUE(fs::is_symlink(path("near")));
  EXPECT_EQ(read(path("far") / "real"), "new");
  fs::create_symlink("far/none", path("dangling"));
  write_file_atomically(path("dangling"), "made");
  EXPECT_TRUE(fs::is_symlink(path("dangling")));
  EXPECT_EQ(read(path("far") / "none"), "made");
  fs::create_symlink("circle", path("circle"));
  EXPECT_NE(test::error_of([&] { write_file_atomically(path("circle"), "x"); }), "");
}

TEST_F(AtomicFile, APipeIsWrittenTo) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const int reader = ::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  write_file_atomically(path("pipe"), "words");
  char buffer[16] = {};
  EXPECT_EQ(::read(reader, buffer, sizeof buffer), 5);
  EXPECT_STREQ(buffer, "words");
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
  EXPECT_EQ(folder_.files().size(), 1u);
}

TEST_F(AtomicFile, AFolderIsNone) {
  fs::create_directory(path("folder"));
  const std::string what = test::error_of([&] { write_file_atomically(path("folder"), "x"); });
  EXPECT_NE(what.find("can't write " + path("folder").string()), std::string::npos) << what;
  EXPECT_EQ(folder_.files().size(), 1u);
}

}  // namespace
}  // namespace lathe
