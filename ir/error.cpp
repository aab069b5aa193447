#include "ir/error.h"

namespace lathe {

void internal_error(const char* file, int line, const std::string& message) {
  throw InternalError(std::string("internal error: ") + message + " (" + file + ":" +
                      std::to_string(line) + ")");
}

}  // namespace lathe
