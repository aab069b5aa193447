// What every function of the C interface needs: codes for exceptions, live models, arguments.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "lathe/array.h"
#include "lathe/c_api.h"
#include "lathe/model.h"

namespace lathe::c_api {

/// An argument that no model can take: LATHE_BAD_ARGUMENT.
class BadArgument : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// LATHE_SHORT_BUFFER.
class ShortBuffer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A model, and what lathe_state has last shown of it.
struct Held {
  explicit Held(Model m) : model(std::move(m)) {}

  Model model;
  RunOptions run;  ///< of every compile
  std::string name;
  Array value;
  std::vector<int64_t> shape;
};

/// The code for the exception that is being handled; lathe_error has its text.
int32_t code_of_exception() noexcept;
/// Of this thread.
const char* last_error();

/// Runs `body`; nothing that it throws gets out.
template <class F>
int32_t guarded(F&& body) noexcept {
  try {
    body();
    return LATHE_OK;
  } catch (...) {
    return code_of_exception();
  }
}

/// Keeps a model until released. Never the address of one that is kept or was, so that no old handle is taken for a
/// new model.
lathe_model* keep(Model model);
void release(lathe_model* model);
/// BadArgument unless it is kept. Lives as long as the caller holds it, also when another thread releases it.
std::shared_ptr<Held> held(lathe_model* model);

/// BadArgument for null.
const char* text(const char* value, const char* name);
/// BadArgument outside the range.
int64_t in_range(int64_t value, int64_t least, int64_t most, const char* name);
/// BadArgument for what is no array of at least one element; `name` is the argument's.
ArrayView array(const lathe_array* value, const char* name);

int32_t type_code(DType t);

}  // namespace lathe::c_api
