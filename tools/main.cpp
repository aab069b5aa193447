// The command `lathe`: reads the command line, runs one command, turns errors into exit codes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "ir/error.h"
#include "ir/nearest.h"
#include "tools/cli/command.h"
#include "tools/cli/log.h"
#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

constexpr Command kCommands[] = {
#define LATHE_COMMAND(name, function, summary) {#name, function, summary},
#include "tools/cli/commands.def"
#undef LATHE_COMMAND
};

/// One to three lines on standard error.
int fail(ExitCode code, std::string message, std::string_view hint = {}) {
  while (!message.empty() && message.back() == '\n') message.pop_back();
  size_t lines = 0;
  for (size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '\n' && ++lines == (hint.empty() ? 3 : 2)) message.resize(i);
  }
  fmt::print(stderr, "lathe: {}\n", message);
  if (!hint.empty()) fmt::print(stderr, "{}\n", hint);
  return code;
}

/// CLI11 takes `--name=` for an option without a value; two arguments are always clear.
std::vector<std::string> arguments(int count, char** values) {
  std::vector<std::string> list;
  for (int i = 1; i < count; ++i) {
    std::string text = values[i];
    if (i == 1 && text == "help") {  // `lathe help train` as people try it
      if (count > 2) list.emplace_back(values[++i]);
      text = "--help";
    }
    const size_t equals = text.find('=');
    if (text.starts_with("--") && text.size() > 2 && equals == text.size() - 1) {
      list.push_back(text.substr(0, equals));
      list.emplace_back();
    } else {
      list.push_back(std::move(text));
    }
  }
  std::reverse(list.begin(), list.end());  // as CLI11 wants them
  return list;
}

struct Declared {
  CLI::App* app;
  std::unique_ptr<Args> args;
  Run run;
};

[[noreturn]] void refuse_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& c : kCommands) names.emplace_back(c.name);
  throw UsageError(ir::unknown_name("command", name, names));
}

std::string usage_hint(const Declared* chosen) {
  const std::string command = chosen ? chosen->args->command() + " " : "";
  return fmt::format("see: lathe {}--help", command);
}

int print_stdout(const std::string& text) {
  write_stdout(text);
  flush_stdout();
  return kDone;
}

int run(int count, char** values) {
  CLI::App app{"Lathe: a graph-compiled deep learning runtime", "lathe"};
  app.set_version_flag("--version", LATHE_VERSION, "print the version and exit");
  app.footer("Example: lathe train mnist --epochs 5 --out run\nHelp on one: lathe train --help");
  std::vector<Declared> declared;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    sub->allow_extras();
    auto args = std::make_unique<Args>(*sub, std::vector<std::string>(values, values + count));
    Run body = command.declare(*args);
    declared.push_back({sub, std::move(args), std::move(body)});
  }
  app.allow_extras();
  app.require_subcommand(0, 1);  // an argument may have the name of a command
  const auto chosen_one = [&]() -> const Declared* {
    for (const Declared& d : declared) {
      if (d.app->parsed()) return &d;
    }
    return nullptr;
  };
  bool unknown_help = false;
  try {
    app.parse(arguments(count, values));
  } catch (const CLI::CallForHelp&) {
    const Declared* asked = chosen_one();
    const std::vector<std::string> extras = app.remaining();
    unknown_help = !asked && !extras.empty() && !extras[0].starts_with("-");
    if (!unknown_help) return print_stdout(asked ? asked->args->help() : app.help());
  } catch (const CLI::CallForVersion&) {
    return print_stdout("lathe " LATHE_VERSION "\n");
  } catch (const CLI::ParseError& e) {
    std::string message = e.what();
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&e)) {
      message = message.substr(0, message.find(':')) + " needs a value";
    }
    return fail(kBadUsage, message, usage_hint(chosen_one()));
  }
  const Declared* chosen = chosen_one();
  try {
    if (!chosen) {
      const std::vector<std::string> extras = app.remaining();
      if (extras.empty())
        throw UsageError("there is no command\nusage: lathe COMMAND [OPTIONS] ...");
      if (extras[0].starts_with("-"))
        throw UsageError(fmt::format("unknown option '{}'", extras[0]));
      refuse_command(extras[0]);
    }
    chosen->args->check();
    set_verbose(chosen->args->verbose());
    const int code = chosen->run();
    flush_stdout();
    return code;
  } catch (const UsageError& e) {
    return fail(kBadUsage, e.what(), usage_hint(chosen));
  } catch (const Error& e) {
    return fail(kFailed, e.what());
  } catch (const InternalError& e) {
    return fail(kFailed, fmt::format("internal error, please report it: {}", e.what()));
  } catch (const std::bad_alloc&) {
    return fail(kFailed, "out of memory");
  } catch (const std::exception& e) {
    return fail(kFailed, e.what());
  }
}

}  // namespace
}  // namespace lathe::cli

int main(int argc, char** argv) {
  // A file that may not grow is an error of writing like a full disk, not a reason to die.
  std::signal(SIGXFSZ, SIG_IGN);
  return lathe::cli::run(argc, argv);
}
