#include "tests/data/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace lathe::data {
namespace {

struct Listener {
  int fd = -1;
  int port = 0;
};

/// A socket bound to a free port of the loopback.
Listener bind_loopback() {
  Listener made;
  made.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (made.fd < 0 || ::bind(made.fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(made.fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port on the loopback");
  }
  made.port = ntohs(address.sin_port);
  return made;
}

std::string address_of(int port) {
  return "http://127.0.0.1:" + std::to_string(port) + "/";
}

void send_all(int fd, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    ssize_t n = ::send(fd, text.data() + done, text.size() - done, MSG_NOSIGNAL);
    if (n <= 0) return;  // the client hung up, which some tests make it do
    done += static_cast<size_t>(n);
  }
}

}  // namespace

HttpServer::HttpServer(Handler handler) : handler_(std::move(handler)) {
  const Listener made = bind_loopback();
  listener_ = made.fd;
  port_ = made.port;
  if (::listen(listener_, 8) != 0) throw std::runtime_error("can't listen on the loopback");
  thread_ = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

std::string HttpServer::url() const {
  return address_of(port_);
}

std::vector<HttpServerRequest> HttpServer::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::serve() {
  while (!stop_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 5) <= 0) continue;
    const int connection = ::accept(listener_, nullptr, nullptr);
    if (connection < 0) continue;
    answer(connection);
    ::close(connection);
  }
}

void HttpServer::answer(int connection) {
  std::string text;
  char buffer[4096];
  while (text.find("\r\n\r\n") == std::string::npos) {
    const ssize_t n = ::recv(connection, buffer, sizeof buffer, 0);
    if (n <= 0) return;
    text.append(buffer, static_cast<size_t>(n));
  }
  HttpServerRequest request;
  const size_t path = text.find(' ') + 1;
  request.path = text.substr(path, text.find(' ', path) - path);
  const std::string kRange = "Range: bytes=";
  if (const size_t at = text.find(kRange); at != std::string::npos) {
    request.range_from = std::stoull(text.substr(at + kRange.size()));
  }
  {
    std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const HttpServerAnswer answer = handler_(request);
  std::string head =
      "HTTP/1.1 " + std::to_string(answer.status) + " Test\r\nConnection: close\r\n" +
      "Content-Length: " + std::to_string(answer.said_length.value_or(answer.body.size())) + "\r\n";
  for (const std::string& header : answer.headers) head += header + "\r\n";
  send_all(connection,
           head + "\r\n" + answer.body.substr(0, answer.cut_after.value_or(answer.body.size())));
  // The client gets the end of the stream, not a reset, however much it sent.
  ::shutdown(connection, SHUT_WR);
  while (::recv(connection, buffer, sizeof buffer, 0) > 0) {
  }
}

HttpServerAnswer whole_file(const std::string& content) {
  return {200, content, {}, {}, {}};
}

HttpServerAnswer ranged_file(const std::string& content, const HttpServerRequest& request) {
  if (!request.range_from) return whole_file(content);
  const uint64_t from = *request.range_from;
  if (from >= content.size()) {
    return {416, "", {"Content-Range: bytes */" + std::to_string(content.size())}, {}, {}};
  }
  return {206,
          content.substr(from),
          {"Content-Range: bytes " + std::to_string(from) + "-" +
           std::to_string(content.size() - 1) + "/" + std::to_string(content.size())},
          {},
          {}};
}

std::string dead_url() {
  const Listener made = bind_loopback();  // bound, never listening, then closed
  ::close(made.fd);
  return address_of(made.port);
}

}  // namespace lathe::data
