// Every activation with every optimiser: what a stack of Dense layers becomes. For those that work
// element by element the activation, its derivative and the update of each weight are part of the
// kernels that multiply; for the others the printed reason says why not.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "frontend/layers/activations.h"
#include "frontend/model/model_impl.h"
#include "lathe/catalog.h"
#include "passes/optimizer_table.h"
#include "passes/pipeline.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

struct Step {
  ir::Module m;
  passes::Remarks remarks;

  const ir::Function& f() const { return m.function("train_step"); }
  size_t kernels() const { return f().kernels.size(); }
  /// Whether weights and slots of their shape are assigned in kernels that multiply over the batch.
  bool updates_are_fused() const {
    return std::all_of(f().body.begin(), f().body.end(), [&](ir::ValueId v) {
      const ir::Op& op = f().op(v);
      return op.kind != ir::OpKind::Assign || m.states[op.state].type.rank() == 0 ||
             multiplies_over_batch(op.kernel);
    });
  }
  bool multiplies_over_batch(int kernel) const {
    return std::any_of(f().body.begin(), f().body.end(), [&](ir::ValueId v) {
      const ir::Op& op = f().op(v);
      return op.kernel == kernel && op.kind == ir::OpKind::MatMul &&
             f().op(op.operands[0]).type.has_symbol();
    });
  }
  std::string all_of(std::string_view pass) const {
    std::string lines;
    for (const passes::Remark& r : remarks)
      if (r.pass == pass) lines += r.subject + ": " + r.message + "\n";
    return lines;
  }
};

Sequential stack(const std::string& activation, const std::string& optimizer, RunOptions run) {
  Sequential model({Input({6}), Dense(8, activation), Dense(10, activation), Dense(3)});
  model.compile({.loss = "mse", .optimizer = optimizer, .run = run});
  return model;
}

Step step_of(const std::string& activation, const std::string& optimizer) {
  Sequential model = stack(activation, optimizer, test::interpreter());
  Step step{model.module(), {}};
  passes::run_to_stage(step.m, passes::Stage::Planned, {}, step.remarks, {});
  return step;
}

std::vector<std::string> names(const char* kind) {
  std::vector<std::string> all;
  for (const CatalogEntry& e : catalog(kind)) all.push_back(e.name);
  return all;
}

const std::vector<std::string> kOverRows = {"glu", "log_softmax", "softmax", "sparsemax"};
const std::vector<std::string> kWholeWeights = {"lamb", "adafactor", "muon"};

