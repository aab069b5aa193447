// `lathe run FILE`: executes a function of IR text on the interpreter or as compiled code, or on
// both to compare them.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "codegen/interp/compare.h"
#include "codegen/interp/interpreter.h"
#include "frontend/data/npy.h"
#include "ir/nearest.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/proto.h"
#include "tools/cli/command.h"
#include "tools/cli/files.h"
#include "tools/cli/ir_values.h"
#include "tools/cli/json_line.h"
#include "tools/cli/stages.h"
#include "tools/cli/state_init.h"
#include "tools/cli/terminal.h"
#ifdef LATHE_LLVM
#include "codegen/compile.h"
#include "runtime/executable.h"
#endif

namespace lathe::cli {
namespace {

using runtime::Tensor;
using Named = std::map<std::string, Tensor>;

struct Options {
  std::string file, backend = "interpreter";
  std::optional<std::string> function;
  std::vector<std::string> inputs, states;
  int64_t batch = 0, rows = 0, threads = 1, ulps = 16, seed = 0;
  double tolerance = 1e-5;
  bool show_states = false, compare = false, json = false;
};

struct Work {
  ir::Module module;
  std::string function;
  Named inputs, states;
  int64_t batch = 1, rows = 1;
  uint64_t seed = 0;
};

struct Result {
  Named outputs, states;
};

/// `x=1,2,3` as name and value.
std::map<std::string, std::string> assignments(const std::string& option,
                                               const std::vector<std::string>& texts,
                                               const std::vector<std::string>& names) {
  std::map<std::string, std::string> found;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError(fmt::format("{} is '{}', expected NAME=VALUES", option, text));
    }
    const std::string name = text.substr(0, equals);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      if (names.empty()) throw UsageError(fmt::format("{} {}: there is none", option, name));
      throw UsageError(ir::unknown_name(option.substr(2), name, names));
    }
    found[name] = text.substr(equals + 1);
  }
  return found;
}

const ir::Function& chosen_function(const ir::Module& module,
                                    const std::optional<std::string>& name) {
  if (name) return module.function(*name);
  if (module.functions.size() == 1) return module.functions[0];
  std::vector<std::string> names;
  for (const ir::Function& f : module.functions) names.push_back(f.name);
  throw UsageError(fmt::format("there are {} functions; give --function: {}", names.size(),
                               fmt::join(names, ", ")));
}

/// Inputs whose values say how large B and N are come first; those that only use it follow.
Named read_inputs(const ir::Function& f, const Options& options, SymbolSizes& sizes) {
  std::vector<std::string> names;
  for (ir::ValueId p : f.params) names.push_back(f.op(p).name);
  const auto texts = assignments("--input", options.inputs, names);
  Named inputs;
  for (const bool drawn : {false, true}) {
    for (ir::ValueId p : f.params) {
      const ir::Op& param = f.op(p);
      const auto text = texts.find(param.name);
      if (text == texts.end()) {
        throw UsageError(fmt::format("there is no --input {}=... for %{} : {}", param.name,
                                     param.name, param.type.to_string()));
      }
      if (text->second.starts_with("random:") != drawn) continue;
      inputs[param.name] = parse_value("--input " + param.name, text->second, param.type,
                                       integer_limit(f, p, sizes.rows), sizes);
    }
  }
  return inputs;
}

Named read_states(const ir::Module& m, const Options& options) {
  std::vector<std::string> names;
  for (const ir::State& s : m.states) names.push_back(s.name);
  Named states;
  SymbolSizes none;
  for (const auto& [name, text] : assignments("--state", options.states, names)) {
    const ir::State& s = m.states[static_cast<size_t>(m.find_state(name))];
    states[name] = parse_value("--state " + name, text, s.type, 10, none);
  }
  return states;
}

/// Those that passes put behind the module's own, such as an optimiser's, begin as they say.
Named states_of(const ir::Module& lowered, const Work& work) {
  Named states = initial_states(lowered, work.seed);
  for (const auto& [name, value] : work.states) states[name] = value;
  return states;
}

bool needs_gradients(const ir::Module& module) {
  for (const ir::Function& f : module.functions) {
    for (ir::ValueId id : f.body) {
      const ir::OpKind kind = f.op(id).kind;
      if (kind == ir::OpKind::Minimize || kind == ir::OpKind::Update) return true;
    }
  }
  return false;
}

Result run_interpreter(const Work& work) {
  ir::Module module = work.module;
  if (needs_gradients(module)) {
    passes::Remarks remarks;
    passes::run_to_stage(module, passes::Stage::Updated, {}, remarks);
  }
  interp::Interpreter interpreter(module);
  for (const auto& [name, value] : states_of(module, work)) interpreter.set_state(name, value);
  interp::Interpreter::Inputs inputs;
  for (const auto& [name, value] : work.inputs) inputs.emplace(name, value.view());
  Result result;
  result.outputs = interpreter.run(work.function, inputs, work.batch);
  for (const ir::State& s : module.states) result.states[s.name] = interpreter.state(s.name);
  return result;
}

