// HDF5 files of numbers, as Keras keeps weights in them. Files come from anywhere: what a file says of
// itself is checked before it is followed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::detail {

/// Objects are named by their path from the root: `layers/dense/vars/0`. Every step of a path must be a
/// hard link: soft and external ones are refused.
class Hdf5Reader {
 public:
  /// Error, with the file's name, unless it is an HDF5 file that can be read.
  explicit Hdf5Reader(const std::filesystem::path& path);
  ~Hdf5Reader();
  Hdf5Reader(const Hdf5Reader&) = delete;
  Hdf5Reader& operator=(const Hdf5Reader&) = delete;

  bool has_group(const std::string& path) const;
  bool has_dataset(const std::string& path) const;
  /// Names of all members of a group, in the order of the alphabet.
  std::vector<std::string> members(const std::string& group) const;
  /// A text, or texts, of an object; nothing where it has no such attribute. Error for one of another
  /// type, and for more than 64 kB.
  std::optional<std::string> text(const std::string& object, const std::string& attribute) const;
  std::optional<std::vector<std::string>> texts(const std::string& object,
                                                const std::string& attribute) const;
  std::vector<int64_t> shape(const std::string& dataset) const;
  /// Fills `to`. Error unless the data are numbers of this shape, stored in this file.
  void read(const std::string& dataset, const std::vector<int64_t>& shape,
            std::span<float> to) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A file made in memory, then written at once (atomic_file.h).
class Hdf5Writer {
 public:
  Hdf5Writer();
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  /// With the groups above it, where they are not there yet.
  void group(const std::string& path);
  void text(const std::string& object, const std::string& attribute, const std::string& value);
  void texts(const std::string& object, const std::string& attribute,
             const std::vector<std::string>& values);
  void numbers(const std::string& path, const std::vector<int64_t>& shape,
               std::span<const float> values);
  void save(const std::filesystem::path& path);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lathe::detail
