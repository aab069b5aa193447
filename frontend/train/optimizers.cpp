// The classes of lathe/optimizers.h. Which options of its own each one hands on comes from its row in
// passes/optimizers.def: a hyperparameter that the options lack does not compile, nor an option that
// the row lacks, unless it fits into a struct's padding.
#include "lathe/optimizers.h"

#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "frontend/base/spec.h"
#include "frontend/train/given_options.h"
#include "passes/optimizer_table.h"

namespace lathe {

namespace {

Optimizer made(const char* name, const LearningRate& rate, ir::Attrs given) {
  const auto& row = passes::find_optimizer(name)->hyperparameters;
  Spec spec{name, {}, {}};
  Optimizer optimizer;
  given.set("learning_rate", row.at(0).default_value);  // it stands beside the options
  for (const auto& [option, value] : detail::chosen_options(row, given))
    std::visit(
        [&, n = option](const auto& v) {
          if constexpr (std::is_constructible_v<Option, decltype(v)>)
            optimizer.options[n] = v;
          else
            spec.options.set(n, ir::Attr(v));  // lists stand in the text
        },
        value);
  optimizer.name = to_string(spec);
  if (const double* number = std::get_if<double>(&rate.value()))
    optimizer.learning_rate = *number;
  else
    optimizer.options["learning_rate"] = std::get<std::string>(rate.value());
  return optimizer;
}

#define WEIGHT_DECAY(fallback, value)
#define CHOICE(name, condition)
#define NEWTON_SCHULZ(name, when, value, count, a, b, c)
#define SCALAR(name, value)
#define LOCAL(name, value)
#define CARRIED(name, initial, next)
#define SLOT(name, state, when, initial, next)
#define SLOT_OVER(name, state, axes, when, initial, next)
#define SUM(name, axes, when, value)
#define MEAN(name, axes, when, value)
#define VARIANT(name, base, defaults)

// What a row has, as a struct that is as large as its options.
#define REAL(name, fallback, low, high) double name;
#define REAL_BELOW(name, fallback, low, high) double name;
#define FLAG(name, fallback) bool name;
#define INTEGER(name, fallback, low, high) int64_t name;
#define WORDS(name) std::vector<std::string> name;
#define FIELD(type, name, fallback) type name;
#define OPTIMIZER(name, rate, steps, new_weight) \
  struct FieldsOf_##name {                       \
    LearningRate learning_rate;                  \
    steps LATHE_OPTIMIZER_OPTIONS(FIELD, 0)      \
  };
#include "passes/optimizers.def"
#undef REAL
#undef REAL_BELOW
#undef FLAG
#undef INTEGER
#undef WORDS
#undef OPTIMIZER

// Hands on the options of a row or of its variant.
#define GIVE(type, name, fallback) given.set(#name, ir::Attr(options.name));
#define REAL(name, fallback, low, high) GIVE(double, name, fallback)
#define REAL_BELOW(name, fallback, low, high) GIVE(double, name, fallback)
#define FLAG(name, fallback) GIVE(bool, name, fallback)
#define INTEGER(name, fallback, low, high) GIVE(int64_t, name, fallback)
#define WORDS(name) GIVE(std::vector<std::string>, name, {})
#define OPTIMIZER(row, rate, steps, new_weight)                                             \
  template <class Options>                                                                  \
  Optimizer made_##row(const char* name, const Options& options) {                          \
    static_assert(sizeof(Options) == sizeof(FieldsOf_##row), "an option the row lacks");    \
    ir::Attrs given;                                                                        \
    steps LATHE_OPTIMIZER_OPTIONS(GIVE, 0) return made(name, options.learning_rate, given); \
  }
#include "passes/optimizers.def"

}  // namespace

SGD::SGD(LearningRate rate, double momentum, bool nesterov)
    : SGD({.learning_rate = std::move(rate), .momentum = momentum, .nesterov = nesterov}) {}
SGD::SGD(const SGDOptions& options) : Optimizer(made_sgd("sgd", options)) {}

#define CLASS(Name, name, row)                                                \
  Name::Name(LearningRate rate) : Name({.learning_rate = std::move(rate)}) {} \
  Name::Name(const Name##Options& options) : Optimizer(made_##row(name, options)) {}
CLASS(RMSprop, "rmsprop", rmsprop)
CLASS(Adagrad, "adagrad", adagrad)
CLASS(Adadelta, "adadelta", adadelta)
CLASS(Adam, "adam", adam)
CLASS(AdamW, "adamw", adam)
CLASS(Adamax, "adamax", adamax)
CLASS(Nadam, "nadam", nadam)
CLASS(Ftrl, "ftrl", ftrl)
CLASS(Lion, "lion", lion)
CLASS(Lamb, "lamb", lamb)
CLASS(Adafactor, "adafactor", adafactor)
CLASS(Muon, "muon", muon)
#undef CLASS

}  // namespace lathe
