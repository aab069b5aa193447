// What the rows of optimizers.def and schedules.def take: numbers, flags and lists by name.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "ir/attributes.h"

namespace lathe::passes {

struct Hyperparameter {
  std::string name;
  ir::Attr default_value;      ///< bool, int, real, reals or words: says the type too
  double low = 0, high = 0;    ///< of a number, or each of a list; both allowed
  bool below_high = false;     ///< `high` itself is not allowed
  bool required = false;       ///< must be given: the default only says the type
  bool any_optimizer = false;  ///< every optimiser has it
};

/// Gives a row its values from attributes and, as a by-product, collects what it asked for.
class HyperparameterReader {
 public:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  /// A row asks for attribute `prefix` + name. `defaults` take the place of a row's own.
  explicit HyperparameterReader(const ir::Attrs& given, std::string prefix = "",
                                ir::Attrs defaults = {})
      : given_(given), defaults_(std::move(defaults)), prefix_(std::move(prefix)) {}

  double real(const char* name, double fallback, double low, double high);
  /// `high` itself is not allowed.
  double real_below(const char* name, double fallback, double low, double high);
  double needed(const char* name, double low, double high);
  bool flag(const char* name, bool fallback);
  int64_t integer(const char* name, int64_t fallback, int64_t low, int64_t high = 1'000'000'000);
  std::vector<std::string> words(const char* name);  ///< none by default
  std::vector<double> needed_reals(const char* name, double low, double high);

  /// Those asked for from here on are every optimiser's.
  void mark_common() { common_ = true; }
  const std::vector<Hyperparameter>& declared() const { return declared_; }

 private:
  void declare(const char* name, ir::Attr fallback, double low, double high, bool required);

  const ir::Attrs& given_;
  ir::Attrs defaults_;
  std::string prefix_;
  bool common_ = false;
  std::vector<Hyperparameter> declared_;
};

/// Error that starts with `where` (`optimizer 'sgd'`) when one of the attributes that begin with
/// `prefix` is no hyperparameter of the list, has the wrong type or is out of its range, and when
/// one that is required is missing. Attributes named in `others` belong to somebody else, and so do
/// those whose name begins with one of these and a point.
void check_hyperparameters(const std::vector<Hyperparameter>& known, const ir::Attrs& given,
                           const std::string& prefix, const std::vector<std::string>& others,
                           const std::string& where);

}  // namespace lathe::passes
