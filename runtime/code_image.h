// Compiled code as one block of bytes: it can be written to a file, read back by another process
// and run from wherever it is mapped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/executable.h"

namespace lathe::runtime {

/// Segments begin at multiples of it: the largest page that systems on this kind of CPU have.
#if defined(__x86_64__)
inline constexpr uint64_t kCodePage = 4096;
#else
inline constexpr uint64_t kCodePage = 65536;
#endif

/// A part of an image's code, mapped by itself: it can be executed, or only be read.
struct CodeSegment {
  uint64_t offset = 0;  ///< in `CodeImage::code`, a multiple of kCodePage
  uint64_t size = 0;
  bool executable = false;
};

/// Machine code with its constants, position-independent, calling nothing outside itself, and the
/// tables that an Executable has.
struct CodeImage {
  std::vector<FunctionInfo> functions;
  std::vector<StateInfo> states;
  std::vector<uint64_t> entries;  ///< of each function: its offset in `code`
  std::vector<CodeSegment> segments;
  std::string code;
  std::string notes;  ///< of whoever compiled it, not looked at here
};

/// The image with its length and checksum.
std::string image_to_bytes(const CodeImage& image);
/// The inverse. Nothing for bytes that are not exactly what image_to_bytes made: damaged, cut off or
/// foreign.
std::optional<CodeImage> image_from_bytes(std::string_view bytes);

/// Maps a copy of the code, never writable and executable at once, and runs it from there. Error
/// when the system gives no memory that can be executed.
std::shared_ptr<Executable> map_image(const CodeImage& image);

}  // namespace lathe::runtime
