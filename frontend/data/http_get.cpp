#include "frontend/data/http_get.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <memory>
#include <string_view>

#include "ir/error.h"

namespace lathe::data {
namespace {

/// The state of one transfer, as libcurl's callbacks see it. C code calls them: none may throw.
struct Transfer {
  const HttpRequest& request;
  CURL* curl = nullptr;
  int fd = -1;
  uint64_t have = 0;        ///< bytes of the file that are there
  uint64_t asked_from = 0;  ///< where the answer was asked to begin
  int64_t range_from = -1;  ///< where a partial answer says that it begins
  bool started = false;     ///< the first byte of a good answer came
  std::string failure;      ///< why we stopped; stands before libcurl's own words
  int write_error = 0;
  std::exception_ptr thrown;  // by the caller's progress function
};

constexpr size_t kStop = 0;  // a write callback's way to end the transfer

size_t on_header(char* data, size_t size, size_t count, void* user) {
  auto& t = *static_cast<Transfer*>(user);
  std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) t.range_from = -1;  // a new answer after a redirect
  constexpr std::string_view kRange = "content-range:";
  if (line.size() > kRange.size() &&
      ::strncasecmp(line.data(), kRange.data(), kRange.size()) == 0) {
    line.remove_prefix(kRange.size());
    size_t digit = line.find_first_of("0123456789");
    if (digit != std::string_view::npos) {
      std::from_chars(line.data() + digit, line.data() + line.size(), t.range_from);
    }
  }
  return size * count;
}

/// Decides by the answer's status where its bytes go.
bool start(Transfer& t) {
  long status = 0;
  curl_easy_getinfo(t.curl, CURLINFO_RESPONSE_CODE, &status);
  if (status == 206 && t.asked_from > 0 && t.range_from == static_cast<int64_t>(t.asked_from)) {
    t.started = true;
    return true;
  }
  if (status == 206) {
    t.failure =
        fmt::format("asked for bytes from {}, got those from {}", t.asked_from, t.range_from);
    return false;
  }
  if (status != 200) return false;  // told from the status after the transfer
  // The whole file, though only its rest may have been asked for: begin anew.
  if (::ftruncate(t.fd, 0) != 0 || ::lseek(t.fd, 0, SEEK_SET) != 0) {
    t.write_error = errno;
    return false;
  }
  t.have = 0;
  t.started = true;
  return true;
}

size_t on_body(char* data, size_t size, size_t count, void* user) {
  auto& t = *static_cast<Transfer*>(user);
  const size_t n = size * count;
  if (!t.started && !start(t)) return kStop;
  if (t.have + n > t.request.expected_bytes) {
    t.failure = fmt::format("sends more than the expected {} bytes", t.request.expected_bytes);
    return kStop;
  }
  size_t done = 0;
  while (done < n) {
    ssize_t written = ::write(t.fd, data + done, n - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      t.write_error = errno;
      return kStop;
    }
    done += static_cast<size_t>(written);
    t.have += static_cast<uint64_t>(written);
  }
  try {
    if (t.request.progress) t.request.progress(t.have);
  } catch (...) {
    t.thrown = std::current_exception();
    return kStop;
  }
  return n;
}

void initialize_curl() {
  // Thread-safe by the rules of local statics; left initialised for the life of the process.
  static const CURLcode status = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (status != CURLE_OK) throw Error(fmt::format("libcurl: {}", curl_easy_strerror(status)));
}

}  // namespace

HttpResult http_get(const HttpRequest& request, int fd, uint64_t have) {
  initialize_curl();
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> owner(curl_easy_init(), &curl_easy_cleanup);
  LATHE_CHECK(owner, "libcurl has no memory");
  CURL* curl = owner.get();
  Transfer transfer{request, curl, fd, have, have};
  std::array<char, CURL_ERROR_SIZE> message{};
  if (::lseek(fd, static_cast<off_t>(have), SEEK_SET) < 0) {
    throw Error(fmt::format("can't be written: {}", std::strerror(errno)));
  }

  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "lathe");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout_ms));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1000L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout_s));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message.data());
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  const std::string range = fmt::format("{}-", have);
  // Not CURLOPT_RESUME_FROM: with it a server that ignores the range is an error.
  if (have > 0) curl_easy_setopt(curl, CURLOPT_RANGE, range.c_str());

  const CURLcode code = curl_easy_perform(curl);
  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  if (transfer.write_error != 0) {
    throw Error(fmt::format("can't be written: {}", std::strerror(transfer.write_error)));
  }
  if (!transfer.failure.empty()) return {HttpOutcome::Misfit, transfer.failure};
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 0 && status != 200 && status != 206) {
    constexpr long kRangeNotSatisfiable = 416;
    return {status == kRangeNotSatisfiable ? HttpOutcome::Misfit : HttpOutcome::Interrupted,
            fmt::format("HTTP status {}", status)};
  }
  if (code != CURLE_OK) {
    std::string why = message[0] != '\0' ? message.data() : curl_easy_strerror(code);
    if (transfer.started) {
      why += fmt::format(" (after {} of {} bytes)", transfer.have, request.expected_bytes);
    }
    return {HttpOutcome::Interrupted, why};
  }
  if (transfer.have != request.expected_bytes || !transfer.started) {
    return {HttpOutcome::Interrupted,
            fmt::format("ended after {} of {} bytes", transfer.have, request.expected_bytes)};
  }
  return {};
}

}  // namespace lathe::data
