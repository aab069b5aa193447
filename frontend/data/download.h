// Fetches public data sets: every file from the first of several mirrors that gives the right
// bytes, checked by sha256, resumed where an earlier attempt stopped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::data {

/// What a mirror is expected to hold.
struct RemoteFile {
  std::string name;  ///< the last part of the address, and the name on disk
  uint64_t bytes = 0;
  std::string sha256;  ///< 64 lower-case hex digits
};

struct DownloadOptions {
  /// Base addresses (http or https) tried in order instead of the data set's own.
  std::vector<std::string> mirrors;
  /// Called often from the calling thread: file name, bytes that are there, bytes in all. Also once
  /// for a file that need not be fetched. What it throws ends the download, to be resumed later.
  std::function<void(const std::string& file, uint64_t done, uint64_t total)> progress;
  int64_t connect_timeout_ms = 10'000;
  /// A transfer slower than 1 kB/s for this long is given up and the next mirror tried.
  int64_t stall_timeout_s = 20;
};

/// The data sets that can be fetched: mnist, fashion-mnist.
std::vector<std::string> downloadable_datasets();

/// What a data set holds, in a few words. Error for an unknown name.
std::string dataset_text(std::string_view name);

/// A data set's files. Error for an unknown name, listing the known ones.
std::vector<RemoteFile> dataset_files(std::string_view name);

/// A data set's public mirrors, in the order they are tried.
std::vector<std::string> dataset_mirrors(std::string_view name);

/// Fetches data set `name` into `folder`/name and returns that folder. Afterwards
/// load_image_dataset can read it. Error as for download_files.
std::filesystem::path download_dataset(std::string_view name, const std::filesystem::path& folder,
                                       const DownloadOptions& options = {});

/// Fetches `files` into `folder`, which is made. A file that is there with the right sha256 is
/// kept. Bytes go to `NAME.part`, which a later call resumes and which is renamed to NAME once its
/// sha256 is right, so NAME is never half there. Error when a file can't be had from any of
/// `options.mirrors` (saying which failed why), can't be written, or is being fetched by
/// another process.
void download_files(const std::vector<RemoteFile>& files, const std::filesystem::path& folder,
                    const DownloadOptions& options);

}  // namespace lathe::data
