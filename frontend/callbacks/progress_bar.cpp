#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "ir/error.h"
#include "lathe/callbacks.h"

namespace lathe {

ProgressBar::ProgressBar(std::ostream& stream, ProgressBarOptions options)
    : stream_(&stream), options_(options) {
  if (options_.width < 1) throw Error("ProgressBar: width must be 1 or more");
}

void ProgressBar::on_progress(FitContext&, const Progress& p) {
  if (p.rows == 0) {  // how many there are, nobody knows yet
    write(fmt::format("epoch {}/{} {} rows {:.1f} s  {}", p.epoch, p.epochs, p.rows_done, p.seconds,
                      p.logs.to_string()));
    *stream_ << std::flush;
    return;
  }
  const double share = static_cast<double>(p.rows_done) / static_cast<double>(p.rows);
  const int done = static_cast<int>(share * options_.width);
  write(fmt::format("epoch {}/{} [{:=<{}}{:.<{}}] {:.1f} s  {}", p.epoch, p.epochs, "", done, "",
                    options_.width - done, p.seconds, p.logs.to_string()));
  *stream_ << std::flush;
}

void ProgressBar::on_epoch_end(FitContext&, EpochResult& result) {
  write(result.to_string());
  *stream_ << std::endl;
  shown_ = 0;
}

void ProgressBar::on_train_end(FitContext& fit) {
  if (fit.interrupted && shown_ > 0) *stream_ << std::endl;
  shown_ = 0;
}

void ProgressBar::write(const std::string& line) {
  if (shown_ > 0) *stream_ << '\r';
  // Blanks over what a longer line left.
  *stream_ << line << std::string(shown_ - std::min(shown_, line.size()), ' ');
  shown_ = line.size();
}

}  // namespace lathe
