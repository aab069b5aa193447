#include "tools/cli/ir_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ir/op_table.h"
#include "ir/printer.h"

namespace lathe::cli {
namespace {

using Json = nlohmann::ordered_json;

Json attributes(const ir::Attrs& attrs) {
  Json out = Json::object();
  for (const auto& [name, value] : attrs) {
    std::visit([&, key = name](const auto& v) { out[key] = v; }, value);
  }
  return out;
}

void put_attributes(Json& out, const ir::Attrs& attrs) {
  if (!attrs.empty()) out["attributes"] = attributes(attrs);
}

std::string_view op_name(const ir::Op& op) {
  if (op.kind == ir::OpKind::Param) return "param";
  if (op.kind == ir::OpKind::State) return "state";
  return ir::op_info(op.kind).text;
}

bool has_value(const ir::Op& op) {
  return op.kind == ir::OpKind::Param || op.kind == ir::OpKind::State || ir::has_result(op.kind);
}

Json op_json(const ir::Module& m, const ir::Function& f, const std::vector<std::string>& names,
             ir::ValueId id) {
  const ir::Op& op = f.op(id);
  Json out;
  out["op"] = op_name(op);
  if (has_value(op)) {
    out["result"] = names[static_cast<size_t>(id)];
    out["type"] = op.type.to_string();
  }
  Json operands = Json::array();
  for (ir::ValueId operand : op.operands) operands.push_back(names[static_cast<size_t>(operand)]);
  out["operands"] = operands;
  if (op.state != ir::kNone) out["state"] = m.states[static_cast<size_t>(op.state)].name;
  put_attributes(out, op.attrs);
  if (op.kernel != ir::kNone) out["kernel"] = f.kernels[static_cast<size_t>(op.kernel)].name;
  out["text"] = ir::op_text(m, f, id);
  return out;
}

Json function_json(const ir::Module& m, const ir::Function& f) {
  const std::vector<std::string> names = ir::value_names(m, f);
  Json out;
  out["name"] = f.name;
  put_attributes(out, f.attrs);
  out["params"] = Json::array();
  for (ir::ValueId p : f.params) {
    out["params"].push_back({{"name", f.op(p).name}, {"type", f.op(p).type.to_string()}});
  }
  out["outputs"] = Json::array();
  for (const ir::Output& o : f.outputs) {
    out["outputs"].push_back({{"name", o.name},
                              {"value", names[static_cast<size_t>(o.value)]},
                              {"type", f.op(o.value).type.to_string()}});
  }
  out["kernels"] = Json::array();
  for (const ir::Kernel& k : f.kernels) {
    Json kernel = {{"name", k.name}, {"kind", ir::kernel_kind_name(k.kind)}};
    put_attributes(kernel, k.attrs);
    out["kernels"].push_back(kernel);
  }
  out["ops"] = Json::array();
  for (ir::ValueId id : f.body) out["ops"].push_back(op_json(m, f, names, id));
  return out;
}

/// Text inside a quoted Graphviz string.
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

class DotWriter {
 public:
  explicit DotWriter(const ir::Module& m) : m_(m) {}

  std::string write() {
    out_ = fmt::format("digraph \"{}\" {{\n  node [shape=box, fontname=monospace];\n", m_.name);
    for (size_t i = 0; i < m_.functions.size(); ++i) function(i);
    return out_ + "}\n";
  }

 private:
  static std::string node(size_t function, ir::ValueId id) {
    return fmt::format("f{}_{}", function, id);
  }

  void op(size_t index, const ir::Function& f, const std::vector<std::string>& names,
          ir::ValueId id) {
    const ir::Op& op = f.op(id);
    std::string label =
        has_value(op) ? fmt::format("{}: {}", names[static_cast<size_t>(id)], op.type.to_string())
                      : std::string(op_name(op));
    if (ir::has_result(op.kind) && op.kind != ir::OpKind::Param && op.kind != ir::OpKind::State) {
      label = ir::op_text(m_, f, id);
    }
    label = escaped(label);
    if (op.state != ir::kNone && op.kind != ir::OpKind::State)
      label += "\\n%" + escaped(m_.states[static_cast<size_t>(op.state)].name);
    out_ += fmt::format("    {} [label=\"{}\"];\n", node(index, id), label);
  }

  void function(size_t index) {
    const ir::Function& f = m_.functions[index];
    const std::vector<std::string> names = ir::value_names(m_, f);
    out_ += fmt::format("  subgraph cluster_{} {{\n    label=\"@{}\";\n", index, escaped(f.name));
    std::vector<bool> shown(f.ops.size());
    const auto show = [&](ir::ValueId id) {
      if (!shown[static_cast<size_t>(id)]) op(index, f, names, id);
      shown[static_cast<size_t>(id)] = true;
    };
    for (ir::ValueId p : f.params) show(p);
    for (ir::ValueId id : f.body) {
      for (ir::ValueId operand : f.op(id).operands) {
        if (f.op(operand).kind == ir::OpKind::State) show(operand);
      }
    }
    for (size_t k = 0; k < f.kernels.size(); ++k) {
      out_ += fmt::format("    subgraph cluster_{}_{} {{\n    label=\"{} ({})\"; style=rounded;\n",
                          index, k, escaped(f.kernels[k].name),
                          ir::kernel_kind_name(f.kernels[k].kind));
      for (ir::ValueId id : f.body) {
        if (f.op(id).kernel == static_cast<int32_t>(k)) show(id);
      }
      out_ += "    }\n";
    }
    for (ir::ValueId id : f.body) show(id);
    for (ir::ValueId id : f.body) {
      for (ir::ValueId operand : f.op(id).operands) {
        out_ += fmt::format("    {} -> {};\n", node(index, operand), node(index, id));
      }
    }
    for (size_t o = 0; o < f.outputs.size(); ++o) {
      out_ +=
          fmt::format("    f{}_out{} [label=\"{}\", shape=ellipse];\n    {} -> f{}_out{};\n", index,
                      o, escaped(f.outputs[o].name), node(index, f.outputs[o].value), index, o);
    }
    out_ += "  }\n";
  }

  const ir::Module& m_;
  std::string out_;
};

}  // namespace

std::string module_json(const ir::Module& module) {
  Json out;
  out["name"] = module.name;
  put_attributes(out, module.attrs);
  out["states"] = Json::array();
  for (const ir::State& s : module.states) {
    Json state = {{"name", s.name}, {"type", s.type.to_string()}};
    put_attributes(state, s.attrs);
    out["states"].push_back(state);
  }
  out["functions"] = Json::array();
  for (const ir::Function& f : module.functions)
    out["functions"].push_back(function_json(module, f));
  return out.dump(1) + "\n";
}

std::string module_dot(const ir::Module& module) {
  return DotWriter(module).write();
}

}  // namespace lathe::cli
