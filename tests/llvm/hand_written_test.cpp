// Kernels that the pipeline never makes but the verifier takes: whoever writes IR by hand may ask
// for them. Each is compiled as it is written and compared with the interpreter.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "codegen/compile.h"
#include "ir/builder.h"
#include "ir/error.h"
#include "ir/printer.h"
#include "ir/verifier.h"
#include "passes/pass.h"
#include "tests/llvm/agree.h"

namespace lathe {
namespace {

using ir::Builder;
using ir::KernelKind;
using ir::ValueId;
using testing::AgreeOptions;

const Dim B = Dim::batch();
constexpr int64_t kMaxBatch = 40;

/// A planned module of one function and one kernel, which holds all ops that may stand in one.
ir::Module one_kernel(KernelKind kind, const std::function<void(Builder&, ir::Module&)>& build) {
  ir::Module m;
  m.name = "m";
  ir::Function& f = m.functions.emplace_back();
  f.name = "f";
  Builder b(m, f);
  build(b, m);
  f.kernels.push_back({"k", kind, {}});
  f.kernels[0].attrs.set("phase", 0);
  for (ValueId id : f.body)
    if (const ir::OpKind k = f.op(id).kind; k != ir::OpKind::Constant && k != ir::OpKind::Reshape)
      f.op(id).kernel = 0;
  f.attrs.set("arena", 0);
  f.attrs.set("lower_bound", 0);
  f.attrs.set("max_batch", kMaxBatch);
  return m;
}

bool is_sound(const ir::Module& m) {
  try {
    ir::verify_all(m);
  } catch (const ir::VerifyError&) {
    return false;
  }
  return true;
}

/// Functions of many modules, compiled at once.
class Cases {
 public:
  /// Leaves out what the verifier refuses, and says whether it did.
  bool add(ir::Module m) {
    if (!is_sound(m)) return false;
    const std::string name = "f" + std::to_string(modules_.size());
    ir::Function& f = m.functions[0];
    f.name = name;
    for (ir::State& s : m.states) s.name += name;
    ir::Function all = f;
    for (ir::Op& op : all.ops)
      if (op.state != ir::kNone) op.state += static_cast<ir::StateId>(all_.states.size());
    all_.functions.push_back(std::move(all));
    all_.states.insert(all_.states.end(), m.states.begin(), m.states.end());
    modules_.push_back(std::move(m));
    return true;
  }

  void expect_agreement() {
    all_.name = "all";
    testing::Compiled c{all_, nullptr};
    ASSERT_NO_THROW(c.executable = codegen::compile_llvm(all_, {.opt_level = 0}));
    AgreeOptions o;
    for (const ir::Module& m : modules_)
      for (const auto& [batch, workers] : {std::pair{1, 1}, {7, 3}, {kMaxBatch, 1}}) {
        o.batch = batch;
        o.workers = workers;
        const std::string& f = m.functions[0].name;
        const testing::Tensors inputs = testing::random_inputs(m, m.functions[0], o);
        const testing::Tensors states = testing::random_states(m, 3);
        EXPECT_EQ(testing::disagreement(testing::run(c, f, inputs, states, o),
                                        testing::run_oracle(m, f, inputs, states, o)),
                  "")
            << "batch " << batch << ", " << workers << " workers\n"
            << ir::print(m);
      }
  }

 private:
  std::vector<ir::Module> modules_;
  ir::Module all_;
};

const std::vector<Shape> kShapes = {{B},       {7},        {B, 1},     {B, 5},        {3, 37},
                                    {B, 3, 5}, {2, 3, 20}, {B, 1, 33}, {B, 2, 3, 17}, {2, 3, 4, 5}};

// Every set of axes, in every kind of kernel that the verifier lets it stand in.
TEST(HandWritten, AReductionOverAnyAxes) {
  std::map<KernelKind, int> made;
  Cases cases;
  for (const char* reduction : {"sum", "max"})
    for (const Shape& shape : kShapes)
      for (unsigned set = 1; set < 1u << shape.size(); ++set)
        for (KernelKind kind : {KernelKind::Rows, KernelKind::Columns, KernelKind::Loops})
          made[kind] += cases.add(one_kernel(kind, [&](Builder& b, ir::Module&) {
            std::vector<int64_t> axes;
            for (size_t i = 0; i < shape.size(); ++i)
              if (set & 1u << i) axes.push_back(static_cast<int64_t>(i));
            const ValueId x = b.param("x", {DType::F32, shape});
            b.output("y", b.reduce(reduction, x, axes, kind == KernelKind::Loops && set % 2 == 0));
          }));
  EXPECT_EQ(made[KernelKind::Rows], 16);       // all axes but the first
  EXPECT_EQ(made[KernelKind::Columns], 25);    // a sum over the first ones
  EXPECT_EQ(made[KernelKind::Loops], 2 * 62);  // any
  cases.expect_agreement();
}

// Sums over leading axes with what may follow them: maps, a state, both element types.
TEST(HandWritten, ASumOverSeveralLeadingAxesAndMaps) {
  Cases cases;
  for (DType t : {DType::F32, DType::F64})
    for (const Shape& shape : kShapes)
      for (size_t count = 1; count <= shape.size(); ++count)
        EXPECT_TRUE(cases.add(one_kernel(KernelKind::Columns, [&](Builder& b, ir::Module& m) {
          std::vector<int64_t> axes;
          for (size_t i = 0; i < count; ++i) axes.push_back(static_cast<int64_t>(i));
          const Shape left(shape.begin() + static_cast<std::ptrdiff_t>(count), shape.end());
          m.states.push_back({"s", {t, left}, {}});
          const ValueId x = b.param("x", {t, shape}), y = b.param("y", {t, left});
          const ValueId sum = b.reduce("sum", x, axes);
          const ValueId scaled = b.map("mul", {sum, b.param("scale", {t, {}})});
          const ValueId next = b.map("sub", {b.map("add", {scaled, y}), b.state("s")});
          b.assign(0, next);
          b.output("next", next);
          b.output("sum", sum);
        })));
  cases.expect_agreement();
}

TEST(HandWritten, ASumOverSeveralLeadingAxesOfAView) {
  Cases cases;
  EXPECT_TRUE(cases.add(one_kernel(KernelKind::Columns, [](Builder& b, ir::Module&) {
    const ValueId x = b.reshape(b.param("x", {DType::F32, {B, 30}}), {B, 2, 15});
    b.output("y", b.reduce("sum", x, {0, 1}));
  })));
  cases.expect_agreement();
}

}  // namespace
}  // namespace lathe
