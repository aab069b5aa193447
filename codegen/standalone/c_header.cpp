#include "codegen/standalone/c_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "codegen/standalone/c_signature.h"
#include "codegen/standalone/interface.h"
#include "ir/error.h"
#include "runtime/weights_file.h"

namespace lathe::codegen {

namespace {

class Writer {
 public:
  Writer(const Standalone& model, const CHeader& what) : m_(model), w_(what) {}

  std::string write() {
    head();
    codes();
    memory();
    weights();
    for (size_t i = 0; i < m_.functions.size(); ++i) function(m_.functions[i], m_.windows.at(i));
    outputs();
    out_ += "#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
    return std::move(out_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> text, Args&&... args) {
    out_ += fmt::format(text, std::forward<Args>(args)...);
  }

  void head() {
    const std::string guard = upper_case(w_.prefix) + "_H";
    add("/* {0} as machine code for {1}, made by Lathe.\n"
        "\n"
        "   Nothing here allocates, locks, prints or keeps anything outside the memory that the "
        "caller gives; the\n"
        "   object calls nothing{3}. Two models, or two copies of one, don't "
        "know of each other.\n"
        "   A model is used by one thread at a time, but for the workers of a call of a _part "
        "function. All arrays\n"
        "   are row-major and contiguous; `rows` is the number of examples. Calls set the thread's "
        "floating-point\n"
        "   mode (rounding to nearest, denormal numbers are zero) and put the old one back. */\n"
        "#ifndef {2}\n#define {2}\n\n#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" "
        "{{\n#endif\n\n",
        w_.model, w_.machine, guard, m_.freestanding ? "" : " but memcpy and memset");
    add("typedef struct {0}_model {0}_model;\n\n", w_.prefix);
    add("/* The most rows of one step. */\n#define {}_MAX_ROWS {}\n\n", upper_case(w_.prefix),
        m_.max_rows);
  }

  void codes() {
    add("/* What functions return that return an int32_t. */\nenum {{\n");
    const std::string p = upper_case(w_.prefix);
#define SHELL_CODE(name, number, text) \
  add("  {}_{} = {}, /* {} */\n", p, upper_words(#name), number, text);
#include "codegen/standalone/codes.def"
#undef SHELL_CODE
    add("}};\n\n");
  }

  /// `NoModel` as `NO_MODEL`.
  static std::string upper_words(const std::string& name) {
    std::string text;
    for (size_t i = 0; i < name.size(); ++i) {
      if (i > 0 && std::isupper(static_cast<unsigned char>(name[i]))) text += '_';
      text += static_cast<char>(std::toupper(static_cast<unsigned char>(name[i])));
    }
    return text;
  }

  void memory() {
    add("/* Bytes of memory that a model takes which does steps of up to `rows` rows; 0 where rows "
        "is not 1 to\n"
        "   {1}_MAX_ROWS. {0}_bytes_for: with so many workers (1 to 1024) in its _part functions, "
        "one of which is\n"
        "   the calling thread. */\n"
        "int64_t {0}_bytes(int64_t rows);\n"
        "int64_t {0}_bytes_for(int64_t rows, int64_t workers);\n\n"
        "/* A model without weights at the front of `memory`, at a multiple of 64 bytes, of at "
        "least as many bytes as\n"
        "   {0}_bytes says; NULL otherwise. The memory is the model's until the caller uses it for "
        "something else:\n"
        "   there is nothing to destroy. */\n"
        "{0}_model *{0}_create(void *memory, int64_t bytes);\n"
        "{0}_model *{0}_create_for(void *memory, int64_t bytes, int64_t workers);\n\n",
        w_.prefix, upper_case(w_.prefix));
    add("/* The same with the code for one of these CPUs, where this machine has it; NULL where it "
        "has not, which is not\n"
        "   asked where there is one alone. -1, as the functions above have it: the last that it "
        "has. */\nenum {{\n");
    for (size_t i = 0; i < m_.cpus.size(); ++i)
      add("  {}_ON_{} = {}{}\n", upper_case(w_.prefix), upper_case(c_identifier(m_.cpus[i])), i,
          i + 1 < m_.cpus.size() ? "," : "");
    add("}};\n{0}_model *{0}_create_on(void *memory, int64_t bytes, int64_t workers, int64_t "
        "cpu);\n\n",
        w_.prefix);
  }

  void weights() {
    std::vector<runtime::WeightsRecord> records;
    for (const runtime::StateInfo& s : m_.states) records.push_back({s.name, s.type});
    const runtime::WeightsPlan plan = runtime::plan_weights(records);
    if (m_.draws) {
      add("/* All states as they begin: weights drawn with that seed, at least 0, as Lathe draws "
          "them. */\n"
          "int32_t {0}_init({0}_model *model, int64_t seed);\n\n",
          w_.prefix);
    }
    add("/* Takes all states from the bytes of a file of weights, and writes such bytes, which "
        "`lathe convert` reads.\n"
        "   `bytes`: how many there are, at least {0}_weights_bytes(), {1}. On an error the model "
        "is as it was.\n"
        "   The file: {2} bytes of header, then the states, little-endian, from these bytes "
        "on:\n\n",
        w_.prefix, plan.header.size() + static_cast<size_t>(plan.payload_bytes),
        plan.header.size());
    add("   {:>10}  {:<8} {:<16} {:<8} {}\n", "from", "type", "shape", "kind", "name");
    for (size_t i = 0; i < m_.states.size(); ++i) {
      const runtime::StateInfo& s = m_.states[i];
      add("   {:>10}  {:<8} {:<16} {:<8} {}\n",
          static_cast<int64_t>(plan.header.size()) + plan.offsets[i], c_type(s.type.dtype),
          c_shape(s.type), w_.kinds.at(i), s.name);
    }
    add("*/\n"
        "int64_t {0}_weights_bytes(void);\n"
        "int32_t {0}_load({0}_model *model, const void *weights, int64_t bytes);\n"
        "int32_t {0}_save(const {0}_model *model, void *weights, int64_t bytes);\n\n",
        w_.prefix);
    if (m_.embeds) {
      add("/* The weights that the model was compiled with, {0}_weights_bytes() of bytes, for "
          "{0}_load. */\n"
          "const void *{0}_weights(void);\n\n",
          w_.prefix);
    }
  }

  void function(const runtime::FunctionInfo& f, const std::vector<int64_t>& windows) {
    const bool steps = takes_steps(f);
    const CSignature s = c_signature(w_.prefix, f);
    if (steps) {
      add("/* One step on `rows` rows, 1 to {}_MAX_ROWS. Returns the loss, or NaN, and {}_error "
          "says why.\n",
          upper_case(w_.prefix), w_.prefix);
    } else {
      add("/* Of any number of rows from 1 on, in steps of at most {}_MAX_ROWS. A row's results "
          "don't depend on the\n"
          "   others. Returns a code.\n",
          upper_case(w_.prefix));
    }
    for (const int i : given_params(f))
      shape(f.params[static_cast<size_t>(i)], windows.at(static_cast<size_t>(i)));
    if (std::ranges::max(windows) > 1) window_text(std::ranges::max(windows));
    for (size_t i = 0; !steps && i < f.outputs.size(); ++i) shape(f.outputs[i]);
    add("   {0}_part is the same by several threads at once: each of `workers`, at most as many as "
        "the model was made\n"
        "   for, calls it with the same arguments and its own `worker`, 0 to workers - 1; "
        "`barrier(team, worker)`\n"
        "   returns when all have called it. The results are the same bits whatever their number. "
        "*/\n"
        "{1} {0}({2});\n"
        "{1} {0}_part({2}, int64_t worker, int64_t workers,\n    void (*barrier)(void *team, "
        "int64_t worker), void *team);\n\n",
        s.name, s.result, s.declared());
  }

  template <class Info>
  void shape(const Info& info, int64_t window = 1) {
    add("     {}: {}\n", c_identifier(info.name), c_shape(info.type, window));
  }

  void window_text(int64_t window) {
    add("   An example takes {} rows that follow each other: its own and the {} before it. Rows "
        "that several take are\n"
        "   given once.\n",
        window, window - 1);
  }

  void outputs() {
    for (const runtime::FunctionInfo& f : m_.functions) {
      if (!takes_steps(f)) continue;
      add("/* What {0}_{1} puts out, for {0}_output. */\n", w_.prefix, f.name);
      for (size_t i = 0; i < f.outputs.size(); ++i) {
        const runtime::OutputInfo& o = f.outputs[i];
        add("#define {}_{}_{} {} /* {}: {} */\n", upper_case(w_.prefix), upper_case(f.name),
            upper_case(c_identifier(o.name)), i, c_type(o.type.dtype), c_shape(o.type));
      }
      out_ += '\n';
    }
    add("/* Where the numbers of an output of the last step lie in the model, until the next one; "
        "NULL where there is no\n"
        "   such output. The code of the last call on the model of a function above. */\n"
        "const void *{0}_output(const {0}_model *model, int64_t output);\n"
        "int32_t {0}_error(const {0}_model *model);\n\n",
        w_.prefix);
  }

  const Standalone& m_;
  const CHeader& w_;
  std::string out_;
};

}  // namespace

std::string c_header(const Standalone& model, const CHeader& what) {
  return Writer(model, what).write();
}

void check_prefix(const std::string& prefix) {
  bool good = !prefix.empty() && std::isalpha(static_cast<unsigned char>(prefix[0]));
  for (const char c : prefix)
    good = good && (std::isalnum(static_cast<unsigned char>(c)) || c == '_');
  if (!good)
    throw Error("'" + prefix +
                "' can't begin C's names, expected a letter, then letters, digits and _");
}

}  // namespace lathe::codegen
