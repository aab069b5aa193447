// The options of one command. A command declares what it takes; parsing, help, checks of values and
// the search for the nearest name are the same for all.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/error.h"

namespace CLI {
class App;
}

namespace lathe::cli {

/// A command line that makes no sense: exit code 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Variables given to a declaring function must outlive `check`; they keep their value, the
/// default, unless the option is given. Names are written `--name`, help in lower case.
class Args {
 public:
  /// Adds to `app`, which must outlive this. `line` is how lathe was called: the program and all its
  /// arguments.
  Args(CLI::App& app, std::vector<std::string> line);

  void flag(const std::string& name, bool& to, const std::string& help);
  void text(const std::string& name, std::string& to, const std::string& value,
            const std::string& help);
  void text(const std::string& name, std::optional<std::string>& to, const std::string& value,
            const std::string& help);
  void texts(const std::string& name, std::vector<std::string>& to, const std::string& value,
             const std::string& help);
  /// A whole number from `least` to `most`.
  void whole(const std::string& name, int64_t& to, int64_t least, int64_t most,
             const std::string& help);
  /// A finite number from `least` to `most`.
  void real(const std::string& name, double& to, double least, double most,
            const std::string& help);
  void real(const std::string& name, std::optional<double>& to, double least, double most,
            const std::string& help);
  /// One of a few words.
  void choice(const std::string& name, std::string& to, std::vector<std::string> words,
              const std::string& help);
  /// Arguments without a name, in the order of their declaration.
  void position(const std::string& value, std::string& to, bool required, const std::string& help);
  void position_choice(const std::string& value, std::string& to, std::vector<std::string> words,
                       const std::string& help, bool required = true);
  void positions(const std::string& value, std::vector<std::string>& to, bool required,
                 const std::string& help);
  /// A word that may stand first, with arguments of its own behind it. `declare` is called at once
  /// and must leave what it declares alive; what it returns is `chosen_word` when the word was given.
  void word(const std::string& name, const std::string& summary,
            std::function<int()> (*declare)(Args& args));
  const std::function<int()>* chosen_word() const;
  /// Shown at the end of --help, each on a line.
  void example(const std::string& text);

  /// Whether the option stood on the command line; false for one that was not declared.
  bool given(const std::string& name) const;
  /// UsageError when `option` was given and one of `others` too; `why` says which of them wins.
  void exclude(const std::string& option, std::initializer_list<const char*> others,
               const std::string& why) const;
  bool verbose() const;
  const std::string& program() const { return line_[0]; }
  /// What calls lathe again as it was called, for a shell.
  std::string line() const;
  /// The command, and the word of it that was given.
  std::string command() const;
  std::string help() const;  ///< of `command`
  /// One line: the command and its arguments.
  std::string usage() const;
  /// After parsing: UsageError for an unknown option, one too many arguments, a bad value, and
  /// anything but --verbose in front of a word.
  void check() const;

 private:
  void raw(const std::string& name, const std::string& value, const std::string& help,
           std::function<void(const std::string&)> take);
  void require(const std::string& value, const std::string& help);
  struct Word;
  const Word* given_word() const;
  CLI::App& app_;
  std::vector<std::string> line_;
  std::string examples_;
  std::string positions_;  ///< as they stand in the usage
  bool verbose_ = false;
  std::vector<std::function<void()>> required_;
  std::vector<std::function<void()>> takers_;
  std::vector<std::shared_ptr<Word>> words_;
  std::string path_;  ///< the command, as far as this
};

/// UsageError unless the value of `option` can be the name of a folder.
void require_folder_name(const std::string& option, const std::string& value);
/// The same, and Error unless it is a folder that can be read.
void require_folder(const std::string& option, const std::string& value);
/// `text` as a whole number (a number) in a range; UsageError that names `what` otherwise.
int64_t parse_whole(const std::string& what, const std::string& text, int64_t least, int64_t most);
double parse_real(const std::string& what, const std::string& text, double least, double most);
/// Splits at commas; an empty text has no parts.
std::vector<std::string> split_list(const std::string& text, char separator = ',');
/// The same at commas, without the blanks around each.
std::vector<std::string> split_words(const std::string& text);

}  // namespace lathe::cli