#ifdef LATHE_LLVM
Tensor output_tensor(const TensorType& type, int64_t batch) {
  std::vector<int64_t> shape;
  for (Dim d : type.shape) shape.push_back(d.bind(batch, 1));
  return Tensor(type.dtype, shape);
}

Result run_llvm(const Work& work, int64_t threads) {
  ir::Module module = work.module;
  const codegen::LlvmOptions llvm;
  const codegen::CpuShape cpu = codegen::cpu_shape(llvm);
  passes::PassOptions pass;
  pass.max_batch = std::max(work.batch, pass.max_batch);
  pass.target = {cpu.vector_lanes};
  passes::Remarks remarks;
  passes::run_from_stage(module, stage_of(module), passes::Stage::Planned, pass, remarks);
  std::shared_ptr<runtime::Executable> code = codegen::compile_llvm(module, llvm);
  auto store = std::make_shared<runtime::StateStore>(*code);
  for (const auto& [name, value] : states_of(module, work)) {
    if (store->find(name) >= 0) store->set(name, value);
  }
  runtime::Session session(code, store,
                           std::make_shared<runtime::WorkerTeam>(static_cast<int>(threads)));
  const int index = code->find_function(work.function);
  const runtime::FunctionInfo& f = code->functions()[static_cast<size_t>(index)];
  std::vector<const void*> params;
  for (const runtime::ParamInfo& p : f.params) params.push_back(work.inputs.at(p.name).raw());
  Result result;
  std::vector<void*> outputs;
  for (const runtime::OutputInfo& o : f.outputs) {
    Tensor& value = result.outputs[o.name] = output_tensor(o.type, work.batch);
    outputs.push_back(value.raw());
  }
  session.run(index, params, outputs, work.batch, work.batch, work.rows);
  for (const runtime::StateInfo& s : store->states()) result.states[s.name] = store->get(s.name);
  return result;
}
#else
Result run_llvm(const Work&, int64_t) {
  throw Error("this build has no LLVM, expected --backend interpreter");
}
#endif

nlohmann::ordered_json values_json(const Named& values) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const auto& [name, value] : values) out[name] = value_json(value);
  return out;
}

void print_json(const Work& work, const Result& result, bool states) {
  nlohmann::ordered_json out;
  out["function"] = work.function;
  out["outputs"] = values_json(result.outputs);
  if (states) out["states"] = values_json(result.states);
  print_json_line(out);
}

void print(const Work& work, const Result& result, bool states) {
  const ir::Function& f = work.module.function(work.function);
  for (const ir::Output& o : f.outputs) {
    write_stdout(value_text(o.name, result.outputs.at(o.name)));
  }
  if (!states) return;
  for (const auto& [name, value] : result.states) write_stdout(value_text("state " + name, value));
}

/// Prints how each value fares, or puts it into `out` with --json; returns how many differ.
int compare(const Named& actual, const Named& expected, const char* what, const Options& options,
            nlohmann::ordered_json& out) {
  int wrong = 0;
  for (const auto& [name, value] : expected) {
    const auto found = actual.find(name);
    const std::string words =
        found == actual.end()
            ? "is missing in compiled code"
            : interp::disagreement(found->second, value, {options.ulps, options.tolerance});
    const std::string said = words.empty() ? "agree" : words;
    if (!words.empty()) ++wrong;
    if (options.json) {
      out[std::string(what) + "s"][name] = said;
    } else {
      write_stdout(fmt::format("{} {}: {}\n", what, name, said));
    }
  }
  return wrong;
}

Work prepare(const Options& options) {
  const std::string text = read_file(options.file, size_t{1} << 30);
  const std::string name = options.file == "-" ? "<stdin>" : options.file;
  Work work;
  if (ir::is_model(text)) {
    ir::ModelFile file = ir::read_model(text, name);
    work.module = std::move(file.module);
    for (const ir::StateData& s : file.states) {
      Tensor value(s.type);
      std::copy(s.bytes.begin(), s.bytes.end(), reinterpret_cast<char*>(value.raw()));
      work.states[s.name] = value;
    }
  } else {
    work.module = ir::parse_verified(text, name);
  }
  work.seed = static_cast<uint64_t>(options.seed);
  for (auto& [state, value] : initial_states(work.module, work.seed)) {
    work.states.try_emplace(state, value);  // what a saved model holds stays
  }
  const ir::Function& f = chosen_function(work.module, options.function);
  work.function = f.name;
  SymbolSizes sizes{options.batch, options.rows};
  work.inputs = read_inputs(f, options, sizes);
  for (auto& [state, value] : read_states(work.module, options)) work.states[state] = value;
  work.batch = std::max<int64_t>(sizes.batch, 1);
  work.rows = std::max<int64_t>(sizes.rows, 1);
  return work;
}

