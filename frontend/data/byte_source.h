// Where bytes come from while a file format is read: memory, a file, or the inflated content of a
// gzip stream over either. Readers pull what their header promises, so nothing is ever allocated on
// the word of a file alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace lathe::data {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Reads up to `size` bytes; fewer than asked for only at the end. Throws Error when reading
  /// fails.
  virtual size_t read(uint8_t* to, size_t size) = 0;
  /// Bytes not yet read, where they are known without reading them.
  virtual std::optional<uint64_t> remaining() const { return std::nullopt; }
};

/// Bytes that somebody else keeps alive.
class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  size_t read(uint8_t* to, size_t size) override;
  std::optional<uint64_t> remaining() const override { return bytes_.size(); }

 private:
  std::span<const uint8_t> bytes_;
};

/// A file or a pipe. The constructor throws Error when it can't be opened or is a folder.
class FileSource : public ByteSource {
 public:
  explicit FileSource(const std::filesystem::path& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  size_t read(uint8_t* to, size_t size) override;
  std::optional<uint64_t> remaining() const override { return remaining_; }

 private:
  std::string name_;
  int fd_ = -1;
  std::optional<uint64_t> remaining_;
};

/// `source` itself, or, when its first two bytes are gzip's magic number, what it inflates to.
/// A read that reaches the end of a gzip stream has verified its checksum and length. Damaged and
/// truncated streams and bytes after the stream are Errors that name `name`.
std::unique_ptr<ByteSource> maybe_gunzip(std::unique_ptr<ByteSource> source,
                                         const std::string& name);

}  // namespace lathe::data
