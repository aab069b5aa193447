// A program around a compiled model: rows on standard input, predictions on standard output.
#pragma once

#include <string>

#include "codegen/compile.h"

namespace lathe::codegen {

/// C source. Error unless the model has its weights in it and a `predict` of one input and one output, both f32.
std::string c_main(const Standalone& model, const std::string& prefix);

}  // namespace lathe::codegen
