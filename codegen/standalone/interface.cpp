#include "codegen/standalone/interface.h"

#include <algorithm>

#include "ir/error.h"

namespace lathe::codegen {

namespace {

bool is_resident(const runtime::ParamInfo& p) {
  return p.type.rank() > 0 && p.type.shape[0].is_rows();
}

}  // namespace

runtime::WeightsPlan weights_of(const std::vector<runtime::StateInfo>& states) {
  std::vector<runtime::WeightsRecord> records;
  for (const runtime::StateInfo& s : states) records.push_back({s.name, s.type});
  return runtime::plan_weights(records);
}

std::vector<runtime::FunctionInfo> callable(std::vector<runtime::FunctionInfo> all) {
  std::erase_if(all, [](const runtime::FunctionInfo& f) { return f.name == kFirstValues; });
  return all;
}

int64_t most_rows(const std::vector<runtime::FunctionInfo>& all) {
  int64_t most = 1;
  for (const runtime::FunctionInfo& f : callable(all)) most = std::max(most, f.max_batch);
  return most;
}

bool takes_steps(const runtime::FunctionInfo& f) {
  return std::ranges::any_of(f.params, is_resident);
}

int64_t numbers_at(const runtime::FunctionInfo& f) {
  if (!takes_steps(f)) return -1;
  const TensorType numbers{DType::I32, {Dim::batch()}};
  int64_t at = -1;
  for (size_t i = 0; i < f.params.size(); ++i) {
    if (f.params[i].type != numbers) continue;
    if (at >= 0)
      throw Error("function '" + f.name + "' has two parameters that can be row numbers");
    at = static_cast<int64_t>(i);
  }
  if (at < 0)
    throw Error("function '" + f.name + "' has resident data, but no row numbers, i32[B]");
  return at;
}

std::vector<int64_t> windows_of(const ir::Function& f) {
  std::vector<int64_t> windows(f.params.size(), 0);
  for (const ir::ValueId id : f.body) {
    const ir::Op& op = f.op(id);
    if (op.kind != ir::OpKind::Gather) continue;
    const auto at = std::ranges::find(f.params, op.operands[0]);
    if (at == f.params.end()) continue;
    int64_t& window = windows[static_cast<size_t>(at - f.params.begin())];
    const int64_t here = std::max<int64_t>(op.attrs.integer("window", 0), 1);
    if (window > 0 && window != here)
      throw Error("function '" + f.name + "' looks parameter '" + f.op(*at).name +
                  "' up in windows of two lengths");
    window = here;
  }
  for (int64_t& window : windows) window = std::max<int64_t>(window, 1);
  return windows;
}

std::vector<int> given_params(const runtime::FunctionInfo& f) {
  const int64_t numbers = numbers_at(f);
  std::vector<int> given;
  for (size_t i = 0; i < f.params.size(); ++i)
    if (static_cast<int64_t>(i) != numbers) given.push_back(static_cast<int>(i));
  return given;
}

}  // namespace lathe::codegen
