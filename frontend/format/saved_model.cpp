#include "frontend/format/saved_model.h"

#include <cstring>
#include <fstream>
#include <limits>

#include "frontend/engine/lowering.h"
#include "frontend/format/atomic_file.h"
#include "frontend/format/model_metadata.h"
#include "ir/error.h"
#include "ir/printer.h"
#include "ir/proto.h"

namespace lathe::detail {

namespace {

constexpr const char* kDescription = "model";  // the key of model_metadata.h's JSON

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::error_code ignored;
  if (!file || std::filesystem::is_directory(path, ignored))
    throw Error("can't read model " + path.string());
  const std::streamoff size = file.tellg();
  if (size < 0 || size > std::numeric_limits<int32_t>::max())
    throw Error("model " + path.string() + " is larger than 2 GiB");
  std::string bytes(static_cast<size_t>(size), '\0');
  file.seekg(0);
  file.read(bytes.data(), size);
  if (file.gcount() != size) throw Error("can't read model " + path.string());
  return bytes;
}

/// The built module, and beside the weights the states that training needs.
ir::Module module_to_save(ModelImpl& model) {
  ir::Module module = model.module();
  if (!model.compiled()) return module;
  // The optimiser puts its states behind the weights, so the numbers of states stay right.
  module.states = lower_to_updated(module).states;
  return module;
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
  const ir::ModelFile file = ir::read_model(read_file(path), name);
  const auto description = file.metadata.find(kDescription);
  if (description == file.metadata.end())
    throw Error(name + ": this file holds IR alone, without a model's layers");
  std::unique_ptr<ModelImpl> model = model_from_metadata(description->second, name);
  std::map<std::string, Array> states;
  for (const ir::StateData& s : file.states) {
    Array value(s.type);
    LATHE_CHECK(static_cast<size_t>(value.byte_size()) == s.bytes.size(),
                "a state's data does not fit its type");
    std::memcpy(value.raw(), s.bytes.data(), s.bytes.size());
    states.insert_or_assign(s.name, std::move(value));
  }
  try {
    model->set_states(std::move(states));
    // The IR that runs is made from the description, so the IR in the file must be the same.
    if (!ir::same(module_to_save(*model), file.module))
      throw Error("the IR is not that of the layers and training it is described with");
  } catch (const Error& e) {
    throw Error(name + ": " + e.what());
  }
  return model;
}

}  // namespace lathe::detail
