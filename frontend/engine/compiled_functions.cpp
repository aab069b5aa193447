#ifdef LATHE_LLVM

#include "frontend/engine/compiled_functions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "frontend/engine/lowering.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "runtime/sha256.h"

namespace lathe::detail {

namespace {

/// What a hit has to know of the planned module: its states.
std::string states_text(const ir::Module& planned) {
  ir::Module m;
  m.name = planned.name;
  m.states = planned.states;
  return ir::print(m);
}

}  // namespace

CompiledFunctions::CompiledFunctions(ir::Module module, const codegen::LlvmOptions& options,
                                     int64_t max_batch, runtime::CodeCache cache)
    : built_(std::move(module)),
      options_(options),
      max_batch_(max_batch),
      cache_(std::move(cache)) {
  std::erase_if(built_.functions, [](const ir::Function& f) { return f.name == "init"; });
}

std::string CompiledFunctions::key(std::string_view function) const {
  // The module as it was built: a hit spares the passes too.
  return runtime::Sha256()
      .update(codegen::compiler_identity(options_))
      .update("max_batch " + std::to_string(max_batch_) + "\nfunction ")
      .update(function)
      .update("\n")
      .update(ir::print(built_))
      .hex();
}

std::optional<runtime::CodeImage> CompiledFunctions::cached(const std::string& key) {
  const std::optional<std::string> bytes = cache_.load(key);
  if (!bytes) return std::nullopt;
  std::optional<runtime::CodeImage> image = runtime::image_from_bytes(*bytes);
  if (!image) cache_.remove(key);
  return image;
}

const ir::Module& CompiledFunctions::planned() {
  if (!planned_) {
    const passes::PassOptions pass{.max_batch = max_batch_,
                                   .target = {codegen::cpu_shape(options_).vector_lanes}};
    planned_ = lower_to_planned(built_, pass);
  }
  return *planned_;
}

std::shared_ptr<runtime::Executable> CompiledFunctions::compile(std::string_view function) {
  const std::string key = cache_.folder() ? this->key(function) : "";
  if (const auto image = cached(key)) {
    if (states_.empty()) states_ = ir::parse(image->notes, "the cached states").states;
    return runtime::map_image(*image);
  }
  ir::Module one = planned();
  states_ = one.states;
  std::erase_if(one.functions, [&](const ir::Function& f) { return f.name != function; });
  runtime::CodeImage image = codegen::compile_image(one, options_);
  image.notes = states_text(one);
  cache_.store(key, runtime::image_to_bytes(image));
  return runtime::map_image(image);
}

}  // namespace lathe::detail

#endif  // LATHE_LLVM
