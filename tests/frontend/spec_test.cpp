// Specs: names with arguments, and back to text.
#include "frontend/base/spec.h"

#include <gtest/gtest.h>

#include "ir/error.h"

namespace lathe {
namespace {

std::string error(std::string_view text) {
  try {
    parse_spec(text);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Spec, ReadsNamesOptionsAndLists) {
  EXPECT_EQ(parse_spec("relu"), (Spec{"relu", {}, {}}));
  EXPECT_EQ(parse_spec(" relu ( ) "), (Spec{"relu", {}, {}}));
  EXPECT_EQ(parse_spec("l2(0.01)").positional, ir::Attr(0.01));
  const Spec s = parse_spec("a.b-c( n = 3, r=-0.5,flag=true , w=sum, list=[1, 2.5], t=\"x y\")");
  EXPECT_EQ(s.name, "a.b-c");
  EXPECT_EQ(s.options.integer("n", 0), 3);
  EXPECT_EQ(s.options.real("r", 0), -0.5);
  EXPECT_TRUE(s.options.flag("flag"));
  EXPECT_EQ(s.options.word("w"), "sum");
  EXPECT_EQ(s.options.reals("list"), (std::vector<double>{1, 2.5}));
  EXPECT_EQ(s.options.word("t"), "x y");
  EXPECT_EQ(parse_spec("f(\"say \"\"x\"\"\")").positional, ir::Attr("say \"x\""));
  EXPECT_EQ(parse_spec("f(a=[1,2])").options.ints("a"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(parse_spec("f(a=[x, \"y z\"])").options.words("a"),
            (std::vector<std::string>{"x", "y z"}));
  EXPECT_EQ(parse_spec("f(max_value=inf)").options.real("max_value", 0) > 1e300, true);
}

TEST(Spec, KeepsSpecsInSpecs) {
  const Spec s = parse_spec("adam( learning_rate = decay(rate=[1 , 2], b=g( 3 )), beta=0.9)");
  EXPECT_EQ(s.options.word("learning_rate"), "decay(b=g(3), rate=[1, 2])");
  EXPECT_EQ(to_string(s), "adam(beta=0.9, learning_rate=decay(b=g(3), rate=[1, 2]))");
  EXPECT_EQ(parse_spec(to_string(s)), s);
}

TEST(Spec, ComesBackFromItsText) {
  for (const char* text :
       {"relu", "l2(0.01)", "f(-3)", "f(\"true\")", "f(\"12\")", "f(a=true, b=\"x (y)\")",
        "f(\"a \"\"b\"\"\")", "f(fn=\"(mul a0 a0)\", name=a)", "f(a=g(b=\"(x)\"))",
        "f(a=1.0, b=1, c=inf, d=-inf)", "f(a=[1, 2], b=[1.0, 2.5], c=[x, \"y z\"])", "f(\"\")"})
    EXPECT_EQ(to_string(parse_spec(text)), text);
}

TEST(Spec, SaysWhatIsWrong) {
  EXPECT_NE(error("").find("expected a name, found the end"), std::string::npos) << error("");
  EXPECT_NE(error("relu(").find("found the end"), std::string::npos);
  EXPECT_NE(error("relu(a=1").find("expected ',' or ')', found the end"), std::string::npos);
  EXPECT_NE(error("relu(a=1) x").find("expected the end, found 'x'"), std::string::npos);
  EXPECT_NE(error("relu(a=)").find("expected a value, found ')'"), std::string::npos);
  EXPECT_NE(error("relu(1, 2)").find("expected option=value, found '2)'"), std::string::npos);
  EXPECT_NE(error("relu(a=1, a=2)").find("once only"), std::string::npos);
  EXPECT_NE(error("3").find("expected a name"), std::string::npos);
  EXPECT_NE(error("f(a=[1, x])").find("a list of numbers or of words"), std::string::npos);
  EXPECT_NE(error("f(a=\"x)").find("a closing quote"), std::string::npos);
  EXPECT_NE(error("f(a=g(g(g(g(g(g(1)))))))").find("fewer levels"), std::string::npos);
  EXPECT_NE(error(std::string(100000, 'a')), "");
}

TEST(Spec, FillsInDefaults) {
  const auto known = parse_option_specs("alpha:real=0.5");
  EXPECT_EQ(spec_options(parse_spec("elu"), known, "elu").real("alpha", 0), 0.5);
  EXPECT_EQ(spec_options(parse_spec("elu(2)"), known, "elu").real("alpha", 0), 2);
  EXPECT_EQ(spec_options(parse_spec("elu(alpha=2)"), known, "elu").real("alpha", 0), 2);
  const auto two = parse_option_specs("low:real=0 high:real=1");
  EXPECT_THROW(spec_options(parse_spec("f(2)"), two, "f"), Error);
  EXPECT_THROW(spec_options(parse_spec("f(2)"), {}, "f"), Error);
  try {
    spec_options(parse_spec("f(hihg=2)"), two, "activation f");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()), "activation f: unknown option 'hihg'; did you mean 'high'?");
  }
}

}  // namespace
}  // namespace lathe
