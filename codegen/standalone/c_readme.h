// The README that is written beside a compiled model: what it is, and a program that compiles.
#pragma once

#include <string>

#include "codegen/standalone/c_header.h"

namespace lathe::codegen {

std::string c_readme(const Standalone& model, const CHeader& what);

}  // namespace lathe::codegen
