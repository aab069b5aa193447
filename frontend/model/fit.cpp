// fit: epochs, chunks of steps, what is reported in between, and what happens when training ends
// early.
#include <algorithm>
#include <cmath>
#include <ostream>

#include "frontend/model/array_rows.h"
#include "frontend/model/epoch_checkpoint.h"
#include "frontend/model/trainer.h"
#include "frontend/model/validation_split.h"
#include "ir/error.h"

namespace lathe::detail {

namespace {

constexpr double kReportSeconds = 0.1;

}  // namespace

void Trainer::diverged(const std::string& what, double value, const std::string& where,
                       const std::string& cause) const {
  throw Error(what + " became " + (std::isnan(value) ? "NaN" : "infinite") + " in epoch " +
              std::to_string(m_.epochs_trained + 1) + where +
              "; the weights are those before that epoch; " +
              (cause.empty() ? "a smaller learning rate may help" : cause));
}

void Trainer::check_states() const {
  const auto check = [&](const std::string& name, auto values) {
    for (auto v : values)
      if (!std::isfinite(v)) diverged(name, static_cast<double>(v), "", rows_->not_finite());
  };
  for (const ir::State& s : engine_->states()) {
    if (!is_float(s.type.dtype)) continue;
    const Array value = engine_->get(s.name);
    if (s.type.dtype == DType::F32)
      check(s.name, value.data<float>());
    else
      check(s.name, value.data<double>());
  }
}

int64_t Trainer::steps_at_once(int64_t most) const {
  if (!hears_steps_) return most;
  return o_.on_batch_end ? 1 : std::min(most, callbacks_.next_heard());
}

bool Trainer::run_steps(StepTotals& totals, const Clock& clock, const EpochResult& result) {
  // Compiled code is entered once a piece, unless somebody wants to hear from it in between.
  chunk_ = hears_progress_ ? 1 : totals.room();
  int64_t done_before = totals.steps_done();  // where the epoch goes on in its middle
  while (const std::optional<RowSource::Piece> piece = rows_->next()) {
    if (const int64_t rows = rows_->epoch_rows()) totals.set_rows(rows);
    const int64_t steps = (piece->rows - 1) / batch_ + 1, done = std::min(done_before, steps);
    done_before -= done;
    if (done == steps) continue;
    // Files may have been read for long.
    if (totals.rows_done() > 0 && stop_asked()) return false;
    if (!run_piece(*piece, done, totals, clock, result)) return fit_.stop_training;
  }
  if (done_before > 0)
    throw Error("the epoch to go on with has " + std::to_string(done_before) +
                " steps more than there are rows for");
  return true;
}

bool Trainer::run_piece(const RowSource::Piece& piece, int64_t first, StepTotals& totals,
                        const Clock& clock, const EpochResult& result) {
  // Where a bad loss matters, the step that has it is the last before compiled code is left.
  const bool watches = bad_loss_throws_ || hears_bad_loss_;
  const int64_t before = totals.steps_done() - first, steps = (piece.rows - 1) / batch_ + 1;
  for (int64_t step = first; step < steps;) {
    const Clock chunk_clock;
    m_.shared_.take_newest();  // callbacks may have worked with other models of the same layers
    const int64_t end = std::min(steps, step + steps_at_once(chunk_)), first_row = step * batch_;
    std::vector<const void*> params = piece.data;
    params.push_back(piece.index + first_row);
    const std::vector<void*> outputs = totals.pointers(before + step);
    const int64_t done = engine_->run("train_step", params, outputs, batch_,
                                      std::min(piece.rows, end * batch_) - first_row,
                                      piece.resident, o_.stop, watches ? 0 : -1);
    m_.shared_.changed();
    const auto bad = totals.finish(before + step + done);
    m_.unfinished = totals.so_far();
    if (bad && bad_loss_throws_)
      diverged("loss", totals.loss(*bad), ", step " + std::to_string(*bad + 1),
               rows_->not_finite());
    report_steps(totals, before + step, before + step + done, result);
    step += done;
    report_progress(totals, clock, result);
    if (fit_.stop_training || (!totals.complete() && stop_asked())) return false;
    if (hears_progress_) {
      const double each = std::max(chunk_clock.seconds(), 1e-7) / static_cast<double>(done);
      chunk_ = std::clamp<int64_t>(static_cast<int64_t>(kReportSeconds / each), 1,
                                   std::min(totals.room(), 2 * chunk_ + 1));
    }
  }
  return true;
}

void Trainer::report_steps(const StepTotals& totals, int64_t begin, int64_t end,
                           const EpochResult& result) {
  if (!hears_steps_ && !hears_bad_loss_) return;
  for (int64_t s = begin; s < end; ++s) {
    const bool bad = !std::isfinite(totals.loss(s));
    if (!hears_steps_ && !bad) continue;
    const BatchResult step{result.epoch,      s + 1,
                           totals.steps(),    totals.rows_of(s),
                           totals.of_step(s), s + 1 == end ? totals.all() : Logs()};
    if (o_.on_batch_end) o_.on_batch_end(step);
    callbacks_.each([&](Callback& c) {
      if (c.steps() == Callback::Steps::All || (bad && c.steps() == Callback::Steps::BadLoss))
        c.on_batch_end(fit_, step);
    });
  }
}

void Trainer::report_progress(const StepTotals& totals, const Clock& clock,
                              const EpochResult& result) {
  if (!hears_progress_) return;
  const Progress progress{result.epoch,        result.epochs,   totals.rows_done(),
                          rows_->epoch_rows(), clock.seconds(), totals.all()};
  if (o_.on_progress) o_.on_progress(progress);
  callbacks_.each([&](Callback& c) {
    if (c.steps() == Callback::Steps::Progress) c.on_progress(fit_, progress);
  });
}

std::string Trainer::not_finite_of_validation() {
  // In steps of one row no shard leaves any over for the next one's batch.
  val_rows_->begin(0, 1);
  while (val_rows_->next())
    if (const std::string found = val_rows_->not_finite(); !found.empty())
      return (o_.validation_shards ? "validation_shards: " : "validation ") + found;
  return "";
}

bool Trainer::validate(EpochResult& result) {
  if (!val_rows_ || !o_.validation_freq.has(result.epoch)) return true;
  callbacks_.each([&](Callback& c) { c.on_test_begin(fit_); });
  const std::optional<Logs> logs = m_.run_evaluation(*val_rows_, o_.batch_size, nullptr, o_.stop);
  callbacks_.each([&](Callback& c) { c.on_test_end(fit_); });
  if (!logs) return false;
  if (bad_loss_throws_ && !std::isfinite(logs->loss()))
    diverged("val_loss", logs->loss(), "", not_finite_of_validation());
  result.logs.append(*logs, "val_");
  return true;
}

bool Trainer::run_epoch(EpochResult& result) {
  // The number of the epoch alone decides its rows: continued trainings have the same bits.
  rows_->begin(m_.epochs_trained, batch_);
  EpochCheckpoint checkpoint(m_);
  callbacks_.each([&](Callback& c) { c.on_epoch_begin(fit_); });
  StepTotals totals(step_numbers(m_.plan()), m_.output_sizes_, rows_->epoch_rows(), batch_);
  if (m_.unfinished) {
    totals.go_on(*m_.unfinished);
    checkpoint.put_back();  // what callbacks do at an epoch's begin is done already
  }
  const Clock clock;
  if (!run_steps(totals, clock, result)) return false;
  result.seconds = clock.seconds();
  result.rows_per_second = static_cast<double>(totals.rows_done()) / std::max(result.seconds, 1e-9);
  result.logs = totals.all();
  if (bad_loss_throws_) check_states();
  if (!validate(result)) return false;
  checkpoint.keep();
  return true;
}

void Trainer::end_epoch(EpochResult& result) {
  ++m_.epochs_trained;
  m_.history.push_back(result);
  callbacks_.each([&](Callback& c) {
    c.on_epoch_end(fit_, result);
    // For the next one, which may save the model.
    if (!m_.history.empty()) m_.history.back() = result;
  });
}

void Trainer::run_epochs(History& history, int64_t last) {
  while (m_.epochs_trained < last && !fit_.stop_training) {
    // A callback may have changed what the engine is, by saving or by other run options.
    need_engine();
    EpochResult result;
    result.epoch = fit_.epoch = m_.epochs_trained + 1;
    result.epochs = last;
    if (stop_asked() || !run_epoch(result)) {
      history.stopped = fit_.interrupted = true;
      return;
    }
    end_epoch(result);
    history.epochs.push_back(result);
    if (o_.log) *o_.log << result.to_string() << std::endl;
    if (o_.on_epoch_end) o_.on_epoch_end(result);
  }
}

History Trainer::run() {
  History history;
  if (o_.initial_epoch && *o_.initial_epoch != m_.epochs_trained) {
    m_.epochs_trained = *o_.initial_epoch;
    m_.unfinished.reset();
  }
  // Before a callback restores a model that has come further.
  const int64_t last = o_.initial_epoch ? o_.epochs : m_.epochs_trained + o_.epochs;
  fit_.epoch = m_.epochs_trained;
  fit_.epochs = last;
  const auto end_callbacks = [&](size_t begun) {
    for (size_t i = 0; i < begun; ++i) o_.callbacks[i]->on_train_end(fit_);
  };
  size_t begun = 0;
  try {
    for (; begun < o_.callbacks.size(); ++begun) o_.callbacks[begun]->on_train_begin(fit_);
    if (o_.log)
      for (const std::string& warning : m_.warnings()) *o_.log << "warning: " << warning << '\n';
    run_epochs(history, last);
  } catch (...) {
    fit_.interrupted = true;
    try {
      end_callbacks(begun);
    } catch (const Error&) {  // the first one says more
    }
    throw;
  }
  // As in Keras before callbacks hear of the end: EarlyStopping may put the best weights back.
  if (o_.epochs > 0 && !fit_.interrupted) m_.take_averages();
  end_callbacks(begun);
  return history;
}

History ModelImpl::fit(Model& model, const Inputs& x, const Targets& y, const FitOptions& options) {
  check_no_epoch_runs("fit");
  const auto run = [&](const Inputs& inputs, const Targets& wanted, const FitOptions& o) {
    const auto make = [&] {
      build_from(inputs);
      auto made = std::make_unique<ArrayRows>(graph(), targets(), inputs, wanted,
                                              RowWeights{o.sample_weight, o.class_weight});
      check_adapted();
      made->set_order({o.shuffle, o.seed.value_or(compile_options().seed), o.steps_per_epoch},
                      std::min(o.batch_size, made->rows()));
      return made;
    };
    return Trainer(model, o, make).run();
  };
  if (options.validation_split == 0) return run(x, y, options);
  const SplitFit split = split_validation(x, y, options);
  return run(split.x, split.y, split.options);
}

}  // namespace lathe::detail
