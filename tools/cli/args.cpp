#include "tools/cli/args.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string_view>

#include "frontend/base/letters.h"
#include "ir/nearest.h"
#include "ir/text_number.h"
#include "tools/cli/shell_quote.h"

namespace lathe::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, "|"));
}

void require_word(const std::string& what, const std::string& word,
                  const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), word) == words.end()) {
    throw UsageError(ir::unknown_name(what, word, words));
  }
}

/// What those who come from Keras type first.
struct KerasOption {
  std::string_view typed;
  const char* ours;  ///< where a command has it
  const char* hint;
};
constexpr KerasOption kKerasOptions[] = {
    {"--learning-rate", "--lr", "did you mean '--lr'?"},
    {"--batch-size", "--batch", "did you mean '--batch'?"},
    {"--validation-split", "--train-rows", "every epoch is validated on the test rows"}};

/// What to type instead; empty where nothing is near.
std::string hint(const std::string& typed, const std::vector<std::string>& known) {
  std::string dashed = typed;
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  for (const KerasOption& option : kKerasOptions) {
    if (dashed == option.typed && std::find(known.begin(), known.end(), option.ours) != known.end())
      return option.hint;
  }
  const std::string near = ir::nearest_name(typed, known);
  return near.empty() ? "" : fmt::format("did you mean '{}'?", near);
}

/// Help whose usage shows which arguments must be there.
class HelpFormat : public CLI::Formatter {
 public:
  explicit HelpFormat(const Args& args) : args_(args) {}
  std::string make_usage(const CLI::App*, std::string) const override {
    return fmt::format("Usage: {}\n", args_.usage());
  }

 private:
  const Args& args_;
};

}  // namespace

std::string Args::line() const {
  std::vector<std::string> quoted;
  for (const std::string& word : line_) quoted.push_back(shell_quoted(word));
  return fmt::format("{}", fmt::join(quoted, " "));
}

void require_folder_name(const std::string& option, const std::string& value) {
  if (value.empty()) throw UsageError(option + " is empty, expected the name of a folder");
}

void require_folder(const std::string& option, const std::string& value) {
  require_folder_name(option, value);
  std::error_code error;
  if (!std::filesystem::is_directory(value, error))
    throw Error(fmt::format("{}: {} is no folder that can be read", option, value));
}

int64_t parse_whole(const std::string& what, const std::string& text, int64_t least, int64_t most) {
  const auto value = ir::text_to_integer(text);
  if (!value || *value < least || *value > most) {
    const std::string range = most == INT64_MAX
                                  ? fmt::format("a whole number from {}", least)
                                  : fmt::format("a whole number from {} to {}", least, most);
    throw UsageError(fmt::format("{} is '{}', expected {}", what, text, range));
  }
  return *value;
}

double parse_real(const std::string& what, const std::string& text, double least, double most) {
  const auto value = ir::text_to_number(text);
  if (!value || !std::isfinite(*value) || *value < least || *value > most) {
    const std::string range = std::isinf(most) ? fmt::format("a number from {}", least)
                                               : fmt::format("a number from {} to {}", least, most);
    throw UsageError(fmt::format("{} is '{}', expected {}", what, text, range));
  }
  return *value;
}

std::vector<std::string> split_list(const std::string& text, char separator) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (size_t from = 0;;) {
    const size_t to = text.find(separator, from);
    parts.push_back(text.substr(from, to == std::string::npos ? to : to - from));
    if (to == std::string::npos) return parts;
    from = to + 1;
  }
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words = split_list(text);
  for (std::string& word : words) {
    word.erase(0, word.find_first_not_of(' '));
    word.erase(word.find_last_not_of(' ') + 1);
  }
  return words;
}

struct Args::Word {
  Word(CLI::App* its_app, const std::vector<std::string>& line) : app(its_app), args(*app, line) {}
  CLI::App* app;
  Args args;
  std::function<int()> run;
};

Args::Args(CLI::App& app, std::vector<std::string> line)
    : app_(app), line_(std::move(line)), path_(app.get_name()) {
  app.formatter(std::make_shared<HelpFormat>(*this));
  flag("--verbose", verbose_, "tell what is done and how long it takes, on standard error");
}

void Args::raw(const std::string& name, const std::string& value, const std::string& help,
               std::function<void(const std::string&)> take) {
  auto given = std::make_shared<std::string>();
  CLI::Option* option = app_.add_option(name, *given, help);
  option->type_name(value)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  takers_.push_back([option, given, take] {
    if (option->count() > 0) take(*given);
  });
}

void Args::flag(const std::string& name, bool& to, const std::string& help) {
  CLI::Option* option = app_.add_flag(name, help);
  takers_.push_back([option, &to, name] {
    for (const std::string& value : option->results()) {
      if (value != "true") throw UsageError(fmt::format("{} takes no value", name));
    }
    to = to || option->count() > 0;
  });
}

void Args::text(const std::string& name, std::string& to, const std::string& value,
                const std::string& help) {
  raw(name, value, help, [&to](const std::string& given) { to = given; });
}

void Args::text(const std::string& name, std::optional<std::string>& to, const std::string& value,
                const std::string& help) {
  raw(name, value, help, [&to](const std::string& given) { to = given; });
}

