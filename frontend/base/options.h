// Options of layers and optimisers, as typed values by name, checked against a line that lists
// them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/attributes.h"
#include "ir/error.h"

namespace lathe {

using Options = ir::Attrs;

/// An Error about one option. what() says what was given and what was expected; who catches it knows
/// where that option stands.
class OptionError : public Error {
 public:
  OptionError(std::string option, const std::string& what)
      : Error(what), option_(std::move(option)) {}
  const std::string& option() const { return option_; }

 private:
  std::string option_;
};

struct OptionSpec {
  std::string name;
  std::string type;                       ///< bool, int, real, word, ints, reals
  std::optional<ir::Attr> default_value;  ///< nothing: must be given
};

/// Reads `units:int activation:word=linear use_bias:bool=true`.
std::vector<OptionSpec> parse_option_specs(std::string_view text);

/// `given` with the defaults filled in. Integers are turned into reals, whole reals into integers, and
/// one number into a list of one, where those are asked for.
/// OptionError for unknown, missing and wrongly typed ones.
Options complete_options(const std::vector<OptionSpec>& specs, const Options& given);
/// The same with an Error that begins with `where`.
Options complete_options(const std::vector<OptionSpec>& specs, const Options& given,
                         const std::string& where);

/// Runs a check of one option's value; its Error becomes an OptionError.
template <class F>
void check_option(const char* option, F&& check) {
  try {
    check();
  } catch (const Error& e) {
    throw OptionError(option, e.what());
  }
}

}  // namespace lathe
