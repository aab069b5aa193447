#include "tools/bench/kernels/kernel_module.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "codegen/compile.h"
#include "ir/error.h"
#include "ir/parser.h"
#include "passes/pipeline.h"
#include "tools/bench/kernels/kernel_table.h"

namespace lathe::bench {
namespace {

passes::PassOptions options_here() {
  passes::PassOptions options;
  options.target = {codegen::cpu_shape({}).vector_lanes};
  return options;
}

std::string matrix(int64_t rows, int64_t columns) {
  return fmt::format("f32[{},{}]", rows, columns);
}

/// `to` as the activation of `from`, both of a type.
std::string activation_line(Activation activation, const std::string& to, const std::string& from,
                            const std::string& type) {
  const std::string_view op = activation_info(activation).op;
  if (op.empty()) return fmt::format("    %{} = map(%{}) {{fn = a0}} : {}\n", to, from, type);
  return fmt::format("    %{} = {}(%{}) : {}\n", to, op, from, type);
}

/// A training step around two layers: where a gathered batch, what a layer passes on, the gradient
/// of that and a weight lie, is what the layout pass says of `x`, `dz` and `w` here.
std::string step_text(const KernelShape& s) {
  const std::string x = matrix(s.m, s.k), w = matrix(s.k, s.n), y = matrix(s.m, s.n);
  std::string text = "module @step {lathe = 1} {\n";
  text += fmt::format("  state %w : {} {{trainable = true}}\n", w);
  text += fmt::format("  state %v : {} {{trainable = true}}\n", matrix(s.n, 10));
  text += fmt::format("  state %kept : {}\n", x);
  text += fmt::format("  func @train_step(%data: {}, %index: i32[{}], %d: {}) -> () {{\n", x, s.m,
                      matrix(s.m, 10));
  text += fmt::format("    %x = gather(%data, %index) : {}\n", x);
  text += fmt::format("    %z = matmul(%x, %w) : {}\n", y);
  text += fmt::format("    %y = tanh(%z) : {}\n", y);
  text += fmt::format("    %g = matmul(%d, %v) {{transpose_b = true}} : {}\n", y);
  text += fmt::format("    %dz = map(%g, %y) {{fn = (mul a0 (sub 1 (mul a1 a1)))}} : {}\n", y);
  text += fmt::format("    %dv = matmul(%y, %d) {{transpose_a = true}} : {}\n", matrix(s.n, 10));
  text += fmt::format("    %v1 = sub(%v, %dv) : {}\n    assign(%v, %v1)\n", matrix(s.n, 10));
  text += fmt::format("    %dw = matmul(%x, %dz) {{transpose_a = true}} : {}\n", w);
  text += fmt::format("    %w1 = sub(%w, %dw) : {}\n    assign(%w, %w1)\n", w);
  text += fmt::format("    %dx = matmul(%dz, %w) {{transpose_b = true}} : {}\n", x);
  text += "    assign(%kept, %dx)\n    return\n  }\n}\n";
  return text;
}

/// By name: ` {layout = "…"}`, or nothing for plain rows.
std::map<std::string, std::string> step_layouts(const KernelShape& shape) {
  ir::Module step = ir::parse_verified(step_text(shape), "<step>");
  passes::Remarks remarks;
  passes::run_to_stage(step, passes::Stage::LaidOut, options_here(), remarks);
  std::map<std::string, std::string> layouts;
  const auto put = [&](const std::string& name, const ir::Attrs& attrs) {
    if (!attrs.has("layout")) return;
    layouts[name] = fmt::format(" {{layout = \"{}\"}}", attrs.word("layout"));
  };
  for (const ir::State& s : step.states) put(s.name, s.attrs);
  const ir::Function& f = step.functions[0];
  for (const ir::ValueId id : f.body) put(f.op(id).name, f.op(id).attrs);
  return layouts;
}

std::string module_text(const KernelWork& work) {
  const auto [m, k, n] = work.shape;
  const std::string x = matrix(m, k), w = matrix(k, n), y = matrix(m, n);
  auto layouts = step_layouts(work.shape);
  const auto state = [&](const char* name, const std::string& type, const char* as) {
    return fmt::format("  state %{} : {}{}\n", name, type, as ? layouts[as] : "");
  };
  const std::string bias = fmt::format("f32[{}]", n);
  std::string states, body;
  switch (work.kind) {
    case KernelKind::Forward:
      states =
          state("x", x, "x") + state("w", w, "w") + state("b", bias, nullptr) + state("y", y, "y");
      body = fmt::format("    %0 = matmul(%x, %w) : {0}\n    %1 = add(%0, %b) : {0}\n", y) +
             activation_line(work.activation, "2", "1", y) + "    assign(%y, %2)\n";
      break;
    case KernelKind::InputGradient:
      states = state("dz", y, "dz") + state("w", w, "w") + state("a", x, "x") + state("dx", x, "x");
      body = fmt::format(
          "    %0 = matmul(%dz, %w) {{transpose_b = true}} : {0}\n"
          "    %1 = map(%0, %a) {{fn = {1}}} : {0}\n    assign(%dx, %1)\n",
          x, activation_info(work.activation).gradient);
      break;
    case KernelKind::WeightGradient:
      states = state("x", x, "x") + state("dz", y, "dz") + state("w", w, "w") +
               state("b", bias, nullptr) + state("rate", "f32[]", nullptr);
      body = fmt::format(
          "    %0 = matmul(%x, %dz) {{transpose_a = true}} : {0}\n"
          "    %1 = map(%w, %rate, %0) {{fn = (sub a0 (mul a1 a2))}} : {0}\n"
          "    %2 = reduce(%dz) {{kind = sum, axes = [0]}} : {1}\n"
          "    %3 = map(%b, %rate, %2) {{fn = (sub a0 (mul a1 a2))}} : {1}\n"
          "    assign(%w, %1)\n    assign(%b, %3)\n",
          w, bias);
      break;
    case KernelKind::SoftmaxLoss: {
      const std::string rows = fmt::format("f32[{}]", m);
      states = state("z", y, nullptr) + state("t", y, nullptr) + state("g", y, "dz") +
               state("loss", rows, nullptr);
      body = fmt::format(
          "    %0 = log_softmax(%z) : {0}\n"
          "    %1 = map(%t, %0) {{fn = (neg (mul a0 a1))}} : {0}\n"
          "    %2 = reduce(%1) {{kind = sum, axes = [1]}} : {1}\n"
          "    %3 = softmax(%z) : {0}\n"
          "    %4 = map(%3, %t) {{fn = (div (sub a0 a1) {2}.0)}} : {0}\n"
          "    assign(%g, %4)\n    assign(%loss, %2)\n",
          y, rows, m);
      break;
    }
    case KernelKind::Elementwise:
      states = state("z", y, nullptr) + state("b", bias, nullptr) + state("y", y, nullptr);
      body = fmt::format("    %0 = add(%z, %b) : {}\n", y) +
             activation_line(work.activation, "1", "0", y) + "    assign(%y, %1)\n";
      break;
  }
  return fmt::format(
      "module @kernel {{lathe = 1}} {{\n{}  func @run() -> () {{\n{}    return\n  }}\n}}\n", states,
      body);
}

/// One product, whose result only its own kernel reads. What else there is of a product with one row
/// is the update of the bias, which then is no sum.
bool is_one_contraction(const ir::Function& f) {
  int32_t product = ir::kNone;
  for (int32_t k = 0; k < static_cast<int32_t>(f.kernels.size()); ++k) {
    if (f.kernels[k].kind != ir::KernelKind::Contraction) continue;
    if (product != ir::kNone) return false;
    product = k;
  }
  if (product == ir::kNone) return false;
  for (const ir::ValueId id : f.body) {
    const ir::Op& op = f.op(id);
    if (op.kernel == product) continue;
    for (const ir::ValueId v : op.operands) {
      if (f.op(v).kernel == product) return false;
    }
  }
  return true;
}

/// Reductions of a matrix of one row or one column are no walk over its rows: several kernels then.
bool is_one_walk(const ir::Function& f, const KernelShape& shape) {
  for (const ir::Kernel& kernel : f.kernels) {
    if (kernel.kind != ir::KernelKind::Rows) return false;
  }
  return f.kernels.size() == 1 || shape.m == 1 || shape.n == 1;
}

}  // namespace

ir::Module kernel_source(const KernelWork& work) {
  return ir::parse_verified(module_text(work), "<kernel>");
}

void require_one_kernel(const ir::Module& module, const KernelWork& work,
                        const passes::Remarks& remarks) {
  const ir::Function& f = module.functions[0];
  if (kernel_info(work.kind).contraction ? is_one_contraction(f) : is_one_walk(f, work.shape))
    return;
  std::string said;
  for (const ir::Kernel& kernel : f.kernels) {
    said += fmt::format("{}@{} {}", said.empty() ? "" : ", ", kernel.name,
                        ir::kernel_kind_name(kernel.kind));
  }
  for (const passes::Remark& remark : remarks) {
    if (remark.pass == "fuse") said += fmt::format("; {}: {}", remark.subject, remark.message);
  }
  throw Error(fmt::format("not one {} kernel: {}",
                          kernel_info(work.kind).contraction ? "contraction" : "rows", said));
}

ir::Module kernel_module(const KernelWork& work) {
  ir::Module module = kernel_source(work);
  passes::Remarks remarks;
  passes::run_to_stage(module, passes::Stage::Planned, options_here(), remarks);
  require_one_kernel(module, work, remarks);
  return module;
}

}  // namespace lathe::bench
