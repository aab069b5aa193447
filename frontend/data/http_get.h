// One HTTP GET into a file, continued from where the file ends.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace lathe::data {

struct HttpRequest {
  std::string url;
  uint64_t expected_bytes = 0;  ///< of the whole file
  int64_t connect_timeout_ms = 0;
  int64_t stall_timeout_s = 0;
  std::function<void(uint64_t done)> progress;  ///< may be empty; may throw to stop
};

enum class HttpOutcome {
  Done,         ///< the file holds `expected_bytes`
  Interrupted,  ///< what was received stays in the file, to be continued
  Misfit        ///< the answer does not continue what the file holds
};

struct HttpResult {
  HttpOutcome outcome = HttpOutcome::Done;
  std::string failure;  ///< why it is not Done, in a few words
};

/// Appends to the open file `fd`, which holds the first `have` bytes of the answer (less than
/// expected), or writes it anew when the server answers with the whole. Throws Error when the file
/// can't be written.
HttpResult http_get(const HttpRequest& request, int fd, uint64_t have);

}  // namespace lathe::data
