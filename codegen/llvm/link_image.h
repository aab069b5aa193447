// Object files as code that needs no linker any more.
#pragma once

#include <llvm/ADT/StringRef.h>

#include <span>
#include <string>
#include <vector>

#include "runtime/code_image.h"

namespace lathe::codegen {

struct LinkedCode {
  std::string code;
  std::vector<runtime::CodeSegment> segments;
  std::vector<uint64_t> entries;  ///< offsets of the symbols asked for
};

/// Puts the objects behind each other and joins them. They may use each other's symbols, an object
/// those of objects before it. InternalError when something outside is used, by name, when there are
/// data that can be written to, or when the code depends on where it lies.
LinkedCode link_objects(std::span<const llvm::StringRef> objects,
                        std::span<const std::string> symbols);

}  // namespace lathe::codegen
