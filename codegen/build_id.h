// Which Lathe this is, as far as compiled code is concerned.
#pragma once

namespace lathe::codegen {

/// SHA-256 of the sources of ir/, runtime/, passes/, codegen/ and frontend/engine/, in hexadecimal digits: made by
/// codegen/build_id.cmake when they change.
extern const char* const kBuildId;

}  // namespace lathe::codegen
