// Rows of numbers from text.
#include "frontend/data/csv_rows.h"

#include <locale>
#include <sstream>

#include "tests/data/data_test_util.h"

namespace lathe::data {
namespace {

NumberRows rows_of(const std::string& text, int64_t columns = 0) {
  std::istringstream in(text);
  return read_number_rows(in, "input", columns);
}

std::string rows_error(const std::string& text, int64_t columns = 0) {
  return error_of([&] { rows_of(text, columns); });
}

using Values = std::vector<double>;

TEST(NumberRows, KnowsTheSeparators) {
  for (const char* text : {"1,2.5,-3\n4,5,6\n", "1;2.5;-3\n4;5;6", "1\t2.5\t-3\n4\t5\t6\n",
                           "1 2.5 -3\n 4   5 6 \n", "1, 2.5 ,\t-3\r\n4,5,6\r\n",
                           "\xef\xbb\xbf"
                           "1,2.5,-3\n\n  \n4,5,+6\n",
                           "\"1\",2.5,-3\n4,5,6e0"}) {
    NumberRows table = rows_of(text);
    EXPECT_EQ(table.rows, 2) << text;
    EXPECT_EQ(table.columns, 3) << text;
    EXPECT_EQ(table.values, (Values{1, 2.5, -3, 4, 5, 6})) << text;
    EXPECT_TRUE(table.header.empty());
  }
  EXPECT_EQ(rows_of("7\n").values, Values{7});
}

TEST(NumberRows, KnowsTheLinesOfItsRows) {
  const NumberRows table = rows_of("a,b\n1,2\n\n3,1e39\n");
  EXPECT_EQ(table.lines, (std::vector<int64_t>{2, 4}));
  EXPECT_EQ(table.f32_at(2, "input"), 3.0f);
  EXPECT_EQ(error_of([&] { table.f32_at(3, "input"); }),
            "input: line 4, column 2: 1e+39 is out of an f32's range");
}

TEST(NumberRows, SkipsAHeader) {
  NumberRows table = rows_of("\n\"open\", close\n1,2\n");
  EXPECT_EQ(table.header, (std::vector<std::string>{"open", "close"}));
  EXPECT_EQ(table.values, (Values{1, 2}));
  // A header has no number at all in it, and there is only one.
  EXPECT_TRUE(has(rows_error("a,1\n2,3\n"), "input: line 1, column 1: 'a' is not a number"));
  EXPECT_TRUE(has(rows_error("a,b\nc,d\n"), "input: line 2, column 1: 'c' is not a number"));
}

TEST(NumberRows, ErrorsNameLineAndColumn) {
  EXPECT_TRUE(has(rows_error("1,2\n3,x4\n"), "input: line 2, column 2: 'x4' is not a number"));
  EXPECT_TRUE(has(rows_error("1,2\n\n3,4x\n"), "line 3, column 2: '4x'"));
  EXPECT_TRUE(has(rows_error("1,2\n3,\n"), "line 2, column 2: the field is empty"));
  EXPECT_TRUE(has(rows_error("1,2\nnan,4\n"), "line 2, column 1: 'nan' is not finite"));
  EXPECT_TRUE(has(rows_error("1,-inf\n"), "line 1, column 2: '-inf' is not finite"));
  EXPECT_TRUE(has(rows_error("1,1e999\n"), "column 2: '1e999' is out of a double's range"));
  EXPECT_TRUE(has(rows_error("1,0x10\n"), "'0x10' is not a number"));
  EXPECT_TRUE(has(rows_error("1,+-1\n"), "'+-1' is not a number"));
  EXPECT_TRUE(has(rows_error("1,2\n3,4,5\n"), "input: line 2: 3 columns, expected 2"));
  EXPECT_TRUE(has(rows_error("1,2\n", 784), "input: line 1: 2 columns, expected 784"));
  EXPECT_TRUE(has(rows_error(""), "input: holds no row of numbers"));
  EXPECT_TRUE(has(rows_error("a,b\n"), "holds no row"));
  EXPECT_TRUE(has(rows_error(std::string("1,\x01\xff") + std::string(99, 'z')),
                  "'??zzzzzzzzzzzzzzzzzzzzzz...' is not a number"));
}

TEST(NumberRows, IgnoresTheLocale) {
  // A stream that would print and read 1.5 as "1,5".
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
  };
  std::istringstream in("1.5;2\n");
  in.imbue(std::locale(std::locale::classic(), new Comma));
  EXPECT_EQ(read_number_rows(in, "input").values, (Values{1.5, 2}));
}

TEST(NumberRows, ReadsTheHeaderAlone) {
  const auto header = [](const std::string& text) {
    std::istringstream in(text);
    return read_header(in);
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(header("\xef\xbb\xbf\n a; \"b c\"\r\nno,number\n"), (Names{"a", "b c"}));
  EXPECT_EQ(header("a,1\nb,c\n"), Names());
  EXPECT_EQ(header("\n \n"), Names());
  std::istringstream in("a,b\n1,2\n");
  read_header(in);
  std::string rest;
  std::getline(in, rest);
  EXPECT_EQ(rest, "1,2");
}

}  // namespace
}  // namespace lathe::data
