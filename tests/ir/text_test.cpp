// The text form: printed text comes back as it was, and what is wrong is told at its place.
#include <gtest/gtest.h>

#include <limits>

#include "ir/builder.h"
#include "ir/elementwise.h"
#include "ir/error.h"
#include "ir/op_table.h"
#include "ir/parser.h"
#include "ir/printer.h"

namespace lathe::ir {
namespace {

constexpr const char* kSample = R"ir(module @mnist {lathe = 1} {
  state %w0 : f32[784,500] {init = glorot_uniform, trainable = true}
  state %b0 : f32[500]

  func @train_step(%x: f32[B,784], %g: f32[784,500], %index: i32[B]) -> (loss: f32[], y: f32[B,500]) {arena = 4096, lower_bound = 1024, max_batch = 100} {
    // arena 4096 bytes, lower bound 1024 bytes
    kernel @k0 contraction {phase = 1} {
      %0 = matmul(%x, %w0) : f32[B,500]
      %1 = add(%0, %b0) {layer = dense, layout = "rows(512)"} : f32[B,500]
      %h = map(%1, %0) {fn = (mul a0 (sub 1 a1))} : f32[B,500]
    }
    kernel @k1 loops {
      %2 = reduce(%h) {axes = [0, 1], kind = mean} : f32[]
    }
    %3 = constant {value = 0.5} : f32[]
    %loss = map(%2, %3) {fn = (let t0 (mul a0 a1) (add t0 t0)), layer = loss} : f32[]
    assign(%w0, %g)
    update(%b0, %b0) {optimizer = sgd}
    minimize(%loss) {learning_rate = 0.1, nesterov = false, optimizer = sgd}
    return %loss, %h
  }

  func @nothing() -> () {
    return
  }
}
)ir";

