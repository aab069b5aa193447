// The models that people build first, at every stage of the pipeline: sound, and the same again
// from their text and from their bytes.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "frontend/model/model_impl.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "ir/proto.h"
#include "ir/verifier.h"
#include "passes/pipeline.h"
#include "tests/frontend/frontend_test_util.h"

namespace lathe {
namespace {

struct Example {
  const char* name;
  DType pixels;  ///< of the resident data: U8 or F32
  bool classes;  ///< targets are integer labels, those of all outputs
  Optimizer (*optimizer)();
  Losses loss;
  Metrics metrics;
  Model (*make)();
  bool weights = false;  ///< of rows
};

Optimizer adam() {
  Optimizer o("adam");
  o.options["amsgrad"] = true;
  return o;
}

Model layers(std::initializer_list<Layer> list) {
  return Sequential(list);
}

/// Two branches of the input; `joined` makes one of them.
Model branches(Tensor (*joined)(const std::vector<Tensor>&)) {
  const Tensor x = Input({20});
  const Tensor a = Dense(16, "relu")(x), b = Dense(16, "tanh")(x);
  return Model({x}, {Dense(10, "softmax")(joined({a, b, Dense(16)(a)}))});
}

const Example kExamples[] = {
    {"lecture",
     DType::U8,
     true,
     [] { return Optimizer(SGD(0.1)); },
     "mse",
     {"accuracy"},
     [] {
       return layers(
           {Input({784}), Dense(500, "sigmoid"), Dense(500, "sigmoid"), Dense(10, "softmax")});
     }},
    {"relu",
     DType::U8,
     true,
     [] { return Optimizer(SGD(0.01, 0.9)); },
     "cce",
     {"accuracy"},
     [] {
       return layers({Input({784}), Rescaling(1.0 / 255), Dense(500, "relu"), Dense(500, "relu"),
                      Dense(10, "softmax")});
     }},
    {"nesterov_from_logits",
     DType::F32,
     true,
     [] { return Optimizer(SGD(0.01, 0.9, true)); },
     Loss("cce", {{"from_logits", true}}),
     {},
     [] { return layers({Input({28, 28}), Flatten(), Dense(32, "relu"), Dense(10)}); }},
    {"softmax_regression",
     DType::U8,
     false,
     [] { return Optimizer(SGD(0.1)); },
     "cce",
     {"accuracy"},
     [] { return layers({Input({784}), Rescaling(1.0 / 255), Dense(10, "softmax")}); }},
    {"784-300-100-10",
     DType::U8,
     true,
     [] { return Optimizer(SGD()); },
     "scce",
     {"accuracy"},
     [] {
       return layers({Input({784}), Rescaling(1.0 / 255), Dense(300, "relu"), Dense(100, "relu"),
                      Dense(10, "softmax")});
     }},
    {"etf_regression",
     DType::F32,
     false,
     [] { return Optimizer("adam"); },
     "mse",
     {"mae"},
     [] { return layers({Input({120}), Dense(64, "relu"), Dense(32, "relu"), Dense(1)}); }},
    {"binary",
     DType::F32,
     false,
     adam,
     "bce",
     {"accuracy"},
     [] { return layers({Input({30}), Dense(8, "tanh"), Dense(1, "sigmoid")}); }},
    {"concatenated",
     DType::F32,
     true,
     [] { return Optimizer("nadam"); },
     "scce",
     {"accuracy"},
     [] { return branches([](const std::vector<Tensor>& parts) { return concatenate(parts); }); }},
    {"added",
     DType::F32,
     false,
     [] { return Optimizer(SGD(0.1)); },
     "cce",
     {"accuracy"},
     [] { return branches([](const std::vector<Tensor>& parts) { return add(parts); }); }},
    {"shared_layer",
     DType::F32,
     false,
     [] { return Optimizer(SGD(0.1, 0.5)); },
     "mae",
     {"mse"},
     [] {
       const Tensor x = Input({12});
       const Dense shared(12, "tanh");
       return Model({x}, {shared(shared(x))});
     }},
    {"one_hot_labels",
     DType::F32,
     true,
     [] { return Optimizer(SGD(0.1)); },
     "mae",
     {},
     [] { return layers({Input({40}), Dense(24, "sigmoid"), Dense(5, "sigmoid")}); }},
    {"several_metrics",
     DType::F32,
     true,
     [] { return Optimizer(SGD(0.1)); },
     "scce",
     {"accuracy", "mse", "mae"},
     [] { return layers({Input({40}), Dense(24, "tanh"), Dense(7, "softmax")}); }},
    {"normalised_and_dropped",
     DType::U8,
     true,
     [] { return Optimizer("rmsprop"); },
     "scce",
     {"accuracy"},
     [] {
       return layers({Input({20}), BatchNormalization(), Dense(16), PReLU(), Dropout(0.3),
                      LayerNormalization(), Dense(8, "tanh"), GaussianNoise(0.1),
                      Dense(5, "softmax")});
     },
     true},
    {"regularised_and_constrained",
     DType::F32,
     false,
     [] { return Optimizer(SGD(0.1, 0.9)); },
     "mse",
     {"mae"},
     [] {
       DenseOptions kept{.activation = "relu", .kernel_constraint = "max_norm(max_value=1)"};
       kept.bias_constraint = "non_neg";
       return layers({Input({20}), Dense(16, kept),
                      Dense(8, {.kernel_regularizer = "l1_l2(l1=0.01, l2=0.02)",
                                .activity_regularizer = "l2(0.1)"}),
                      Dense(3)});
     },
     true},
    {"embedded",
     DType::F32,
     true,
     [] { return Optimizer("adam"); },
     "scce",
     {"accuracy"},
     [] {
       return layers(
           {Input({6}), Embedding(30, 8), Permute({2, 1}), Flatten(), Dense(4, "softmax")});
     }},
    {"several_outputs",
     DType::F32,
     false,
     [] { return Optimizer("adam"); },
     {"mse", Loss("bce", {{"from_logits", true}}), "cce", std::nullopt},
     {{"mae"}, {"accuracy", "auc"}, {}, {}},
     [] {
       const Tensor x = Input({20});
       const Tensor h = Dense(16, "relu")(x);
       return Model({x}, {Dense(2)(h), Dense(1)(h), Dense(5, "softmax")(h), Dense(3)(x)});
     },
     true},
};

void PrintTo(const Example& e, std::ostream* out) {
  *out << e.name;
}

/// The module as a user's first fit would build it.
ir::Module built(const Example& e) {
  Model model = e.make();
  model.compile({.loss = e.loss, .optimizer = e.optimizer(), .metrics = e.metrics});
  const std::vector<DType> y(model.impl().targets().all.size(),
                             e.classes ? DType::I32 : DType::F32);
  model.impl().form = {{e.pixels}, y, e.weights};
  return model.module();
}

void expect_round_trip(const ir::Module& m, const std::string& where) {
  SCOPED_TRACE(where);
  ASSERT_NO_THROW(ir::verify_all(m));
  const std::string text = ir::print(m);
  const ir::Module back = ir::parse(text);
  EXPECT_TRUE(ir::same(m, back)) << text;
  EXPECT_EQ(ir::print(back), text);
  EXPECT_NO_THROW(ir::verify_all(back));
  const std::string bytes = ir::write_model({.module = m, .states = {}, .metadata = {}});
  const ir::Module read = ir::read_model(bytes).module;
  EXPECT_TRUE(ir::same(m, read)) << text;
  EXPECT_EQ(ir::print(read), text);
  EXPECT_EQ(ir::write_model({.module = read, .states = {}, .metadata = {}}), bytes);
}

class Examples : public ::testing::TestWithParam<Example> {};

TEST_P(Examples, ComeBackFromTextAndBytesAtEveryStage) {
  const ir::Module first = built(GetParam());
  ASSERT_NE(first.find_function("train_step"), nullptr);
  ir::Module m = first;
  std::set<std::string> texts;
  passes::Stage before = passes::Stage::Built;
  for (std::string_view name : passes::stage_names()) {
    const passes::Stage stage = passes::parse_stage(name);
    passes::Remarks remarks;
    passes::PipelineHooks hooks;
    hooks.check = true;
    passes::run_from_stage(m, before, stage, {.max_batch = 100}, remarks, hooks);
    before = stage;
    expect_round_trip(m, std::string(name));
    texts.insert(ir::print(m));
  }
  // Every stage has changed a step that trains: eight modules, not one eight times.
  EXPECT_EQ(texts.size(), passes::stage_names().size());
}

// A module read at any stage goes on from there to the same plan.
TEST_P(Examples, GoOnFromTextAsIfTheyHadNotBeenWritten) {
  const ir::Module first = built(GetParam());
  ir::Module m = first, straight = first;
  passes::Remarks remarks;
  passes::run_to_stage(straight, passes::Stage::Planned, {.max_batch = 100}, remarks);
  passes::Stage before = passes::Stage::Built;
  for (std::string_view name : passes::stage_names()) {
    const passes::Stage stage = passes::parse_stage(name);
    passes::run_from_stage(m, before, stage, {.max_batch = 100}, remarks);
    before = stage;
    m = ir::parse(ir::print(m));
  }
  EXPECT_EQ(ir::print(m), ir::print(straight));
}

std::string name_of(const ::testing::TestParamInfo<Example>& info) {
  std::string name = info.param.name;
  for (char& c : name)
    if (c == '-') c = '_';
  return "the_" + name;
}

INSTANTIATE_TEST_SUITE_P(All, Examples, ::testing::ValuesIn(kExamples), name_of);

}  // namespace
}  // namespace lathe