void Args::texts(const std::string& name, std::vector<std::string>& to, const std::string& value,
                 const std::string& help) {
  app_.add_option(name, to, help)
      ->type_name(value)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void Args::whole(const std::string& name, int64_t& to, int64_t least, int64_t most,
                 const std::string& help) {
  raw(name, "N", help,
      [=, &to](const std::string& given) { to = parse_whole(name, given, least, most); });
}

void Args::real(const std::string& name, double& to, double least, double most,
                const std::string& help) {
  raw(name, "X", help,
      [=, &to](const std::string& given) { to = parse_real(name, given, least, most); });
}

void Args::real(const std::string& name, std::optional<double>& to, double least, double most,
                const std::string& help) {
  raw(name, "X", help,
      [=, &to](const std::string& given) { to = parse_real(name, given, least, most); });
}

void Args::choice(const std::string& name, std::string& to, std::vector<std::string> words,
                  const std::string& help) {
  raw(name, joined(words), help, [=, &to](const std::string& given) {
    require_word(name.substr(2), given, words);
    to = given;
  });
}

void Args::position(const std::string& value, std::string& to, bool required,
                    const std::string& help) {
  raw(value, "", help, [&to](const std::string& given) { to = given; });
  positions_ += required ? " " + value : " [" + value + "]";
  if (required) require(value, help);
}

void Args::require(const std::string& value, const std::string& help) {
  required_.push_back([this, value, help] {
    if (app_.get_option(value)->count() > 0) return;
    throw UsageError(
        fmt::format("an argument is missing: {}, {}\nusage: {}", value, help, usage()));
  });
}

std::string Args::usage() const {
  return fmt::format("lathe {} [OPTIONS]{}", path_, positions_);
}

void Args::position_choice(const std::string& value, std::string& to,
                           std::vector<std::string> words, const std::string& help, bool required) {
  position(value, to, required, help + ": " + fmt::format("{}", fmt::join(words, ", ")));
  const std::string what = lower_case(value);
  takers_.push_back([=, &to] { require_word(what, to, words); });
}

void Args::positions(const std::string& value, std::vector<std::string>& to, bool required,
                     const std::string& help) {
  app_.add_option(value, to, help)->type_name("");
  positions_ += required ? " " + value + "..." : " [" + value + "...]";
  if (required) require(value, help);
}

void Args::word(const std::string& name, const std::string& summary,
                std::function<int()> (*declare)(Args& args)) {
  CLI::App* app = app_.add_subcommand(name, summary);
  app->allow_extras();
  app_.require_subcommand(0, 1);  // a value may be such a word
  auto word = words_.emplace_back(std::make_shared<Word>(app, line_));
  word->args.path_ = path_ + " " + name;
  word->run = declare(word->args);
}

const Args::Word* Args::given_word() const {
  for (const auto& word : words_) {
    if (word->app->parsed()) return word.get();
  }
  return nullptr;
}

const std::function<int()>* Args::chosen_word() const {
  const Word* word = given_word();
  return word ? &word->run : nullptr;
}

bool Args::verbose() const {
  const Word* word = given_word();
  return verbose_ || (word && word->args.verbose());
}

std::string Args::command() const {
  const Word* word = given_word();
  return word ? word->args.command() : path_;
}

std::string Args::help() const {
  const Word* word = given_word();
  return word ? word->args.help() : app_.help("lathe");
}

void Args::example(const std::string& text) {
  examples_ += (examples_.empty() ? "Example: " : "\n         ") + text;
  app_.footer(examples_);
}

bool Args::given(const std::string& name) const {
  const CLI::Option* option = app_.get_option_no_throw(name);
  return option && option->count() > 0;
}

void Args::exclude(const std::string& option, std::initializer_list<const char*> others,
                   const std::string& why) const {
  if (!given(option)) return;
  for (const char* other : others) {
    if (given(other)) throw UsageError(fmt::format("{} with {}: {}", other, option, why));
  }
}

void Args::check() const {
  if (const Word* word = given_word()) {
    for (const CLI::Option* option : app_.get_options()) {
      if (option->count() == 0 || option->check_lname("verbose")) continue;
      if (option->get_positional()) {
        throw UsageError(fmt::format("one argument too many: '{}'", word->app->get_name()));
      }
      throw UsageError(fmt::format("{} stands before {}, expected options behind it",
                                   option->get_name(), word->app->get_name()));
    }
  }
  const std::vector<std::string> extras = app_.remaining();
  for (const std::string& extra : extras) {
    if (extra.size() < 2 || extra[0] != '-') continue;
    std::vector<std::string> known;
    for (const CLI::Option* option : app_.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
    const std::string typed = extra.substr(0, extra.find('='));
    const std::string instead = hint(typed, known);
    throw UsageError(
        fmt::format("unknown option '{}'{}{}", typed, instead.empty() ? "" : "; ", instead));
  }
  if (!extras.empty()) throw UsageError(fmt::format("one argument too many: '{}'", extras[0]));
  if (const Word* word = given_word()) {
    takers_.front()();  // of --verbose, which the constructor declares
    return word->args.check();
  }
  for (const auto& check : required_) check();
  for (const auto& take : takers_) take();
}

}  // namespace lathe::cli
