// The text of everything that is chosen by a name and may have arguments: activations,
// initialisers, regularisers, losses, schedules, optimisers, on the command line and in JSON.
//
//   relu                                   relu(max_value=6, threshold=1)
//   l2(0.01)                               a value without a name, where there is one option only
//   piecewise(boundaries=[10, 20], values=[0.1, 0.05, 0.01])
//   adam(learning_rate=exponential_decay(initial_learning_rate=0.1, ...))
//
// A value is true or false, a number, a word (in double quotes where it is no plain name; a quote in
// it is written twice), a list of numbers or of words, or a spec, which is kept as its text. Spaces
// are free.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/base/options.h"
#include "lathe/option.h"

namespace lathe {

struct Spec {
  std::string name;
  Options options;
  std::optional<ir::Attr> positional;  ///< the value without a name
  friend bool operator==(const Spec&, const Spec&) = default;
};

/// Error that shows the text and what was expected in it.
Spec parse_spec(std::string_view text);

/// Specs with commas between; those in parentheses and lists are their own. Spaces around a spec go.
std::vector<std::string> split_specs(std::string_view text);

/// The canonical text: options in the order of their names, reals with a point. parse_spec brings
/// it back.
std::string to_string(const Spec& spec);

/// Adds options that stand beside the text. Error for one that stands in it too.
void add_options(Spec& spec, const NamedOptions& options);

/// The options of `spec`, with the defaults filled in and a value without a name under its name.
/// Python's None is taken: an option is then as if it were not given, or is the word none.
/// Error that begins with `where`, as complete_options (options.h) and for a value that needs a
/// name.
Options spec_options(const Spec& spec, const std::vector<OptionSpec>& known,
                     const std::string& where);

}  // namespace lathe
