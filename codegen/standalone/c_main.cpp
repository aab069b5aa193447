#include "codegen/standalone/c_main.h"

#include <algorithm>

#include "codegen/standalone/c_signature.h"
#include "ir/error.h"

namespace lathe::codegen {

namespace {

/// PREFIX stands for the model's name, INPUTS and OUTPUTS for numbers of a row, GUARD for the name in upper case.
constexpr std::string_view kSource =
    R"(/* Predicts rows of INPUTS numbers from standard input: CSV (a line a row, numbers with commas, semicolons or spaces
   between; a first line that begins with a word is passed over), IDX of bytes, or, with --raw, 32-bit floats as they lie in memory.
   A line of OUTPUTS numbers for each. Exit code 1 and a line on standard error for anything else. */
#include "PREFIX.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kInputs = INPUTS, kOutputs = OUTPUTS };

static int fail(const char *what, long line) {
  if (line)
    fprintf(stderr, "PREFIX: line %ld: %s\n", line, what);
  else
    fprintf(stderr, "PREFIX: %s\n", what);
  return 1;
}

static char *read_all(size_t *bytes) {
  size_t room = 1 << 16, part;
  char *all = (char *)malloc(room + 1);
  *bytes = 0;
  while (all && (part = fread(all + *bytes, 1, room - *bytes, stdin)) > 0) {
    char *more;
    *bytes += part;
    if (*bytes < room) continue;
    room *= 2;
    more = (char *)realloc(all, room + 1);
    if (!more) free(all);
    all = more;
  }
  if (all) all[*bytes] = 0; /* strtof stops there */
  return all;
}

static PREFIX_model *make_model(int64_t rows) {
  const int64_t bytes = PREFIX_bytes(rows);
  void *memory = aligned_alloc(64, (size_t)bytes);
  PREFIX_model *m = PREFIX_create(memory, bytes);
  return m && !PREFIX_load(m, PREFIX_weights(), PREFIX_weights_bytes()) ? m : NULL;
}

static int predict(PREFIX_model *m, const float *x, int64_t rows) {
  static float y[GUARD_MAX_ROWS * (int64_t)kOutputs];
  int64_t first, i, j;
  for (first = 0; first < rows; first += GUARD_MAX_ROWS) {
    const int64_t count = rows - first < GUARD_MAX_ROWS ? rows - first : GUARD_MAX_ROWS;
    if (PREFIX_predict(m, x + first * kInputs, count, y)) return fail("the model failed", 0);
    for (i = 0; i < count; ++i)
      for (j = 0; j < kOutputs; ++j) printf(j + 1 < kOutputs ? "%.9g," : "%.9g\n", (double)y[i * kOutputs + j]);
  }
  return ferror(stdout) || fflush(stdout) ? fail("can't write", 0) : 0;
}

static int is_between(char c) { return c == ',' || c == ';' || c == ' ' || c == '\t' || c == '\r'; }

/* Numbers up to the end of the line, of which the first INPUTS are kept; -1 for anything else, 0 for a line without. */
static long read_row(const char **at, float *x) {
  long count = 0;
  for (;;) {
    char *end;
    float value;
    while (is_between(**at)) ++*at;
    if (**at == 0 || **at == '\n') return count;
    if (!strchr("+-.0123456789", **at)) return -1;
    value = strtof(*at, &end);
    if (end == *at || !(is_between(*end) || *end == 0 || *end == '\n')) return -1;
    if (value - value != 0) return -1; /* NaN, or infinite */
    if (count < kInputs) x[count] = value;
    ++count;
    *at = end;
  }
}

/* Whether a line begins with a word, not with a number: names of columns. */
static int begins_with_word(const char *at) {
  char *end;
  while (is_between(*at)) ++at;
  strtof(at, &end);
  return *at && *at != '\n' && end == at;
}

static int predict_csv(const char *text, const char *end) {
  static float x[GUARD_MAX_ROWS * (int64_t)kInputs];
  PREFIX_model *m = make_model(GUARD_MAX_ROWS);
  int64_t rows = 0;
  long line = 0, any = 0;
  char what[96];
  if (!m) return fail("no memory", 0);
  if (!strncmp(text, "\xef\xbb\xbf", 3)) text += 3;
  for (; text < end; ++text) {
    long count = 0;
    if (++line == 1 && begins_with_word(text))
      while (text < end && *text && *text != '\n') ++text;
    else
      count = read_row(&text, x + rows * kInputs);
    if (count < 0) return fail("expected INPUTS finite numbers", line);
    if (count != 0 && count != kInputs) {
      sprintf(what, "%ld numbers, expected INPUTS", count);
      return fail(what, line);
    }
    if (text < end && *text != '\n') return fail("holds a zero byte", line);
    rows += count > 0;
    any += count > 0;
    if (rows == GUARD_MAX_ROWS) {
      if (predict(m, x, rows)) return 1;
      rows = 0;
    }
  }
  if (rows > 0 && predict(m, x, rows)) return 1;
  return any ? 0 : fail("expected rows of INPUTS numbers", 0);
}

static unsigned long big_endian(const unsigned char *b) {
  return (unsigned long)b[0] << 24 | (unsigned long)b[1] << 16 | (unsigned long)b[2] << 8 | b[3];
}

static int predict_idx(const unsigned char *bytes, size_t count) {
  const unsigned dims = bytes[3];
  size_t head = 4 + 4 * (size_t)dims, rows, all = 1, i;
  float *x;
  PREFIX_model *m;
  if (bytes[2] != 8 || dims < 2) return fail("expected IDX of bytes, one picture or more", 0);
  if (count < head) return fail("the IDX is cut off", 0);
  rows = big_endian(bytes + 4);
  for (i = 1; i < dims; ++i) {
    all *= big_endian(bytes + 4 + 4 * i);
    if (all > kInputs) break;
  }
  if (all != kInputs) return fail("expected IDX with INPUTS bytes a row", 0);
  if (rows == 0) return fail("the IDX has no rows", 0);
  if ((count - head) / kInputs != rows || (count - head) % kInputs != 0)
    return fail("the IDX has other rows than it says", 0);
  x = (float *)malloc(rows * kInputs * sizeof(float));
  m = make_model(1);
  if (!x || !m) return fail("no memory", 0);
  for (i = 0; i < rows * kInputs; ++i) x[i] = bytes[head + i];
  return predict(m, x, (int64_t)rows);
}

int main(int count, char **arguments) {
  const int raw = count == 2 && !strcmp(arguments[1], "--raw");
  size_t bytes, i;
  char *all;
  PREFIX_model *m;
  if (count > 1 && !raw) {
    fprintf(stderr, "usage: PREFIX [--raw] < rows\n");
    return 2;
  }
  all = read_all(&bytes);
  if (!all || ferror(stdin)) return fail("can't read standard input", 0);
  if (!raw && bytes >= 4 && all[0] == 0 && all[1] == 0) return predict_idx((const unsigned char *)all, bytes);
  if (!raw) return predict_csv(all, all + bytes);
  if (bytes == 0 || bytes % (kInputs * sizeof(float))) return fail("expected rows of INPUTS floats", 0);
  for (i = 0; i < bytes / sizeof(float); ++i)
    if (((const float *)(const void *)all)[i] - ((const float *)(const void *)all)[i] != 0)
      return fail("holds a number that is not finite", 0);
  m = make_model(1);
  return m ? predict(m, (const float *)(const void *)all, (int64_t)(bytes / (kInputs * sizeof(float))))
           : fail("no memory", 0);
}
)";

}  // namespace

std::string c_main(const Standalone& model, const std::string& prefix) {
  const auto f = std::ranges::find(model.functions, "predict", &runtime::FunctionInfo::name);
  const auto is_rows = [](const TensorType& t) { return t.dtype == DType::F32 && t.has_symbol(); };
  if (f == model.functions.end() || f->params.size() != 1 || f->outputs.size() != 1 ||
      !is_rows(f->params[0].type) || !is_rows(f->outputs[0].type))
    throw Error("a program of its own takes a function predict of one input and one output, f32");
  if (!model.embeds) throw Error("a program of its own has its weights in it");
  return with_words(kSource, {{"PREFIX", prefix},
                              {"GUARD", upper_case(prefix)},
                              {"INPUTS", std::to_string(f->params[0].type.row_elements())},
                              {"OUTPUTS", std::to_string(f->outputs[0].type.row_elements())}});
}

}  // namespace lathe::codegen
