#include "tools/cli/run_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "frontend/format/atomic_file.h"
#include "ir/error.h"
#include "tools/cli/history_file.h"
#include "tools/cli/log.h"

namespace lathe::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::error_code& why) {
  throw Error(fmt::format("can't write {}: {}", path.string(), why.message()));
}

/// The old file under a second name, as long as the new one is not complete.
class Held {
 public:
  explicit Held(const fs::path& file) : name_(fmt::format("{}.old-{}", file.string(), ::getpid())) {
    std::error_code error;
    fs::create_hard_link(file, name_, error);
    if (error) {  // not every file system has links
      error.clear();
      fs::copy_file(file, name_, fs::copy_options::overwrite_existing, error);
    }
    if (error) fail(name_, error);
  }
  ~Held() {
    std::error_code ignored;
    fs::remove(name_, ignored);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  void move_to(const fs::path& target) {
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    if (!error) fs::rename(name_, target, error);
    if (error) fail(target, error);
  }

 private:
  fs::path name_;
};

}  // namespace

RunFiles::RunFiles(const fs::path& folder, bool keep_previous)
    : model_(folder / "model.lathe"),
      history_(folder / "history.csv"),
      keep_previous_(keep_previous) {}

RunFiles RunFiles::onto(const fs::path& model) {
  RunFiles files;
  files.model_ = model;
  files.history_ =
      model.parent_path() /
      (model.filename() == "model.lathe" ? "history.csv" : model.stem().string() + ".history.csv");
  files.resumed_ = true;
  return files;
}

void RunFiles::prepare() const {
  std::error_code error;
  const fs::path folder = model_.parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) {
    throw Error(fmt::format("can't make the folder {}: {}", folder.string(), error.message()));
  }
  for (const fs::path& file : {model_, history_}) {
    if (fs::is_directory(file, error)) fail(file, std::make_error_code(std::errc::is_a_directory));
  }
  const std::string probe = fmt::format("{}.tmp-{}-try", model_.string(), ::getpid());
  const int fd = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) fail(model_, std::error_code(errno, std::generic_category()));
  ::close(fd);
  ::unlink(probe.c_str());
}

std::string RunFiles::fate_of_older() const {
  std::error_code ignored;
  if (!fs::exists(model_, ignored)) return "";
  if (resumed_) return "the saved model is replaced after each epoch";
  const fs::path previous = model_.parent_path() / "previous";
  return keep_previous_
             ? fmt::format("the one there moves to {} after the first epoch", previous.string())
             : "the one there is replaced after the first epoch";
}

void RunFiles::save(Model& model) {
  const LogTime time("saving " + model_.string());
  if (keep_previous_ && fs::exists(model_)) {
    Held old(model_);
    model.save(model_);
    const fs::path previous = model_.parent_path() / "previous";
    old.move_to(previous / model_.filename());
    std::error_code ignored;  // a model without a history: then none must stay with it
    fs::remove(previous / history_.filename(), ignored);
    fs::rename(history_, previous / history_.filename(), ignored);
  } else {
    model.save(model_);
  }
  keep_previous_ = false;
  write_file_atomically(history_, history_csv(model.history()));
}

}  // namespace lathe::cli
