// A small HTTP server on the loopback, for tests of downloads: it answers every request as the test
// says, rightly or wrongly.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace lathe::data {

struct HttpServerRequest {
  std::string path;                    ///< `/file`
  std::optional<uint64_t> range_from;  ///< of a `Range: bytes=N-` header
};

struct HttpServerAnswer {
  int status = 200;
  std::string body;
  std::vector<std::string> headers;   ///< besides Content-Length
  std::optional<size_t> cut_after;    ///< closes the connection after so many bytes of the body
  std::optional<size_t> said_length;  ///< Content-Length, where it shall not be the body's
};

/// Serves one connection after another on a thread of its own, from construction to destruction.
class HttpServer {
 public:
  using Handler = std::function<HttpServerAnswer(const HttpServerRequest&)>;
  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// `http://127.0.0.1:PORT/`
  std::string url() const;
  std::vector<HttpServerRequest> requests() const;

 private:
  void serve();
  void answer(int connection);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::vector<HttpServerRequest> requests_;
  std::thread thread_;
};

/// Serves `content` at every path, with or without support for ranges.
HttpServerAnswer whole_file(const std::string& content);
HttpServerAnswer ranged_file(const std::string& content, const HttpServerRequest& request);

/// An address on the loopback where nobody listens.
std::string dead_url();

}  // namespace lathe::data
