#include "frontend/c_api/guard.h"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <mutex>
#include <new>

#include "ir/error.h"

namespace lathe::c_api {

namespace {

/// Cut off where it is longer: setting it allocates nothing, and can't fail.
thread_local char error_text[2048] = "";

int32_t say(int32_t code, const char* what) noexcept {
  std::strncpy(error_text, what, sizeof error_text - 1);
  return code;
}

struct Registry {
  std::mutex mutex;
  std::map<uintptr_t, std::shared_ptr<Held>> models;
  uintptr_t next = 1;
};

Registry& registry() {
  static Registry* all = new Registry;  // never destroyed: other threads may still call at exit
  return *all;
}

constexpr DType kTypes[] = {DType::F32, DType::F64, DType::I64, DType::I32, DType::U8};

}  // namespace

int32_t code_of_exception() noexcept {
  try {
    throw;
  } catch (const BadArgument& e) {
    return say(LATHE_BAD_ARGUMENT, e.what());
  } catch (const ShortBuffer& e) {
    return say(LATHE_SHORT_BUFFER, e.what());
  } catch (const InternalError& e) {
    return say(LATHE_INTERNAL, e.what());
  } catch (const Error& e) {
    return say(LATHE_FAILED, e.what());
  } catch (const std::bad_alloc&) {
    return say(LATHE_INTERNAL, "out of memory");
  } catch (const std::exception& e) {
    return say(LATHE_INTERNAL, e.what());
  } catch (...) {
    return say(LATHE_INTERNAL, "an unknown exception");
  }
}

const char* last_error() {
  return error_text;
}

lathe_model* keep(Model model) {
  Registry& all = registry();
  auto made = std::make_shared<Held>(std::move(model));
  const std::lock_guard lock(all.mutex);
  // A number, not an address: it is never used again.
  const uintptr_t number = all.next++;
  all.models.emplace(number, std::move(made));
  return reinterpret_cast<lathe_model*>(number);
}

void release(lathe_model* model) {
  Registry& all = registry();
  std::shared_ptr<Held> last;  // destroyed without the lock
  const std::lock_guard lock(all.mutex);
  const auto at = all.models.find(reinterpret_cast<uintptr_t>(model));
  if (at == all.models.end()) return;
  last = std::move(at->second);
  all.models.erase(at);
}

std::shared_ptr<Held> held(lathe_model* model) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  const auto at = all.models.find(reinterpret_cast<uintptr_t>(model));
  if (at == all.models.end())
    throw BadArgument(model ? "there is no such model: was it freed?" : "the model is NULL");
  return at->second;
}

const char* text(const char* value, const char* name) {
  if (!value) throw BadArgument(fmt::format("{} is NULL", name));
  return value;
}

int64_t in_range(int64_t value, int64_t least, int64_t most, const char* name) {
  if (value < least || value > most)
    throw BadArgument(fmt::format("{} is {}, expected {} to {}", name, value, least, most));
  return value;
}

ArrayView array(const lathe_array* value, const char* name) {
  if (!value) throw BadArgument(fmt::format("{} is NULL", name));
  in_range(value->type, 0, static_cast<int64_t>(std::size(kTypes)) - 1,
           fmt::format("{}.type", name).c_str());
  in_range(value->rank, 0, 8, fmt::format("{}.rank", name).c_str());
  if (value->rank > 0 && !value->shape) throw BadArgument(fmt::format("{}.shape is NULL", name));
  if (!value->data) throw BadArgument(fmt::format("{}.data is NULL", name));
  ArrayView view{kTypes[value->type], {}, value->data};
  constexpr int64_t kMost = int64_t{1} << 48;
  int64_t elements = 1;
  for (int32_t i = 0; i < value->rank; ++i) {
    const int64_t d = in_range(value->shape[i], 1, kMost / elements,
                               fmt::format("{}.shape[{}]", name, i).c_str());
    elements *= d;
    view.shape.push_back(d);
  }
  if (reinterpret_cast<uintptr_t>(value->data) % static_cast<uintptr_t>(dtype_size(view.dtype)) !=
      0)
    throw BadArgument(fmt::format("{}.data is not aligned to its elements", name));
  return view;
}

int32_t type_code(DType t) {
  for (size_t i = 0; i < std::size(kTypes); ++i)
    if (kTypes[i] == t) return static_cast<int32_t>(i);
  internal_error(__FILE__, __LINE__, "a state of a type that C does not know");
}

}  // namespace lathe::c_api
