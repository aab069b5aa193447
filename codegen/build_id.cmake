# Run while building: writes `output`, a source that defines kBuildId (build_id.h). Needs root, output
# and list, a file with the names of the sources.
cmake_policy(VERSION 3.25)
file(STRINGS ${list} sources)
list(SORT sources)
set(hashes "")
foreach(source ${sources})
  file(SHA256 ${source} hash)
  file(RELATIVE_PATH name ${root} ${source})
  string(APPEND hashes "${name} ${hash}\n")
endforeach()
string(SHA256 id "${hashes}")
file(CONFIGURE OUTPUT ${output} CONTENT [[
#include "codegen/build_id.h"

namespace lathe::codegen {
const char* const kBuildId = "@id@";
}  // namespace lathe::codegen
]] @ONLY)