/// The error of parse(), or an empty text.
std::string error_of(const std::string& text) {
  try {
    parse(text, "f");
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

/// The error of a function with these lines and one output.
std::string error_of_body(const std::string& lines) {
  return error_of("module @m {\nstate %w : f32[4,3]\nfunc @f(%x: f32[B,4], %i: i32[B]) -> () {\n" +
                  lines + "\nreturn\n}\n}");
}

TEST(Text, PrintedTextComesBackAsItWas) {
  const Module m = parse(kSample);
  EXPECT_EQ(print(m), kSample);
  EXPECT_TRUE(same(m, parse(print(m))));
}

TEST(Text, TheParserBuildsWhatTheTextSays) {
  const Module m = parse(kSample);
  EXPECT_EQ(m.name, "mnist");
  ASSERT_EQ(m.states.size(), 2u);
  EXPECT_EQ(m.states[0].type, (TensorType{DType::F32, {784, 500}}));
  EXPECT_TRUE(m.states[0].attrs.flag("trainable"));
  const Function& f = m.function("train_step");
  ASSERT_EQ(f.params.size(), 3u);
  EXPECT_EQ(f.op(f.params[0]).type, (TensorType{DType::F32, {Dim::batch(), 784}}));
  ASSERT_EQ(f.kernels.size(), 2u);
  EXPECT_EQ(f.kernels[0].kind, KernelKind::Contraction);
  EXPECT_EQ(f.kernels[0].attrs.integer("phase", -1), 1);
  ASSERT_EQ(f.body.size(), 9u);
  EXPECT_EQ(f.op(f.body[1]).fn, find_elementwise("add")->expr);
  EXPECT_EQ(f.op(f.body[2]).name, "h");
  EXPECT_EQ(f.op(f.body[0]).kernel, 0);
  EXPECT_EQ(f.op(f.body[3]).kernel, 1);
  EXPECT_EQ(f.op(f.body[4]).kernel, kNone);
  EXPECT_EQ(f.op(f.body[6]).state, 0);
  EXPECT_EQ(f.op(f.outputs[0].value).name, "loss");
}

TEST(Text, CommentsAndWhiteSpaceDoNotCount) {
  const Module m = parse(
      "// a module\nmodule @m{func @f(%x:f32[ B , 4 ])->(y:f32[B,4]){%5=relu(%x):f32[B,4]//!\n"
      "%2 = map ( %5 ) { fn = a0 } : f32[B,4] return %2}}");
  EXPECT_EQ(print(m),
            "module @m {\n  func @f(%x: f32[B,4]) -> (y: f32[B,4]) {\n    %0 = relu(%x) : "
            "f32[B,4]\n    %1 = map(%0) {fn = a0} : f32[B,4]\n    return %1\n  }\n}\n");
}

TEST(Text, AttributesOfEveryTypeComeBack) {
  Module m;
  m.name = "a";
  const auto set = [&](const char* name, Attr a) { m.attrs.set(name, std::move(a)); };
  set("a.b-c", true);
  set("int", int64_t{-7});
  set("least", std::numeric_limits<int64_t>::min());
  set("real", 1.0);
  set("real2", -0.0);
  set("real3", 1e300);
  set("real4", 5e-324);
  set("inf", -std::numeric_limits<double>::infinity());
  set("nan", -std::numeric_limits<double>::quiet_NaN());
  set("word", std::string("glorot_uniform"));
  set("reserved", std::string("true"));
  set("odd", std::string("a \"b\"\\\n\t\x01 \xc3\xa4 \xff //"));
  set("empty", std::string());
  set("ints", std::vector<int64_t>{1, -2});
  set("no_ints", std::vector<int64_t>{});
  set("words", std::vector<std::string>{"a", "inf", "two words", ""});
  set("no_words", std::vector<std::string>{});
  set("words_word", std::string("words"));
  set("reals", std::vector<double>{1.0, -0.5, 5e-324, std::numeric_limits<double>::infinity(),
                                   -std::numeric_limits<double>::infinity(),
                                   std::numeric_limits<double>::quiet_NaN()});
  set("reals_from_nan", std::vector<double>{std::numeric_limits<double>::quiet_NaN(), 2.0});
  set("no_reals", std::vector<double>{});
  set("reals_word", std::string("reals"));
  const std::string text = print(m);
  const Module back = parse(text);
  EXPECT_TRUE(same(m, back)) << text;
  EXPECT_EQ(print(back), text);
  EXPECT_NE(text.find("odd = \"a \\\"b\\\"\\\\\\n\\t\\x01 \xc3\xa4 \\xff //\""), text.npos) << text;
}

TEST(Text, AListWithOneRealIsOneOfReals) {
  const Module m = parse("module @m {a = [1, 2.5, 3], b = [1, 2], c = [inf, 1]} {}");
  EXPECT_EQ(m.attrs.reals("a"), (std::vector<double>{1, 2.5, 3}));
  EXPECT_EQ(m.attrs.ints("b"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(m.attrs.reals("b"), (std::vector<double>{1, 2})) << "ints count as reals";
  EXPECT_EQ(m.attrs.reals("c").size(), 2u);
  EXPECT_EQ(print(m), "module @m {a = [1.0, 2.5, 3.0], b = [1, 2], c = [inf, 1.0]} {\n}\n");
  EXPECT_THROW(parse("module @m {a = [1.0, b]} {}"), Error);
  EXPECT_THROW(parse("module @m {a = [b, 1.0]} {}"), Error);
}

TEST(Text, EveryElementwiseRowPrintsByItsName) {
  for (const ElementwiseRow& row : elementwise_table()) {
    EXPECT_EQ(find_op(row.name), nullptr) << row.name << " is a structured op too";
    Module m;
    Function& f = m.functions.emplace_back();
    f.name = "f";
    Builder b(m, f);
    std::vector<ValueId> operands;
    for (int i = 0; i < row.arity; ++i)
      operands.push_back(b.param("x" + std::to_string(i), {DType::F32, {2}}));
    b.output("y", b.map(row.name, operands));
    const std::string text = print(m);
    EXPECT_NE(text.find("%0 = " + std::string(row.name) + "(%x0"), text.npos) << text;
    EXPECT_TRUE(same(m, parse(text))) << text;
  }
}

TEST(Text, SameSeesEveryDifference) {
  const Module m = parse(kSample);
  const auto differs = [&](const char* from, const char* to) {
    std::string text = kSample;
    for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += std::string(to).size())
      text.replace(at, std::string(from).size(), to);
    EXPECT_NE(text, kSample);
    EXPECT_FALSE(same(m, parse(text))) << from << " -> " << to;
  };
  differs("@mnist", "@other");
  differs("lathe = 1", "lathe = 2");
  differs("%b0", "%c0");
  differs("glorot_uniform", "zeros");
  differs("func @nothing", "func @something");
  differs("%index", "%row");
  differs("loss: f32[]", "lost: f32[]");
  differs("max_batch = 100", "max_batch = 101");
  differs("phase = 1", "phase = 2");
  differs("@k1 loops", "@k1 rows");
  differs("add(%0, %b0)", "sub(%0, %b0)");
  differs("map(%1, %0)", "map(%0, %1)");
  differs("%h", "%g2");
  differs("value = 0.5", "value = 0.25");
  differs("assign(%w0, %g)", "update(%w0, %g) {optimizer = sgd}");
  differs("return %loss, %h", "return %loss, %1");
}

TEST(Text, ErrorsNameThePlaceAndWhatWasExpected) {
  EXPECT_EQ(error_of(""), "f:1:1: expected 'module', found the end of the text");
  EXPECT_EQ(error_of("module m {}"), "f:1:8: expected the module's name, @name, found 'm'");
  EXPECT_EQ(error_of("module @m {\n  state w : f32[]\n}"),
            "f:2:9: expected the state's name, %name, found 'w'");
  EXPECT_EQ(error_of("module @m {\n  state %w : f33[]\n}"),
            "f:2:14: expected an element type: f32, f64, i64, i32, u8, bool, found 'f33'");
  EXPECT_EQ(error_of("module @m {} x"),
            "f:1:14: expected the end of the text after the module, found 'x'");
  EXPECT_EQ(error_of_body("%0 = matmull(%x, %w) : f32[B,3]"),
            "f:4:6: unknown op 'matmull'; did you mean 'matmul'?");
  EXPECT_EQ(error_of_body("%0 = matmul(%x, %y) : f32[B,3]"),
            "f:4:17: unknown value %y: expected a parameter, a state or a value that is defined "
            "above");
  EXPECT_EQ(error_of_body("%0 = matmul(%x, %w) : f32[B,4]"),
            "f:4:23: expected f32[B,3] by the operands, found f32[B,4]");
  EXPECT_EQ(error_of_body("%0 = matmul(%x, %x) : f32[B,4]"),
            "f:4:6: 'matmul': the inner dimensions differ: 4 and B (operands: f32[B,4], f32[B,4])");
  const std::string more = "%m = reshape(%x) : f32[B,2,2]\n    ";
  EXPECT_EQ(error_of_body(more + "%0 = matmul(%m, %w) : f32[B,2,3]"),
            "f:5:10: 'matmul': the inner dimensions differ: 2 and 4 (operands: f32[B,2,2], "
            "f32[4,3])");
  EXPECT_EQ(error_of_body(more + "%0 = matmul(%m, %x) {transpose_a = true} : f32[2,4]"),
            "f:5:10: 'matmul': with transpose_a, operands of more than two dimensions differ in "
            "the last one alone, not f32[B,2,2] and f32[B,4] (operands: f32[B,2,2], f32[B,4])");
  EXPECT_EQ(error_of_body("%0 = relu(%x)"),
            "f:5:1: expected ':' and the type of the result, found 'return'");
  EXPECT_EQ(error_of_body("%0 = add(%x) : f32[B,4]"), "f:4:6: 'add' takes 2 operands, not 1");
  EXPECT_EQ(error_of_body("relu(%x) : f32[B,4]"),
            "f:4:1: 'relu' has a result: expected '%name =' before it");
  EXPECT_EQ(error_of_body("%0 = assign(%w, %w)"),
            "f:4:1: 'assign' has no result: expected no name before it");
  EXPECT_EQ(error_of_body("assign(%x, %w)"), "f:4:8: there is no state '%x'");
  EXPECT_EQ(error_of_body("%x = relu(%x) : f32[B,4]"), "f:4:1: %x is defined twice in @f");
  EXPECT_EQ(error_of_body("%w = relu(%x) : f32[B,4]"), "f:4:1: %w is already the name of a state");
  EXPECT_EQ(error_of_body("%1 = relu(%x) : f32[B,4]\n%1 = relu(%x) : f32[B,4]"),
            "f:5:1: %1 is defined twice in @f");
  EXPECT_EQ(error_of_body("%0 = one_hot(%i) {depth = 3, depth = 3} : f32[B,3]"),
            "f:4:30: attribute 'depth' is given twice");
  EXPECT_EQ(error_of_body("%0 = one_hot(%i) {dept = 3} : f32[B,3]"),
            "f:4:6: 'one_hot': attribute 'depth' is missing (operands: i32[B])");
  EXPECT_EQ(error_of_body("%0 = map(%x) {fn = (foo a0)} : f32[B,4]"),
            "f:4:20: unknown scalar operation 'foo' at character 2 of the expression '(foo a0)'");
  EXPECT_EQ(error_of_body("%0 = map(%x) {fn = (add a0 a1)} : f32[B,4]"),
            "f:4:6: 'map': its expression uses argument a1, but there are only 1 operands "
            "(operands: f32[B,4])");
  EXPECT_EQ(error_of_body("%0 = map(%i) {fn = (mul a0 2.5)} : i32[B]"),
            "f:4:6: 'map': the constant 2.5 is no number of type i32 (operands: i32[B])");
  EXPECT_EQ(error_of_body("%0 = map(%i) {fn = (max a0 2147483648)} : i32[B]"),
            "f:4:6: 'map': the constant 2147483648 is no number of type i32 (operands: i32[B])");
  EXPECT_EQ(error_of_body("kernel @k foo {"),
            "f:4:11: expected a kind of kernel: contraction, rows, columns, transpose, scatter, "
            "loops, "
            "found 'foo'");
  EXPECT_EQ(error_of_body("kernel @k rows {\n}"),
            "f:5:1: expected an op: a kernel can't be empty, found '}'");
  EXPECT_EQ(error_of_body("kernel @k rows {\n%0 = relu(%x) : f32[B,4]\nkernel @l rows {"),
            "f:6:1: expected an op or '}': kernels do not nest, found 'kernel'");
  EXPECT_EQ(error_of_body("return %x"), "f:4:8: @f has 0 outputs, not more");
  EXPECT_EQ(error_of("module @m {\nfunc @f() -> (y: f32[]) {\nreturn\n}\n}"),
            "f:3:1: @f returns 0 values, expected 1");
  EXPECT_EQ(error_of("module @m {\nfunc @f(%x: f32[2]) -> (y: f32[]) {\nreturn %x\n}\n}"),
            "f:3:8: output 'y' is declared f32[], but '%x' is f32[2]");
  EXPECT_EQ(error_of("module @m {a = \"b\n\"} {}"),
            "f:1:18: a quoted text ends with '\"' on its own line");
  EXPECT_EQ(error_of("module @m {a = 12x} {}"), "f:1:16: '12x' is not a number of 64 bits");
  EXPECT_EQ(error_of("module @m {a = 1e999} {}"), "f:1:16: '1e999' is not a number of 64 bits");
  EXPECT_EQ(error_of("module @m {a = 9223372036854775808} {}"),
            "f:1:16: '9223372036854775808' is not a number of 64 bits");
  EXPECT_EQ(error_of("module @m {a = [1, b]} {}"), "f:1:20: expected a number, found 'b'");
  EXPECT_EQ(error_of("module @m {;}"), "f:1:12: unexpected ';'");
}

TEST(Text, LimitsHold) {
  const auto with_type = [](const std::string& type) {
    return error_of("module @m {\nstate %w : " + type + "\n}");
  };
  EXPECT_EQ(with_type("f32[1000000000]"), "");
  EXPECT_NE(with_type("f32[1099511627777]").find("more than 2^40 elements"), std::string::npos);
  EXPECT_NE(with_type("f32[4294967296,4294967296]").find("more than 2^40"), std::string::npos);
  EXPECT_NE(with_type("f32[99999999999999999999]").find("f:2:16: expected a dimension"),
            std::string::npos);
  EXPECT_NE(with_type("f32[0]").find("expected a dimension: a positive number"), std::string::npos);
  EXPECT_NE(with_type("f32[1,1,1,1,1,1,1,1,1]").find("at most 8 dimensions"), std::string::npos);
  EXPECT_NE(with_type("f32[3,B]").find("f:2:18: a symbol stands only in front"), std::string::npos);
  const std::string broad =
      "%0 = constant {value = 1} : f32[1048576,1]\n"
      "%1 = constant {value = 1} : f32[1,1048577]\n"
      "%2 = add(%0, %1) : f32[1048576,1048577]";
  EXPECT_NE(error_of_body(broad).find("f:6:"), std::string::npos);
  const std::string deep(100000, '(');
  EXPECT_NE(error_of_body("%0 = map(%x) {fn = " + deep + "} : f32[B,4]"), "");
  EXPECT_NE(error_of(std::string(100000, '{')), "");
}

}  // namespace
}  // namespace lathe::ir
