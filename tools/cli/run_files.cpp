#include "tools/cli/run_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <system_error>

#include "frontend/format/atomic_file.h"
#include "frontend/format/file_name.h"
#include "ir/error.h"
#include "tools/cli/history_file.h"
#include "tools/cli/log.h"

namespace lathe::cli {
namespace {

namespace fs = std::filesystem;

struct PictureRow {
  RunPicture picture;
  const char* name;
  bool of_model;
};

constexpr PictureRow kPictures[] = {
#define RUN_PICTURE(id, name, of_model) {RunPicture::id, name, of_model},
#include "tools/cli/run_pictures.def"
#undef RUN_PICTURE
};

[[noreturn]] void fail(const fs::path& path, const std::error_code& why) {
  throw Error(fmt::format("can't write {}: {}", path.string(), why.message()));
}

/// An older file under a passing name in the folder it is to move to, from before it is replaced.
/// What is there by its final name stays until then.
class Held {
 public:
  Held(const fs::path& file, const fs::path& folder)
      : target_(folder / file.filename()),
        name_(fmt::format("{}.tmp-{}", target_.string(), ::getpid())) {
    std::error_code error;
    fs::create_hard_link(file, name_, error);
    if (error) {  // not every file system has links
      error.clear();
      fs::copy_file(file, name_, fs::copy_options::overwrite_existing, error);
    }
    if (error) fail(target_, error);
  }
  ~Held() {
    std::error_code ignored;
    if (!only_) fs::remove(name_, ignored);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  /// From now on this name is the older file's only one: it is never removed.
  void file_is_replaced() { only_ = true; }

  void move_to_target() {
    std::error_code error;
    fs::rename(name_, target_, error);
    if (!error) return;
    throw Error(fmt::format("can't write {}: {}; the older one is {}", target_.string(),
                            error.message(), name_.string()));
  }

 private:
  fs::path target_, name_;
  bool only_ = false;
};

/// Error unless files can be made in `folder`; `target` is the one that matters, for the text.
void try_to_write(const fs::path& folder, const fs::path& target) {
  const std::string probe = (folder / fmt::format("lathe.tmp-{}-try", ::getpid())).string();
  const int fd = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) fail(target, std::error_code(errno, std::generic_category()));
  ::close(fd);
  ::unlink(probe.c_str());
}

void require_no_folder(const fs::path& file) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) {
    fail(file, std::make_error_code(std::errc::is_a_directory));
  }
}

}  // namespace

RunFiles::RunFiles(const fs::path& folder, bool keep_previous)
    : model_(folder / "model.lathe"),
      history_(folder / "history.csv"),
      keep_previous_(keep_previous) {}

RunFiles RunFiles::onto(const fs::path& model) {
  detail::check_model_name(model);
  RunFiles files;
  files.model_ = model;
  if (model.filename() != "model.lathe") files.prefix_ = model.stem().string() + ".";
  files.history_ = model.parent_path() / (files.prefix_ + "history.csv");
  files.resumed_ = true;
  return files;
}

bool RunFiles::moves_older() const {
  std::error_code ignored;
  return keep_previous_ && fs::exists(model_, ignored);
}

fs::path RunFiles::previous() const {
  return model_.parent_path() / "previous";
}

std::vector<fs::path> RunFiles::pictures(RunPicture picture) const {
  const std::string name = kPictures[static_cast<size_t>(picture)].name;
  std::vector<fs::path> files;
  for (const char* end : {".svg", ".png"}) {
    files.push_back(model_.parent_path() / (prefix_ + name + end));
  }
  return files;
}

fs::path RunFiles::report() const {
  return model_.parent_path() / (prefix_ + "report.html");
}

void RunFiles::add_pictures(RunPicture picture) {
  for (const fs::path& file : pictures(picture)) pictures_.push_back(file);
}

/// What belongs to the model in its folder, whether it is there or not.
std::vector<fs::path> RunFiles::companions() const {
  std::vector<fs::path> files = {history_, report()};
  for (const PictureRow& row : kPictures) {
    if (!row.of_model) continue;
    for (const fs::path& file : pictures(row.picture)) files.push_back(file);
  }
  return files;
}

void RunFiles::prepare() {
  std::error_code error;
  const fs::path folder = model_.parent_path();
  if (!folder.empty()) made_ = MadeFolders(folder, error);
  if (error) {
    throw Error(fmt::format("can't make the folder {}: {}", folder.string(), error.message()));
  }
  for (const fs::path& file : {model_, history_}) require_no_folder(file);
  for (const fs::path& file : pictures_) require_no_folder(file);
  try_to_write(folder, model_);
  if (!moves_older() || !fs::exists(fs::symlink_status(previous(), error))) return;
  if (!fs::is_directory(previous(), error)) {
    fail(previous(), std::make_error_code(std::errc::not_a_directory));
  }
  require_no_folder(previous() / model_.filename());
  for (const fs::path& file : companions()) require_no_folder(previous() / file.filename());
  try_to_write(previous(), previous() / model_.filename());
}

void RunFiles::nothing_saved() const {
  made_.remove_empty();
}

std::string RunFiles::fate_of_older() const {
  std::error_code ignored;
  if (!fs::exists(model_, ignored)) return "";
  if (resumed_) return "the saved model is replaced after each epoch";
  return keep_previous_
             ? fmt::format("the one there moves to {} after the first epoch", previous().string())
             : "the one there is replaced after the first epoch";
}

void RunFiles::save(Model& model) {
  const LogTime time("saving " + model_.string());
  if (moves_older()) {
    save_and_move_older(model);
  } else {
    model.save(model_);
    // What shows the model that is gone must not stay beside this one.
    std::error_code ignored;
    for (const fs::path& file : companions())
      if (file != history_) fs::remove(file, ignored);
  }
  keep_previous_ = false;
  write_file_atomically(history_, history_csv(model.history()));
}

void RunFiles::save_and_move_older(Model& model) {
  std::error_code error;
  const bool made = fs::create_directory(previous(), error);
  if (error) fail(previous(), error);
  try {
    std::deque<Held> older;
    older.emplace_back(model_, previous());
    for (const fs::path& file : companions()) {
      if (fs::exists(file)) older.emplace_back(file, previous());
    }
    model.save(model_);
    for (Held& file : older) file.file_is_replaced();
    for (Held& file : older) file.move_to_target();
    for (const fs::path& file : companions()) {
      if (!fs::exists(file)) {  // a model without it: then none must stay with it
        fs::remove(previous() / file.filename(), error);
      } else if (file != history_) {  // which is replaced next
        fs::remove(file, error);
      }
    }
  } catch (...) {
    if (made) fs::remove(previous(), error);  // unless something lies there
    throw;
  }
}

}  // namespace lathe::cli
