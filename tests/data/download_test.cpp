// Downloads from a server on the loopback: resumed, refused, cut off, and wrong.
#include "frontend/data/download.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <future>

#include "frontend/data/image_dataset.h"
#include "frontend/data/sha256.h"
#include "tests/data/data_test_util.h"
#include "tests/data/http_server.h"

namespace lathe::data {
namespace {

namespace fs = std::filesystem;

std::string make_content() {
  std::string content(300'000, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i * 7 >> 5);
  return content;
}

class Download : public testing::Test {
 protected:
  Download() : no_proxy_("no_proxy", "127.0.0.1"), content_(make_content()) {
    file_ = {"numbers.gz", content_.size(), sha256_of_file(folder_.write("original", content_))};
    // No machine is so busy that this passes by itself; the test of a stall has its own.
    options_.connect_timeout_ms = 60'000;
    options_.stall_timeout_s = 60;
  }

  fs::path target() const { return folder_.path() / "to" / file_.name; }
  fs::path part() const { return folder_.path() / "to" / (file_.name + ".part"); }
  void write_part(const std::string& text) { folder_.write("to/numbers.gz.part", text); }

  void get(const std::vector<std::string>& mirrors) {
    options_.mirrors = mirrors;
    download_files({file_}, folder_.path() / "to", options_);
  }
  std::string get_error(const std::vector<std::string>& mirrors) {
    std::string message = error_of([&] { get(mirrors); });
    EXPECT_FALSE(fs::exists(target()));
    EXPECT_EQ(message.find('\n'), std::string::npos) << "one line: " << message;
    return message;
  }
  void expect_fetched() {
    const Bytes got = read_bytes(target());
    EXPECT_EQ(std::string(got.begin(), got.end()), content_);
    EXPECT_FALSE(fs::exists(part()));
  }

  ScopedVariable no_proxy_;
  TempFolder folder_;
  std::string content_;
  RemoteFile file_;
  DownloadOptions options_;
};

TEST_F(Download, FetchesAndTellsItsProgress) {
  HttpServer server([&](const HttpServerRequest&) { return whole_file(content_); });
  uint64_t last = 0, calls = 0;
  options_.progress = [&](const std::string& file, uint64_t done, uint64_t total) {
    EXPECT_EQ(file, "numbers.gz");
    EXPECT_EQ(total, content_.size());
    EXPECT_GE(done, last);
    last = done;
    calls += 1;
  };
  get({server.url()});
  expect_fetched();
  EXPECT_EQ(last, content_.size());
  EXPECT_GT(calls, 1u);
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].path, "/numbers.gz");
  EXPECT_FALSE(server.requests()[0].range_from);
}

TEST_F(Download, KeepsAFileThatIsRight) {
  folder_.write("to/numbers.gz", content_);
  uint64_t last = 0;
  options_.progress = [&](const std::string&, uint64_t done, uint64_t) { last = done; };
  get({dead_url()});
  expect_fetched();
  EXPECT_EQ(last, content_.size());
}

TEST_F(Download, ReplacesAFileThatIsWrong) {
  HttpServer server([&](const HttpServerRequest&) { return whole_file(content_); });
  folder_.write("to/numbers.gz", std::string(content_.size(), 'x'));
  get({server.url()});
  expect_fetched();
}

TEST_F(Download, ResumesAPart) {
  HttpServer server([&](const HttpServerRequest& r) { return ranged_file(content_, r); });
  write_part(content_.substr(0, 123'456));
  get({server.url()});
  expect_fetched();
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].range_from, 123'456u);
}

TEST_F(Download, StartsAnewWhereTheServerIgnoresRanges) {
  HttpServer server([&](const HttpServerRequest&) { return whole_file(content_); });
  write_part(std::string(5000, 'x'));
  get({server.url()});
  expect_fetched();
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(Download, AWrongPartIsFetchedAgainFromTheStart) {
  HttpServer server([&](const HttpServerRequest& r) { return ranged_file(content_, r); });
  write_part(std::string(5000, 'x'));
  get({server.url()});
  expect_fetched();
  ASSERT_EQ(server.requests().size(), 2u);
  EXPECT_EQ(server.requests()[0].range_from, 5000u);
  EXPECT_FALSE(server.requests()[1].range_from);
}

TEST_F(Download, APartThatIsCompleteOrTooLongNeedsNoLuck) {
  write_part(content_);
  get({dead_url()});
  expect_fetched();
  fs::remove(target());
  write_part(content_ + "more");
  HttpServer server([&](const HttpServerRequest& r) { return ranged_file(content_, r); });
  get({server.url()});
  expect_fetched();
}

TEST_F(Download, AServerBadAtRangesGetsASecondChance) {
  HttpServer server([&](const HttpServerRequest& r) {
    HttpServerAnswer answer = ranged_file(content_, r);
    if (r.range_from) answer.headers = {"content-range: bytes 7-9/10"};
    return answer;
  });
  write_part(content_.substr(0, 1000));
  get({server.url()});
  expect_fetched();
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(Download, AServerThatStallsIsLeftForTheNextMirror) {
  std::promise<void> over;
  HttpServer stalled([&, wait = over.get_future().share()](const HttpServerRequest& r) {
    wait.wait_for(std::chrono::seconds(60));  // should the test end before it says so
    return ranged_file(content_, r);
  });
  HttpServer good([&](const HttpServerRequest& r) { return ranged_file(content_, r); });
  options_.stall_timeout_s = 1;
  const std::string message = get_error({stalled.url()});
  EXPECT_TRUE(has(message, stalled.url())) << message;
  EXPECT_TRUE(has(message, "too slow")) << message;
  options_.stall_timeout_s = 60;
  over.set_value();
  get({good.url()});
  expect_fetched();
}

TEST_F(Download, ACutConnectionIsContinuedByTheNextMirrorAndTheNextRun) {
  HttpServer cut([&](const HttpServerRequest& r) {
    HttpServerAnswer answer = ranged_file(content_, r);
    answer.cut_after = 100'000;
    return answer;
  });
  HttpServer good([&](const HttpServerRequest& r) { return ranged_file(content_, r); });
  EXPECT_TRUE(has(get_error({cut.url()}), "(after 100000 of 300000 bytes)"));
  EXPECT_EQ(fs::file_size(part()), 100'000u);
  get({cut.url(), good.url()});
  expect_fetched();
  ASSERT_EQ(good.requests().size(), 1u);
  EXPECT_EQ(good.requests()[0].range_from, 200'000u);
}

TEST_F(Download, GoesOnToTheNextMirror) {
  HttpServer missing([&](const HttpServerRequest&) {
    return HttpServerAnswer{404, "<html>not here</html>", {}, {}, {}};
  });
  HttpServer wrong(
      [&](const HttpServerRequest&) { return whole_file(std::string(content_.size(), 'w')); });
  HttpServer good([&](const HttpServerRequest&) { return whole_file(content_); });
  get({dead_url(), missing.url(), wrong.url(), good.url()});
  expect_fetched();
}

TEST_F(Download, TheErrorSaysWhichMirrorFailedWhy) {
  HttpServer missing([&](const HttpServerRequest&) {
    return HttpServerAnswer{404, "<html>not here</html>", {}, {}, {}};
  });
  HttpServer wrong(
      [&](const HttpServerRequest&) { return whole_file(std::string(content_.size(), 'w')); });
  HttpServer longer([&](const HttpServerRequest&) { return whole_file(content_ + "!"); });
  HttpServer shorter([&](const HttpServerRequest&) { return whole_file("short"); });
  const std::string dead = dead_url();
  std::string message = get_error({dead, missing.url(), wrong.url(), longer.url()});
  EXPECT_TRUE(has(message, "numbers.gz: can't be fetched: " + dead + ": "));
  EXPECT_TRUE(has(message, missing.url() + ": HTTP status 404"));
  EXPECT_TRUE(has(message, wrong.url() + ": sends a file with another sha256"));
  EXPECT_TRUE(has(message, longer.url() + ": sends more than the expected 300000 bytes"));
  EXPECT_FALSE(fs::exists(part())) << "nothing of use was received";
  EXPECT_TRUE(has(get_error({shorter.url()}), "ended after 5 of 300000 bytes"));
  EXPECT_TRUE(has(get_error({}), "no mirror is known"));
  EXPECT_TRUE(has(get_error({"file://" + (folder_.path() / "").string()}), "rotocol"));
}

TEST_F(Download, FollowsARedirect) {
  HttpServer good([&](const HttpServerRequest& r) { return ranged_file(content_, r); });
  HttpServer moved([&](const HttpServerRequest& r) {
    return HttpServerAnswer{302, "moved", {"Location: " + good.url() + r.path.substr(1)}, {}, {}};
  });
  write_part(content_.substr(0, 10));
  get({moved.url()});
  expect_fetched();
}

TEST_F(Download, TheMachinesOwnTroubleIsNoMirrorsFault) {
  HttpServer server([&](const HttpServerRequest&) { return whole_file(content_); });
  folder_.write("to", "a file where the folder should be");
  EXPECT_TRUE(has(error_of([&] { get({server.url()}); }), "to: can't be made"));
  fs::remove(folder_.path() / "to");

  write_part("");
  const int other = ::open(part().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  EXPECT_TRUE(has(get_error({server.url()}), "is being fetched by another process"));
  ::close(other);
  get({server.url()});
  expect_fetched();
}

TEST_F(Download, AFullDiskIsToldAndWhatCameIsKept) {
  HttpServer server([&](const HttpServerRequest& r) { return ranged_file(content_, r); });
  // A limit on the size of files stands in for the disk: write() fails as it does there.
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{}, small{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  small = old;
  small.rlim_cur = 100'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = get_error({server.url()});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(has(message, "numbers.gz.part: can't be written: "));
  EXPECT_EQ(fs::file_size(part()), 100'000u);
  get({server.url()});
  expect_fetched();
}

TEST_F(Download, TheProgressFunctionMayStopIt) {
  HttpServer server([&](const HttpServerRequest& r) { return ranged_file(content_, r); });
  struct Stop {};
  options_.progress = [](const std::string&, uint64_t done, uint64_t) {
    if (done > 50'000) throw Stop{};
  };
  EXPECT_THROW(get({server.url()}), Stop);
  EXPECT_GT(fs::file_size(part()), 50'000u);
  options_.progress = nullptr;
  get({server.url()});
  expect_fetched();
  EXPECT_TRUE(server.requests().back().range_from);
}

TEST_F(Download, TheTableOfDataSets) {
  EXPECT_EQ(downloadable_datasets(), (std::vector<std::string>{"mnist", "fashion-mnist"}));
  for (const std::string& name : downloadable_datasets()) {
    EXPECT_GE(dataset_mirrors(name).size(), 2u);
    ASSERT_EQ(dataset_files(name).size(), 4u);
    for (size_t i = 0; i < 4; ++i) {
      const RemoteFile file = dataset_files(name)[i];
      EXPECT_TRUE(file.name.starts_with(kImageDatasetParts[i]));
      EXPECT_EQ(file.sha256.size(), 64u);
    }
  }
  EXPECT_TRUE(has(error_of([] { dataset_files("cifar"); }),
                  "no data set 'cifar' to fetch, expected one of: mnist, fashion-mnist"));
  EXPECT_TRUE(has(error_of([&] { download_dataset("cifar", folder_.path()); }), "'cifar'"));
}

TEST_F(Download, RealFilesMatchTheTableAndComeThrough) {
  const auto real = real_dataset("mnist");
  if (!real) GTEST_SKIP() << "no mnist on the data search path";
  HttpServer server([&](const HttpServerRequest& r) {
    const Bytes bytes = read_bytes(*real / r.path.substr(1));
    return ranged_file(std::string(bytes.begin(), bytes.end()), r);
  });
  options_.mirrors = {server.url()};
  const fs::path got = download_dataset("mnist", folder_.path() / "data", options_);
  EXPECT_EQ(got, folder_.path() / "data" / "mnist");
  EXPECT_EQ(load_image_dataset(got).test_count(), 10000);
}

TEST(Sha256, KnownAnswer) {
  TempFolder folder;
  EXPECT_EQ(sha256_of_file(folder.write("abc", std::string_view("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace lathe::data
