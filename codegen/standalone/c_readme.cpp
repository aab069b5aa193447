#include "codegen/standalone/c_readme.h"

#include <fmt/format.h>

#include <algorithm>

#include "codegen/standalone/c_signature.h"
#include "codegen/standalone/interface.h"

namespace lathe::codegen {

namespace {

/// A program that predicts one row of zeros.
std::string program(const runtime::FunctionInfo& f, const std::string& prefix) {
  std::string arrays, given, shown;
  for (const int i : given_params(f)) {
    const runtime::ParamInfo& p = f.params[static_cast<size_t>(i)];
    arrays += fmt::format("static {} {}[{}];\n", c_type(p.type.dtype), c_identifier(p.name),
                          p.type.row_elements());
    given += c_identifier(p.name) + ", ";
  }
  std::string results;
  for (const runtime::OutputInfo& o : f.outputs) {
    const std::string name = c_identifier(o.name);
    arrays += fmt::format("static {} {}[{}];\n", c_type(o.type.dtype), name, o.type.row_elements());
    results += ", " + name;
    shown += fmt::format("  for (int i = 0; i < {}; ++i) printf(\"%g\\n\", (double){}[i]);\n",
                         o.type.row_elements(), name);
  }
  return fmt::format(R"(#include <stdio.h>
#include <stdlib.h>
#include "{0}.h"

{1}
int main(void) {{
  const int64_t bytes = {0}_weights_bytes();
  void *weights = malloc(bytes), *memory = aligned_alloc(64, {0}_bytes(1));
  {0}_model *m = {0}_create(memory, {0}_bytes(1));
  FILE *file = fopen("{0}.weights", "rb");
  if (!weights || !m || !file || fread(weights, 1, bytes, file) != (size_t)bytes) return 1;
  if ({0}_load(m, weights, bytes) || {0}_predict(m, {2}1{3})) return 1;
{4}  return 0;
}}
)",
                     prefix, arrays, given, results, shown);
}

}  // namespace

std::string c_readme(const Standalone& model, const CHeader& what) {
  std::string text = fmt::format("{1} as machine code for {2}.\n{0}.h says what its functions do. ",
                                 what.prefix, what.model, what.machine);
  const auto find = [&](const char* name) {
    return std::ranges::find(model.functions, name, &runtime::FunctionInfo::name);
  };
  const bool trains = find("train_step") != model.functions.end();
  if (trains)
    text += fmt::format("{0}_train_step trains, {0}_save gives what `lathe convert` reads. ",
                        what.prefix);
  text += fmt::format("With several threads: {0}_threads.h,\nand {0}_threads.c with -pthread.\n",
                      what.prefix);
  const auto predict = find("predict");
  if (predict == model.functions.end()) return text;
  return text +
         fmt::format(
             "\nThis, in program.c, prints what it makes of a row of zeros:\n\n"
             "    cc -std=c11 -O2 program.c {0}.o -o program && ./program\n\n",
             what.prefix) +
         program(*predict, what.prefix);
}

}  // namespace lathe::codegen