/// Row numbers that are given must be of rows that there are: a gather outside gives zeros, which a
/// slip of the pen should not.
void check_indices(const Work& work) {
  const ir::Function& f = work.module.function(work.function);
  for (ir::ValueId id : f.body) {
    const ir::Op& op = f.op(id);
    if (op.kind != ir::OpKind::Gather || f.op(op.operands[1]).kind != ir::OpKind::Param) continue;
    const std::string& name = f.op(op.operands[1]).name;
    const int64_t rows = f.op(op.operands[0]).type.shape[0].bind(work.batch, work.rows);
    const int64_t window = std::max<int64_t>(op.attrs.integer("window", 0), 1);
    const Tensor index = data::convert_tensor(work.inputs.at(name), DType::I64);
    for (int64_t row : index.data<int64_t>()) {
      if (row < 0 || row >= rows) {
        throw Error(fmt::format("--input {}: row {} of {} does not exist", name, row, rows));
      }
      if (row < window - 1) {
        throw Error(
            fmt::format("--input {}: no window of {} rows ends with row {}", name, window, row));
      }
    }
  }
}

/// The one pass of the pipeline that changes values on purpose: both sides of a comparison have it
/// behind them.
void use_logits(ir::Module& module) {
  if (stage_of(module) != passes::Stage::Built) return;
  const std::string names[] = {"logits"};
  passes::Remarks remarks;
  passes::run_passes(module, names, {}, remarks);
}

void check_options(const Args& args) {
  args.exclude("--compare", {"--backend"}, "it runs both");
  for (const char* limit : {"--ulps", "--tolerance"}) {
    if (args.given(limit) && !args.given("--compare")) {
      throw UsageError(fmt::format("{} without --compare: nothing is compared", limit));
    }
  }
}

int run(const Options& options, const Args& args) {
  check_options(args);
  Work work = prepare(options);
  check_indices(work);
  if (options.compare) {
    use_logits(work.module);
    const Result expected = run_interpreter(work), actual = run_llvm(work, options.threads);
    nlohmann::ordered_json out;
    out["function"] = work.function;
    int wrong = compare(actual.outputs, expected.outputs, "output", options, out);
    wrong += compare(actual.states, expected.states, "state", options, out);
    out["agree"] = wrong == 0;
    if (options.json) print_json_line(out);
    if (wrong == 0) return kDone;
    throw Error(fmt::format("compiled code and interpreter disagree on {} value{}", wrong,
                            wrong == 1 ? "" : "s"));
  }
  const Result result =
      options.backend == "llvm" ? run_llvm(work, options.threads) : run_interpreter(work);
  (options.json ? print_json : print)(work, result, options.show_states);
  return kDone;
}

}  // namespace

Run declare_run(Args& args) {
  auto options = std::make_shared<Options>();
  args.position("FILE", options->file, true, "IR text, or a saved model; - is standard input");
  args.text("--function", options->function, "NAME", "which one (default: the only one)");
  args.texts("--input", options->inputs, "x=VALUES",
             "a parameter: numbers with commas, FILE.npy or random:SEED; once for each");
  args.texts("--state", options->states, "w=VALUES",
             "a state at entry (default: its init, otherwise zeros)");
  args.whole("--seed", options->seed, 0, INT64_MAX,
             "of states whose init draws numbers (default: 0)");
  args.whole("--batch", options->batch, 1, 1'000'000, "B, where no input says it");
  args.whole("--rows", options->rows, 1, 100'000'000, "N, where no input says it");
  args.choice("--backend", options->backend, {"interpreter", "llvm"},
              "what runs it (default: interpreter)");
  args.whole("--threads", options->threads, 1, 256, "of compiled code (default: 1)");
  args.flag("--states", options->show_states, "print the states too, as they are afterwards");
  args.flag("--compare", options->compare, "run both; exit code 1 where they disagree");
  args.whole("--ulps", options->ulps, 0, INT64_MAX, "allowed by --compare (default: 16)");
  args.real("--tolerance", options->tolerance, 0, 1e30,
            "absolute difference allowed by --compare (default: 1e-5)");
  args.flag("--json", options->json, "one JSON object on one line; NaN is null");
  args.example("lathe run step.lathe --function f --input x=1,2,3 --state w=random:1 --compare");
  return [options, &args] { return run(*options, args); };
}

}  // namespace lathe::cli
