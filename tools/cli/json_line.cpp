#include "tools/cli/json_line.h"

#include <nlohmann/json.hpp>

#include "tools/cli/terminal.h"

namespace lathe::cli {

void print_json_line(const nlohmann::ordered_json& object) {
  using Json = nlohmann::ordered_json;
  write_stdout(object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  flush_stdout();
}

}  // namespace lathe::cli