bool among(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

TEST(FusionProduct, WhatIsDoneForEachElementCostsNoKernel) {
  for (const std::string& optimizer : names("optimizers")) {
    // The kernels of layers without an activation: those that multiply, the loss, the update.
    const Step plain = step_of("linear", optimizer);
    EXPECT_EQ(plain.updates_are_fused(), !among(kWholeWeights, optimizer))
        << optimizer << "\n"
        << plain.all_of("optimizer") << plain.all_of("fuse");
    for (const std::string& activation : names("activations")) {
      if (among(kOverRows, activation)) continue;
      SCOPED_TRACE(activation + " with " + optimizer);
      const Step step = step_of(activation, optimizer);
      EXPECT_EQ(step.updates_are_fused(), plain.updates_are_fused()) << step.all_of("fuse");
      // Behind a gradient that is 0 everywhere there is nothing to learn, and less to do.
      if (step.all_of("autodiff").empty())
        EXPECT_EQ(step.kernels(), plain.kernels()) << step.all_of("fuse");
      else
        EXPECT_LT(step.kernels(), plain.kernels()) << step.all_of("autodiff");
    }
  }
}

TEST(FusionProduct, WhatIsNotHasItsReason) {
  const size_t plain = step_of("linear", "sgd").kernels();
  std::vector<std::string> over_rows, without_gradient;
  for (const std::string& activation : names("activations")) {
    const Step step = step_of(activation, "sgd");
    if (!step.all_of("autodiff").empty()) without_gradient.push_back(activation);
    if (step.kernels() <= plain) continue;
    over_rows.push_back(activation);
    const std::string why = step.all_of("fuse");
    EXPECT_NE(why.find(" of dense): "), std::string::npos) << activation << " has no reason:\n"
                                                           << why;
    EXPECT_TRUE(step.updates_are_fused()) << activation;
  }
  EXPECT_EQ(over_rows, kOverRows);
  EXPECT_EQ(without_gradient, (std::vector<std::string>{"step"}));
  std::vector<std::string> whole;
  for (const std::string& optimizer : names("optimizers")) {
    const Step step = step_of("relu", optimizer);
    if (step.updates_are_fused()) {
      EXPECT_EQ(step.all_of("optimizer"), "") << optimizer;
      continue;
    }
    whole.push_back(optimizer);
    EXPECT_NE(step.all_of("optimizer").find(optimizer + " needs sums over the whole weight"),
              std::string::npos)
        << step.all_of("optimizer");
  }
  EXPECT_EQ(whole, kWholeWeights);
  EXPECT_NE(step_of("relu", "adam(global_clipnorm=1)")
                .all_of("optimizer")
                .find("global_clipnorm needs the norm of all gradients"),
            std::string::npos);
}

// Along the last axis of more: the same kernels, but for the loss.
TEST(FusionProduct, OfDenseAlongTheLastAxis) {
  const auto kinds = [](std::vector<int64_t> shape) {
    Sequential model({Input(std::move(shape)), Dense(8, "relu"), Dense(10, "tanh"), Dense(3)});
    model.compile({.loss = "mse", .optimizer = "adam", .run = test::interpreter()});
    Step step{model.module(), {}};
    passes::run_to_stage(step.m, passes::Stage::Planned, {}, step.remarks, {});
    EXPECT_TRUE(step.updates_are_fused()) << step.all_of("fuse");
    std::multiset<std::string> all;
    for (const ir::Kernel& k : step.f().kernels) all.emplace(ir::kernel_kind_name(k.kind));
    return all;
  };
  const std::multiset<std::string> rows = kinds({6}), sequences = kinds({5, 6});
  EXPECT_EQ(rows.count("contraction"), 8u);
  EXPECT_EQ(sequences.count("contraction"), 8u);
  for (const char* kind : {"transpose", "loops", "columns"})
    EXPECT_EQ(sequences.count(kind), rows.count(kind)) << kind;
  EXPECT_EQ(kinds({2, 3, 6}), sequences);
}

#ifdef LATHE_LLVM
/// How many different results 1 and 3 threads come to.
size_t different_bits(const std::string& activation, const std::string& optimizer) {
  const test::Points data = test::bunches(50);
  Array x(DType::F32, {50, 6});
  for (size_t i = 0; i < 300; ++i) x.data<float>()[i] = data.x.data<float>()[i % 100] / 4;
  Array y(DType::F32, {50, 3});
  for (size_t i = 0; i < 150; ++i) y.data<float>()[i] = static_cast<float>(i % 7) / 7;
  std::set<std::string> bits;
  for (int threads : {1, 3}) {
    Sequential model = stack(activation, optimizer, {.threads = threads, .backend = Backend::Llvm});
    // Some pairs diverge at their rates: to the same bits too.
    model.fit(x, y, {.batch_size = 16, .epochs = 2, .terminate_on_nan = false});
    bits.insert(model.weights_sha256());
  }
  return bits.size();
}

// Each activation once, and each optimiser with several.
TEST(FusionProduct, BitsDoNotChangeWithThreads) {
  const std::vector<std::string> activations = names("activations"),
                                 optimizers = names("optimizers");
  for (size_t i = 0; i < std::max(activations.size(), optimizers.size()); ++i) {
    const std::string& activation = activations[i % activations.size()];
    const std::string& optimizer = optimizers[i % optimizers.size()];
    EXPECT_EQ(different_bits(activation, optimizer), 1u) << activation << " with " << optimizer;
  }
}

// All of them together: minutes, in tools/test_long.sh.
TEST(FusionProduct, DISABLED_BitsOfEveryPairDoNotChange_Long) {
  for (const std::string& activation : names("activations"))
    for (const std::string& optimizer : names("optimizers"))
      EXPECT_EQ(different_bits(activation, optimizer), 1u) << activation << " with " << optimizer;
}
#endif

}  // namespace
}  // namespace lathe
