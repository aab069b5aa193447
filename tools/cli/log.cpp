#include "tools/cli/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <exception>

#include "tools/cli/terminal.h"

namespace lathe::cli {
namespace {

spdlog::logger& logger() {
  static spdlog::logger the("lathe", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  return the;
}

bool verbose_on = false;

}  // namespace

void set_verbose(bool verbose) {
  verbose_on = verbose;
  logger().set_pattern("[%H:%M:%S.%e] %v");
}

void log(const std::string& text) {
  if (verbose_on) logger().info(text);
}

LogTime::~LogTime() {
  if (std::uncaught_exceptions() > 0 || !verbose_on) return;
  const auto taken = std::chrono::steady_clock::now() - start_;
  log(fmt::format("{}: {}", text_, duration(std::chrono::duration<double>(taken).count())));
}

}  // namespace lathe::cli
