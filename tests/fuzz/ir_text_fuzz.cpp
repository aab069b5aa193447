// Fuzzes the IR's text: any text gives an Error or a module that prints to text which gives the
// same module again, and whose verified form survives as bytes too.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ir/error.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/proto.h"
#include "ir/verifier.h"

using namespace lathe::ir;

namespace {

bool is_sound(const Module& m) {
  try {
    verify_all(m);
    return true;
  } catch (const lathe::Error&) {
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Module m;
  try {
    m = parse({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const lathe::Error& e) {
    if (std::string_view(e.what()).find("fuzz:") != 0) std::abort();
    return 0;
  }
  const std::string text = print(m);
  const Module back = parse(text, "printed");
  if (!same(m, back) || print(back) != text) std::abort();
  if (is_sound(m) != is_sound(back)) std::abort();
  if (!is_sound(m)) return 0;
  const ModelFile model = read_model(write_model({m, {}, {}}));
  if (!same(m, model.module)) std::abort();
  return 0;
}
