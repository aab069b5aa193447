#include "codegen/standalone/c_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "codegen/standalone/c_signature.h"
#include "codegen/standalone/interface.h"
#include "ir/error.h"

namespace lathe::codegen {

namespace {

// PREFIX and GUARD stand for the model's name in lower and upper case.

constexpr std::string_view kHead = R"(/* MODEL as machine code for MACHINE, made by Lathe.

   Nothing here allocates, locks, prints or keeps anything outside the memory that the caller gives; the object calls
   nothingCALLS. Two models don't know of each other; one is not to be moved or copied in memory: PREFIX_save and
   PREFIX_load make a second one. A model is used by one thread at a time, but for the workers of a call of a _part
   function. All arrays are row-major and contiguous, each aligned to its elements; `rows` is the number of examples.
   Inputs are on the scale of those that the model was trained on, as Lathe was given them: what scales them is part
   of the model. A class number that there is not counts as no class. Calls set the thread's floating-point mode
   (rounding to nearest, denormal numbers are zero) and put the old one back. */
#ifndef GUARD_H
#define GUARD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct PREFIX_model PREFIX_model;

/* The most rows of one step. */
#define GUARD_MAX_ROWS MAX_ROWS_NUMBER

/* What functions return that return an int32_t. */
enum {
)";

constexpr std::string_view kMemory = R"(
/* Bytes of memory that a model takes, which is as much for any `rows` from 1 to GUARD_MAX_ROWS; 0 for others.
   PREFIX_bytes_for: with so many workers (1 to 1024) in its _part functions, one of which is the calling thread. */
int64_t PREFIX_bytes(int64_t rows);
int64_t PREFIX_bytes_for(int64_t rows, int64_t workers);

/* A model without weights at the front of `memory`, at a multiple of 64 bytes, of at least as many bytes as PREFIX_bytes
   says; NULL otherwise. The memory is the model's until the caller uses it for something else: there is nothing to
   destroy. */
PREFIX_model *PREFIX_create(void *memory, int64_t bytes);
PREFIX_model *PREFIX_create_for(void *memory, int64_t bytes, int64_t workers);

/* The same with the code for one of these CPUs, where this machine has it; NULL where it has not, which is not asked
   where there is one alone. -1, as the functions above have it: the last that it has. */
enum {
)";

constexpr std::string_view kInit = R"(
/* All states as they begin, with weights drawn by that seed, as Lathe draws them. */
int32_t PREFIX_init(PREFIX_model *model, int64_t seed);
)";

constexpr std::string_view kWeights = R"(*/
int64_t PREFIX_weights_bytes(void);
int32_t PREFIX_load(PREFIX_model *model, const void *weights, int64_t bytes);
int32_t PREFIX_save(const PREFIX_model *model, void *weights, int64_t bytes);
)";

constexpr std::string_view kEmbedded = R"(
/* The weights that the model was compiled with, PREFIX_weights_bytes() of bytes, for PREFIX_load. */
const void *PREFIX_weights(void);
)";

constexpr std::string_view kStep = R"(
/* One step of training on `rows` rows, 1 to GUARD_MAX_ROWS: forward, backward, update of all states. Returns the loss
   before the update, or NaN, and PREFIX_error says why.
)";
constexpr std::string_view kEvaluate = R"(
/* Loss and metrics of `rows` rows, 1 to GUARD_MAX_ROWS; no state changes. Returns the loss, or NaN, and PREFIX_error
   says why.
)";
constexpr std::string_view kRows = R"(
/* Of any number of rows from 1 on, in steps of at most GUARD_MAX_ROWS. A row's results don't depend on the others.
   Returns a code.
)";

constexpr std::string_view kPart =
    R"(   NAME_part is the same by several threads at once: each of `workers`, at most as many as the model was made for, calls
   it with the same arguments and its own `worker`, 0 to workers - 1; `barrier(team, worker)` returns when all have called
   it. The results are the same bits whatever their number. */
RESULT NAME(ARGUMENTS);
RESULT NAME_part(ARGUMENTS, int64_t worker, int64_t workers,
    void (*barrier)(void *team, int64_t worker), void *team);
)";

constexpr std::string_view kTail = R"(
/* Where the numbers of an output of the last step lie in the model, until the next one; NULL before the first one, and
   where there is no such output. The code of the last call on the model of one of the functions above that compute. */
const void *PREFIX_output(const PREFIX_model *model, int64_t output);
int32_t PREFIX_error(const PREFIX_model *model);

#ifdef __cplusplus
}
#endif

#endif
)";

/// `NoModel` as `NO_MODEL`.
std::string upper_words(const std::string& name) {
  std::string text;
  for (size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (i > 0 && std::isupper(c)) text += '_';
    text += static_cast<char>(std::toupper(c));
  }
  return text;
}

class Writer {
 public:
  Writer(const Standalone& model, const CHeader& what) : m_(model), w_(what) {}

