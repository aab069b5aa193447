// Models as bytes: the same again, and nothing damaged gets through.
#include "ir/proto.h"

#include <gtest/gtest.h>

#include <functional>

#include "ir/checksum.h"
#include "ir/error.h"
#include "ir/parser.h"
#include "ir/printer.h"
#include "tests/ir/random_module.h"

namespace lathe::ir {
namespace {

ModelFile small_model() {
  ModelFile model;
  model.module = parse(R"ir(module @m {lathe = 1} {
  state %w : f32[2,3] {init = zeros}
  state %n : i64[]
  func @f(%x: f32[B,2], %data: u8[N,4], %i: i32[B]) -> (y: f32[B,3]) {max_batch = 4} {
    kernel @k contraction {
      %0 = matmul(%x, %w) : f32[B,3]
      %h = map(%0) {fn = (mul 2 a0), layout = "rows(16)"} : f32[B,3]
    }
    return %h
  }
})ir");
  model.states.push_back({"w", model.module.states[0].type, std::string(24, '\x3f')});
  model.states.push_back({"n", model.module.states[1].type, std::string(8, '\0')});
  model.metadata = {{"training", "{\"lr\": 0.1}"}, {"odd \xff", std::string("\0\xff", 2)}};
  return model;
}

std::string error_of(std::string_view bytes) {
  try {
    read_model(bytes, "m.lathe");
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

void set_number(std::string& bytes, size_t at, uint64_t v, int count) {
  for (int i = 0; i < count; ++i) bytes[at + i] = static_cast<char>(v >> (8 * i));
}

/// The bytes with a checksum that is right, whatever was done to them.
std::string signed_again(std::string bytes) {
  bytes.resize(bytes.size() - 8);
  const uint64_t c = crc64(bytes);
  bytes.resize(bytes.size() + 8);
  set_number(bytes, bytes.size() - 8, c, 8);
  return bytes;
}

TEST(Checksum, IsCrc64Xz) {
  EXPECT_EQ(crc64(""), 0u);
  EXPECT_EQ(crc64("123456789"), 0x995DC9BBDF1939FAull);  // the catalogue's check value
  const std::string long_text = "The quick brown fox jumps over the lazy dog, and back again.";
  for (size_t cut = 0; cut <= long_text.size(); ++cut)
    EXPECT_EQ(crc64(long_text.substr(cut), crc64(long_text.substr(0, cut))), crc64(long_text));
}

TEST(Proto, AModelComesBack) {
  const ModelFile model = small_model();
  const std::string bytes = write_model(model);
  EXPECT_TRUE(is_model(bytes));
  const ModelFile back = read_model(bytes);
  EXPECT_TRUE(same(model.module, back.module)) << print(back.module);
  EXPECT_EQ(back.states, model.states);
  EXPECT_EQ(back.metadata, model.metadata);
  EXPECT_EQ(write_model(back), bytes);
}

TEST(Proto, RandomModulesComeBackAsFromText) {
#ifdef LATHE_SANITIZED  // which are slow
  constexpr uint64_t kModules = 250;
#else
  constexpr uint64_t kModules = 1000;
#endif
  for (uint64_t seed = 0; seed < kModules; ++seed) {
    ModelFile model;
    model.module = random_module(seed);
    for (const State& s : model.module.states)
      model.states.push_back({s.name, s.type, std::string(s.type.bytes(0, 0), 'x')});
    const ModelFile back = read_model(write_model(model));
    ASSERT_TRUE(same(model.module, back.module)) << seed;
    ASSERT_TRUE(same(parse(print(model.module)), back.module)) << seed;
    ASSERT_EQ(back.states, model.states);
  }
}

TEST(Proto, AnyChangedByteIsFound) {
  const std::string bytes = write_model(small_model());
  for (size_t i = 0; i < bytes.size(); ++i)
    for (int flip : {1, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      EXPECT_THROW(read_model(damaged), Error) << i;
    }
}

TEST(Proto, AnyLengthButTheRightOneIsFound) {
  const std::string bytes = write_model(small_model());
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_THROW(read_model(bytes.substr(0, n)), Error) << n;
  EXPECT_THROW(read_model(bytes + "x"), Error);
}

TEST(Proto, ErrorsSayWhatIsWrong) {
  const std::string bytes = write_model(small_model());
  EXPECT_EQ(error_of(""), "m.lathe: not a saved model of lathe: it begins otherwise");
  EXPECT_EQ(error_of("module @m {}"), "m.lathe: not a saved model of lathe: it begins otherwise");
  EXPECT_EQ(error_of(bytes.substr(0, 25)), "m.lathe: cut off within the header");
  std::string s = bytes;
  set_number(s, 8, 7, 4);
  EXPECT_EQ(error_of(s), "m.lathe: format version 7, expected 1");
  EXPECT_NE(error_of(bytes.substr(0, 60)).find("m.lathe: cut off: 32 bytes of payload, expected "),
            std::string::npos);
  s = bytes;
  set_number(s, 12, ~uint64_t{0}, 8);
  EXPECT_NE(error_of(s).find("cut off"), std::string::npos);
  s = bytes;
  s[100] ^= 1;
  EXPECT_EQ(error_of(s), "m.lathe: damaged: the checksum is not that of the contents");
  s = bytes;
  for (int i = 0; i < 20; ++i) s[20 + i] = '\xff';
  EXPECT_EQ(error_of(signed_again(s)), "m.lathe: damaged: the payload is not a model");
}

TEST(Proto, WhatIsReadIsVerified) {
  // The name of the matmul becomes another op's: the checksum is right, the module is not.
  std::string bytes = write_model(small_model());
  bytes.replace(bytes.find("matmul"), 6, "concat");
  const std::string error = error_of(signed_again(bytes));
  EXPECT_NE(error.find("'concat'"), std::string::npos) << error;
  bytes = write_model(small_model());
  bytes.replace(bytes.find("matmul"), 6, "no_op!");
  EXPECT_EQ(error_of(signed_again(bytes)), "m.lathe: unknown op 'no_op!'");
}

TEST(Proto, DataMustFitItsState) {
  const auto refused = [](const std::function<void(ModelFile&)>& change) {
    ModelFile model = small_model();
    change(model);
    try {
      write_model(model);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(refused([](ModelFile&) {}), "");
  EXPECT_EQ(refused([](ModelFile& m) { m.states.pop_back(); }), "");
  EXPECT_EQ(refused([](ModelFile& m) { m.states[0].name = "v"; }),
            "there is data for %v, but no such state");
  EXPECT_EQ(refused([](ModelFile& m) { m.states[0].bytes += "x"; }),
            "the data of state %w of type f32[2,3] takes 24 bytes, not 25");
  EXPECT_EQ(refused([](ModelFile& m) { m.states[0].type.shape[0] = 3; }),
            "the data of state %w has type f32[3,3], expected f32[2,3]");
  EXPECT_EQ(refused([](ModelFile& m) { m.states.push_back(m.states[0]); }),
            "the data of state %w is there twice");
  EXPECT_NE(refused([](ModelFile& m) { m.module.name = ""; }).find("(rule 1)"), std::string::npos);
}

}  // namespace
}  // namespace lathe::ir
