#include "tools/bench/work.h"

#include <fmt/format.h>

#include "frontend/model/step_builder.h"
#include "ir/error.h"
#include "tools/cli/args.h"

namespace lathe::bench {
namespace {

struct NamedWork {
  const char* name;
  const char* text;
};
constexpr NamedWork kNamed[] = {
    {"mnist", "784-500-500-10:sigmoid,sigmoid,softmax:mse:sgd:100"},
    {"keras512", "784-512-512-10:relu,relu,softmax:cce:rmsprop:128:0.2"},
    {"etf", "120-64-32-1:relu,relu,linear:mse:adam:32"},
};

std::string full_text(const std::string& text) {
  for (const NamedWork& named : kNamed) {
    if (text == named.name) return named.text;
  }
  return text;
}

}  // namespace

double Work::forward_flops() const {
  double sum = 0;
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    sum += 2.0 * static_cast<double>(widths[i]) * static_cast<double>(widths[i + 1]);
  }
  return sum;
}

double Work::step_flops() const {
  return 3 * forward_flops() -
         2.0 * static_cast<double>(widths[0]) * static_cast<double>(widths[1]);
}

Work parse_work(const std::string& text) {
  Work work;
  work.text = full_text(text);
  const auto fields = cli::split_list(work.text, ':');
  if (fields.size() != 5 && fields.size() != 6) {
    throw cli::UsageError(fmt::format(
        "--work is '{}', expected mnist, keras512, etf or WIDTHS:ACTS:LOSS:OPT:BATCH", text));
  }
  for (const std::string& width : cli::split_list(fields[0], '-')) {
    work.widths.push_back(cli::parse_whole("--work: width", width, 1, 1'000'000));
  }
  work.activations = cli::split_list(fields[1]);
  if (work.widths.size() < 2 || work.activations.size() + 1 != work.widths.size()) {
    throw cli::UsageError(fmt::format("--work: {} widths and {} activations, expected one less",
                                      work.widths.size(), work.activations.size()));
  }
  work.loss = fields[2];
  if (work.loss != "mse" && work.loss != "cce") {
    throw cli::UsageError(fmt::format("--work: loss '{}', expected mse or cce", work.loss));
  }
  work.optimizer = fields[3];
  try {
    detail::optimizer_attrs(Optimizer(work.optimizer));
  } catch (const Error& e) {
    throw cli::UsageError(fmt::format("--work: {}", e.what()));
  }
  work.batch = cli::parse_whole("--work: batch", fields[4], 1, work.rows());
  if (fields.size() == 6) work.dropout = cli::parse_real("--work: dropout", fields[5], 0, 0.999);
  return work;
}

}  // namespace lathe::bench