  std::string write() {
    const std::string calls = m_.freestanding ? "" : " but memcpy and memset";
    add(kHead, {{"MODEL", w_.model},
                {"MACHINE", w_.machine},
                {"CALLS", calls},
                {"MAX_ROWS_NUMBER", std::to_string(m_.max_rows)}});
    codes();
    add(kMemory);
    cpus();
    if (m_.draws) add(kInit);
    weights();
    if (m_.embeds) add(kEmbedded);
    for (size_t i = 0; i < m_.functions.size(); ++i) function(m_.functions[i], m_.windows.at(i));
    for (const runtime::FunctionInfo& f : m_.functions)
      if (takes_steps(f)) outputs(f);
    add(kTail);
    return std::move(out_);
  }

 private:
  using Words = std::vector<std::pair<std::string_view, std::string>>;

  void add(std::string_view text, Words words = {}) {
    words.emplace_back("PREFIX", w_.prefix);
    words.emplace_back("GUARD", upper_case(w_.prefix));
    out_ += with_words(text, words);
  }
  template <class... Args>
  void line(fmt::format_string<Args...> text, Args&&... args) {
    out_ += fmt::format(text, std::forward<Args>(args)...) + "\n";
  }

  void codes() {
    const std::string p = upper_case(w_.prefix);
    const char* between = "";
#define SHELL_CODE(name, number, text)                                                          \
  out_ += fmt::format("{}  {}_{} = {} /* {} */", between, p, upper_words(#name), number, text); \
  between = ",\n";
#include "codegen/standalone/codes.def"
#undef SHELL_CODE
    out_ += "\n};\n";
  }

  void cpus() {
    for (size_t i = 0; i < m_.cpus.size(); ++i)
      line("  {}_ON_{} = {}{}", upper_case(w_.prefix), upper_case(c_identifier(m_.cpus[i])), i,
           i + 1 < m_.cpus.size() ? "," : "");
    add("};\nPREFIX_model *PREFIX_create_on(void *memory, int64_t bytes, int64_t workers, int64_t "
        "cpu);\n");
  }

  void weights() {
    const runtime::WeightsPlan plan = weights_of(m_.states);
    const auto header = static_cast<int64_t>(plan.header.size());
    line(
        "\n/* Takes all states from the bytes of a file of weights, and writes such bytes, which "
        "`lathe convert` reads.\n"
        "   `bytes`: how many there are, at least {}_weights_bytes(), {}. On an error the model is "
        "as it was. The file:\n"
        "   {} bytes of header, then the states, little-endian, from these bytes on:\n",
        w_.prefix, header + plan.payload_bytes, header);
    line("   {:>10}  {:<8} {:<16} {:<8} {}", "from", "type", "shape", "kind", "name");
    for (size_t i = 0; i < m_.states.size(); ++i) {
      const runtime::StateInfo& s = m_.states[i];
      line("   {:>10}  {:<8} {:<16} {:<8} {}", header + plan.offsets[i], c_type(s.type.dtype),
           c_shape(s.type), w_.kinds.at(i), s.name);
    }
    add(kWeights);
  }

  void function(const runtime::FunctionInfo& f, const std::vector<int64_t>& windows) {
    const bool steps = takes_steps(f);
    add(!steps ? kRows : f.name == "evaluate" ? kEvaluate : kStep);
    for (const int i : given_params(f))
      shape(f.params[static_cast<size_t>(i)], windows.at(static_cast<size_t>(i)));
    for (size_t i = 0; !steps && i < f.outputs.size(); ++i) shape(f.outputs[i]);
    if (const int64_t window = std::ranges::max(windows); window > 1)
      line(
          "   An example takes {} rows that follow each other: its own and the {} before it. Rows "
          "that several take are\n"
          "   given once.",
          window, window - 1);
    const CSignature s = c_signature(w_.prefix, f);
    add(kPart, {{"NAME", s.name}, {"RESULT", s.result}, {"ARGUMENTS", s.declared()}});
  }

  template <class Info>
  void shape(const Info& info, int64_t window = 1) {
    line("     {}: {}", c_identifier(info.name), c_shape(info.type, window));
  }

  void outputs(const runtime::FunctionInfo& f) {
    add("\n/* What PREFIX_NAME puts out, for PREFIX_output. */\n", {{"NAME", f.name}});
    for (size_t i = 0; i < f.outputs.size(); ++i) {
      const runtime::OutputInfo& o = f.outputs[i];
      line("#define {}_{}_{} {} /* {}: {} */", upper_case(w_.prefix), upper_case(f.name),
           upper_case(c_identifier(o.name)), i, c_type(o.type.dtype), c_shape(o.type));
    }
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
  // Of C's own and of those that the written files include: beside them `#include <NAME.h>` finds the model's.
  static constexpr std::string_view kTaken[] = {"pthread", "stdint", "stdio", "stdlib", "string"};
  if (std::ranges::find(kTaken, prefix) != std::end(kTaken))
    throw Error("'" + prefix + "' is the name of a header of C, which the model's would hide");
  if (!good)
    throw Error("'" + prefix +
                "' can't begin C's names, expected a letter, then letters, digits and _");
}

}  // namespace lathe::codegen
