#include "frontend/format/flat_weights.h"

#include <map>
#include <vector>

#include "frontend/engine/lowering.h"
#include "frontend/model/first_value.h"
#include "frontend/model/model_impl.h"
#include "ir/error.h"
#include "ir/nearest.h"
#include "runtime/weights_file.h"

namespace lathe::detail {

std::string flat_weights(Model& model, const ir::Module& module) {
  const std::map<std::string, Array> states = model.impl().states();
  const uint64_t seed = model.compiled() ? model.compile_options().seed : 0;
  std::vector<runtime::WeightsRecord> records;
  std::vector<Array> values;
  for (const ir::State& s : module.states) {
    records.push_back({s.name, s.type});
    const auto at = states.find(s.name);
    if (at != states.end() && at->second.type() != s.type)
      throw Error("state " + s.name + " is " + at->second.type().to_string() + ", expected " +
                  s.type.to_string());
    values.push_back(at != states.end() ? at->second : first_value(s, seed));
  }
  const std::vector<runtime::TensorView> views(values.begin(), values.end());
  return runtime::weights_to_bytes(records, views);
}

void take_flat_weights(Model& model, std::string_view bytes, const std::string& source) {
  std::vector<runtime::NamedValue> read = runtime::weights_from_bytes(bytes, source);
  std::map<std::string, TensorType> known;
  std::vector<std::string> names;
  for (const ir::State& s : lower_to_updated(model.module()).states) {
    known.emplace(s.name, s.type);
    names.push_back(s.name);
  }
  std::map<std::string, Array> states = model.impl().states();
  for (runtime::NamedValue& s : read) {
    const auto at = known.find(s.name);
    if (at == known.end()) throw Error(source + ": " + ir::unknown_name("state", s.name, names));
    if (at->second != s.value.type())
      throw Error(source + ": state " + s.name + " is " + s.value.type().to_string() +
                  ", the model's is " + at->second.to_string());
    known.erase(at);
    states.insert_or_assign(s.name, std::move(s.value));
  }
  for (const std::string& weight : model.weight_names())
    if (known.contains(weight)) throw Error(source + ": weight " + weight + " is missing");
  model.impl().set_states(std::move(states));
}

}  // namespace lathe::detail
