#include "frontend/format/saved_model.h"

#include <cstring>
#include <limits>

#include "frontend/engine/lowering.h"
#include "frontend/format/atomic_file.h"
#include "frontend/format/model_metadata.h"
#include "frontend/format/read_file.h"
#include "ir/error.h"
#include "ir/printer.h"
#include "ir/proto.h"

namespace lathe::detail {

namespace {

constexpr const char* kDescription = "model";  // the key of model_metadata.h's JSON
// Protobuf's limit.
constexpr size_t kMostBytes = std::numeric_limits<int32_t>::max();

/// The built module, and beside the weights the states that training needs.
ir::Module module_to_save(ModelImpl& model) {
  ir::Module module = model.module();
  if (!model.compiled()) return module;
  // The optimiser puts its states behind the weights, so the numbers of states stay right.
  module.states = lower_to_updated(module).states;
  return module;
}

/// The IR that runs is made from the description. By the same rules it must be the file's.
void check_ir(const ir::Module& made, const ir::Module& saved) {
  if (!ir::same(made, saved))
    throw Error(
        "the IR is not that of the layers and training it is described with: it is damaged");
}

/// By older rules the IR may be another, but not the weights: each must have its place. Of the
/// optimiser's states, those that are gone are dropped; new ones begin as they say.
void take_older_states(const ir::Module& made, const ir::Module& saved,
                       std::map<std::string, Array>& states) {
  for (const ir::State& s : saved.states)
    if (s.attrs.word("role") == "weight" && made.find_state(s.name) < 0)
      throw Error("weight " + s.name + " has no place in the layers it is described with");
  for (auto at = states.begin(); at != states.end();) {
    const ir::StateId s = made.find_state(at->first);
    if (s >= 0 && made.states[s].type != at->second.type())
      throw Error("state " + at->first + " is " + at->second.type().to_string() + ", not " +
                  made.states[s].type.to_string());
    at = s < 0 ? states.erase(at) : std::next(at);
  }
}

}  // namespace

void save_model(ModelImpl& model, const std::filesystem::path& path) {
  ir::ModelFile file;
  file.module = module_to_save(model);
  const std::map<std::string, Array> values = model.states();
  for (const ir::State& s : file.module.states) {
    const auto at = values.find(s.name);
    if (at == values.end()) continue;  // no step has needed it yet: it begins as it says
    const Array& v = at->second;
    file.states.push_back(
        {s.name, v.type(),
         std::string(static_cast<const char*>(v.raw()), static_cast<size_t>(v.byte_size()))});
  }
  file.metadata[kDescription] = metadata_to_json(model);
  write_file_atomically(path, ir::write_model(file));
}

std::unique_ptr<ModelImpl> load_model(const std::filesystem::path& path) {
  const std::string name = path.string();
  const ir::ModelFile file = ir::read_model(read_file(path, "model " + name, kMostBytes), name);
  const auto description = file.metadata.find(kDescription);
  if (description == file.metadata.end())
    throw Error(name + ": this file holds IR alone, without a model's layers");
  auto [model, lowering] = model_from_metadata(description->second, name);
  std::map<std::string, Array> states;
  for (const ir::StateData& s : file.states) {
    Array value(s.type);
    LATHE_CHECK(static_cast<size_t>(value.byte_size()) == s.bytes.size(),
                "a state's data does not fit its type");
    std::memcpy(value.raw(), s.bytes.data(), s.bytes.size());
    states.insert_or_assign(s.name, std::move(value));
  }
  try {
    const ir::Module made = module_to_save(*model);
    if (lowering == kLoweringVersion)
      check_ir(made, file.module);
    else
      take_older_states(made, file.module, states);
    model->set_states(std::move(states));
  } catch (const Error& e) {
    throw Error(name + ": " + e.what());
  }
  return std::move(model);
}

}  // namespace lathe::detail
