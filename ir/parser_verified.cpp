// Errors of the verifier, on the line of the text that they are about.
#include "ir/parser.h"
#include "ir/verifier.h"

namespace lathe::ir {

namespace {

Place place_of(const Places& places, const Subject& s) {
  if (s.state != kNone) return places.states.at(s.state);
  if (s.function == kNone) return places.module;
  const Places::OfFunction& f = places.functions.at(s.function);
  if (s.op != kNone) return f.ops.at(s.op);
  if (s.kernel != kNone) return f.kernels.at(s.kernel);
  if (s.output != kNone) return f.outputs.at(s.output);
  return f.name;
}

}  // namespace

Module parse_verified(std::string_view text, std::string_view file_name) {
  Places places;
  Module m = parse(text, file_name, &places);
  try {
    verify_all(m);
  } catch (const VerifyError& e) {
    const Place at = place_of(places, e.subject);
    throw VerifyError(e.rule, e.subject,
                      std::string(file_name) + ":" + std::to_string(at.line) + ":" +
                          std::to_string(at.column) + ": " + e.what());
  }
  return m;
}

}  // namespace lathe::ir
