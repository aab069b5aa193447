#include "frontend/data/byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "ir/error.h"

namespace lathe::data {

size_t MemorySource::read(uint8_t* to, size_t size) {
  size_t n = std::min(size, bytes_.size());
  if (n > 0) std::memcpy(to, bytes_.data(), n);
  bytes_ = bytes_.subspan(n);
  return n;
}

FileSource::FileSource(const std::filesystem::path& path) : name_(path.string()) {
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw Error(fmt::format("{}: can't be opened: {}", name_, std::strerror(errno)));
  struct stat status{};
  if (::fstat(fd_, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(fd_);
    throw Error(fmt::format("{}: is a folder, expected a file", name_));
  }
  if (S_ISREG(status.st_mode)) remaining_ = static_cast<uint64_t>(status.st_size);
}

FileSource::~FileSource() {
  ::close(fd_);
}

size_t FileSource::read(uint8_t* to, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t n = ::read(fd_, to + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(fmt::format("{}: can't be read: {}", name_, std::strerror(errno)));
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  if (remaining_) *remaining_ -= std::min<uint64_t>(*remaining_, done);
  return done;
}

namespace {

/// Bytes that were looked at to find out the format, then the rest of the source.
class Rewound : public ByteSource {
 public:
  Rewound(std::array<uint8_t, 2> head, size_t size, std::unique_ptr<ByteSource> rest)
      : head_(head), size_(size), rest_(std::move(rest)) {}

  size_t read(uint8_t* to, size_t size) override {
    size_t n = std::min(size, size_ - at_);
    if (n > 0) std::memcpy(to, head_.data() + at_, n);
    at_ += n;
    return n + (n < size ? rest_->read(to + n, size - n) : 0);
  }

  std::optional<uint64_t> remaining() const override {
    auto rest = rest_->remaining();
    if (!rest) return std::nullopt;
    return *rest + (size_ - at_);
  }

 private:
  std::array<uint8_t, 2> head_;
  size_t size_ = 0, at_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

class GzipSource : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> compressed, std::string name)
      : compressed_(std::move(compressed)), name_(std::move(name)), buffer_(1 << 16) {
    // 15: the largest window; 16: a gzip header is expected, and its trailer checked.
    LATHE_CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK, "zlib has no memory");
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  size_t read(uint8_t* to, size_t size) override {
    size_t done = 0;
    while (done < size && !ended_) {
      if (stream_.avail_in == 0) fill();
      // A stream may hold several gzip members; anything else after a member is damage.
      if (between_members_) {
        if (stream_.avail_in == 0) {
          ended_ = true;
          break;
        }
        inflateReset(&stream_);
        between_members_ = false;
        members_ += 1;
      } else if (stream_.avail_in == 0) {
        throw Error(fmt::format("{}: gzip data is truncated: it ends after {} bytes ({} inflated)",
                                name_, consumed(), inflated_ + done));
      }
      auto room = static_cast<uInt>(std::min<size_t>(size - done, 1u << 30));
      stream_.next_out = to + done;
      stream_.avail_out = room;
      int status = inflate(&stream_, Z_NO_FLUSH);
      done += room - stream_.avail_out;
      if (status == Z_STREAM_END) {
        between_members_ = true;
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        throw Error(damaged(inflated_ + done));
      }
    }
    inflated_ += done;
    return done;
  }

 private:
  void fill() {
    size_t n = compressed_->read(buffer_.data(), buffer_.size());
    taken_ += n;
    stream_.next_in = buffer_.data();
    stream_.avail_in = static_cast<uInt>(n);
  }

  uint64_t consumed() const { return taken_ - stream_.avail_in; }

  std::string damaged(uint64_t inflated) const {
    std::string why = stream_.msg != nullptr ? stream_.msg : "unreadable";
    if (members_ > 0 && why == "incorrect header check") {
      return fmt::format("{}: the gzip data is followed by other bytes", name_);
    }
    return fmt::format("{}: gzip data is damaged near byte {} ({} inflated): {}", name_, consumed(),
                       inflated, why);
  }

  std::unique_ptr<ByteSource> compressed_;
  std::string name_;
  std::vector<uint8_t> buffer_;
  z_stream stream_{};
  uint64_t taken_ = 0, inflated_ = 0;
  int members_ = 0;
  bool between_members_ = false, ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> maybe_gunzip(std::unique_ptr<ByteSource> source,
                                         const std::string& name) {
  std::array<uint8_t, 2> head{};
  size_t n = source->read(head.data(), head.size());
  auto whole = std::make_unique<Rewound>(head, n, std::move(source));
  if (n == 2 && head[0] == 0x1f && head[1] == 0x8b) {
    return std::make_unique<GzipSource>(std::move(whole), name);
  }
  return whole;
}

}  // namespace lathe::data
