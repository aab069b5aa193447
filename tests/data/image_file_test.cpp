// Pictures of digits: decoding, and the way to MNIST's form.
#include "frontend/data/image_file.h"

#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "frontend/data/gray_image.h"
#include "tests/data/data_test_util.h"

namespace lathe::data {
namespace {

Bytes as_bytes(const std::string& text) {
  return Bytes(text.begin(), text.end());
}

Bytes pgm(int width, int height, const Bytes& pixels) {
  Bytes bytes = as_bytes("P5\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n");
  bytes.insert(bytes.end(), pixels.begin(), pixels.end());
  return bytes;
}

/// A PNG written by libpng's full interface, so that any colour type and depth can be made.
Bytes png(int width, int height, int depth, int type, const Bytes& rows,
          const std::vector<png_color>& palette = {}) {
  Bytes out;
  png_structp p = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(p);
  png_set_write_fn(
      p, &out,
      [](png_structp q, png_bytep data, size_t n) {
        auto* to = static_cast<Bytes*>(png_get_io_ptr(q));
        to->insert(to->end(), data, data + n);
      },
      nullptr);
  png_set_IHDR(p, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), depth,
               type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!palette.empty()) png_set_PLTE(p, info, palette.data(), static_cast<int>(palette.size()));
  png_write_info(p, info);
  const size_t stride = rows.size() / static_cast<size_t>(height);
  for (size_t y = 0; y < static_cast<size_t>(height); ++y) {
    png_write_row(p, rows.data() + y * stride);
  }
  png_write_end(p, info);
  png_destroy_write_struct(&p, &info);
  return out;
}

/// A 28x28 digit-like picture: bright ink of every value on black.
Bytes sample_digit() {
  Bytes pixels(784, 0);
  for (int y = 5; y < 23; ++y) {
    for (int x = 9; x < 19; ++x) {
      pixels[static_cast<size_t>(y * 28 + x)] = static_cast<uint8_t>((y * 37 + x * 11) % 256);
    }
  }
  return pixels;
}

Bytes inverted(Bytes pixels) {
  for (uint8_t& v : pixels) v = static_cast<uint8_t>(255 - v);
  return pixels;
}

Bytes digit_of(const Bytes& file) {
  DigitImage image = parse_digit_image(file, "digit");
  return Bytes(image.begin(), image.end());
}

TEST(ImageFile, TakesMnistSizedPicturesAsTheyAre) {
  const Bytes digit = sample_digit();
  EXPECT_EQ(digit_of(pgm(28, 28, digit)), digit);
  EXPECT_EQ(digit_of(pgm(28, 28, inverted(digit))), digit);
  EXPECT_EQ(digit_of(png(28, 28, 8, PNG_COLOR_TYPE_GRAY, digit)), digit);
  EXPECT_EQ(digit_of(png(28, 28, 8, PNG_COLOR_TYPE_GRAY, inverted(digit))), digit);
  std::string text = "P2 # made by hand\n28 28\n# more\n255\n";
  for (uint8_t v : digit) text += std::to_string(v) + " ";
  EXPECT_EQ(digit_of(as_bytes(text)), digit);
}

TEST(ImageFile, ReadsEveryColourType) {
  const Bytes digit = sample_digit();
  Bytes rgb, rgba, ga, ga_ink, deep, index, bits(28 * 4, 0), two(784);
  std::vector<png_color> palette;
  for (int i = 0; i < 256; ++i) {
    const auto v = static_cast<uint8_t>(255 - i);
    palette.push_back({v, v, v});
  }
  for (size_t i = 0; i < digit.size(); ++i) {
    const uint8_t v = digit[i];
    rgb.insert(rgb.end(), {v, v, v});
    rgba.insert(rgba.end(), {v, v, v, 255});
    ga.insert(ga.end(), {v, 255});
    ga_ink.insert(ga_ink.end(), {0, v});  // black ink on nothing
    deep.insert(deep.end(), {v, v});
    index.push_back(static_cast<uint8_t>(255 - v));
    two[i] = v > 127 ? 255 : 0;
    if (v > 127) bits[i / 28 * 4 + i % 28 / 8] |= static_cast<uint8_t>(0x80 >> (i % 28 % 8));
  }
  EXPECT_EQ(digit_of(png(28, 28, 8, PNG_COLOR_TYPE_RGB, rgb)), digit);
  EXPECT_EQ(digit_of(png(28, 28, 8, PNG_COLOR_TYPE_RGBA, rgba)), digit);
  EXPECT_EQ(digit_of(png(28, 28, 8, PNG_COLOR_TYPE_GRAY_ALPHA, ga)), digit);
  EXPECT_EQ(digit_of(png(28, 28, 8, PNG_COLOR_TYPE_GRAY_ALPHA, ga_ink)), digit);
  EXPECT_EQ(digit_of(png(28, 28, 8, PNG_COLOR_TYPE_PALETTE, index, palette)), digit);
  EXPECT_EQ(digit_of(png(28, 28, 1, PNG_COLOR_TYPE_GRAY, bits)), two);
  EXPECT_EQ(digit_of(png(28, 28, 16, PNG_COLOR_TYPE_GRAY, deep)), digit);
  Bytes wide = as_bytes("P5 28 28 65535\n");
  wide.insert(wide.end(), deep.begin(), deep.end());
  EXPECT_EQ(digit_of(wide), digit);
}

struct Box {
  int left = 28, right = -1, top = 28, bottom = -1;
  double x = 0, y = 0;  // centre of mass
};

Box measure(const Bytes& digit) {
  Box box;
  double mass = 0;
  for (int y = 0; y < 28; ++y) {
    for (int x = 0; x < 28; ++x) {
      const double ink = digit[static_cast<size_t>(y * 28 + x)];
      if (ink == 0) continue;
      box.left = std::min(box.left, x), box.right = std::max(box.right, x);
      box.top = std::min(box.top, y), box.bottom = std::max(box.bottom, y);
      mass += ink, box.x += ink * (x + 0.5), box.y += ink * (y + 0.5);
    }
  }
  box.x /= mass, box.y /= mass;
  return box;
}

/// A gray photograph of a thick L, off centre, on bright or dark paper.
Bytes drawn_l(int width, int height, uint8_t paper, uint8_t ink) {
  Bytes pixels(static_cast<size_t>(width * height), paper);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool stem = x >= width / 10 && x < width / 5 && y >= height / 10 && y < height * 7 / 10;
      const bool foot =
          x >= width / 10 && x < width / 2 && y >= height * 6 / 10 && y < height * 7 / 10;
      if (stem || foot) pixels[static_cast<size_t>(y * width + x)] = ink;
    }
  }
  return pixels;
}

TEST(ImageFile, NormalisesOtherSizesAsMnistDoes) {
  for (auto [paper, ink] : {std::pair{230, 40}, std::pair{20, 200}}) {
    for (auto [width, height] : {std::pair{200, 200}, std::pair{600, 400}, std::pair{20, 20}}) {
      const Bytes digit = digit_of(
          pgm(width, height,
              drawn_l(width, height, static_cast<uint8_t>(paper), static_cast<uint8_t>(ink))));
      const Box box = measure(digit);
      EXPECT_EQ(std::max(box.right - box.left, box.bottom - box.top) + 1, 20) << width;
      const double aspect = (box.right - box.left + 1.0) / (box.bottom - box.top + 1.0);
      EXPECT_NEAR(aspect, width * 0.4 / (height * 0.6), 0.06) << width;
      EXPECT_NEAR(box.x, 14, 0.5001) << width;
      EXPECT_NEAR(box.y, 14, 0.5001) << width;
      EXPECT_EQ(*std::max_element(digit.begin(), digit.end()), 255);
      EXPECT_EQ(digit[0], 0);
    }
  }
}

TEST(ImageFile, InkAtAnEdgeStaysInside) {
  // All mass in one corner of a wide L: centring it would push the foot off the picture.
  Bytes box(400, 0);
  for (size_t y = 0; y < 20; ++y) box[y * 20] = 255, box[y * 20 + 1] = 255;
  box[19 * 20 + 19] = 1;
  const DigitImage digit = center_by_mass(box);
  EXPECT_EQ(std::ranges::count(digit, 255), 40);
  EXPECT_EQ(std::ranges::count(digit, 1), 1);
}

std::string image_error(const Bytes& bytes) {
  return error_of([&] { parse_digit_image(bytes, "digit"); });
}

TEST(ImageFile, RefusesBadFiles) {
  EXPECT_TRUE(has(image_error({}), "digit: is neither a PNG nor a PGM"));
  EXPECT_TRUE(has(image_error(as_bytes("GIF89a....")), "is neither a PNG nor a PGM"));
  EXPECT_TRUE(has(image_error(as_bytes("P6\n1 1\n255\n...")), "is neither a PNG nor a PGM"));
  EXPECT_TRUE(has(image_error(as_bytes("P5\n0 4\n255\n")), "the width is 0, expected 1"));
  EXPECT_TRUE(
      has(image_error(as_bytes("P5\n20000 4\n255\n")), "20000x4 pixels, more than is read"));
  EXPECT_TRUE(has(image_error(as_bytes("P5\n99999999999 4\n255\n")), "the width is 99999999999"));
  EXPECT_TRUE(has(image_error(as_bytes("P5\n4 4\n70000\n")), "largest gray value is 70000"));
  EXPECT_TRUE(has(image_error(as_bytes("P5\n4 x\n255\n")), "byte 5: expected the height"));
  EXPECT_TRUE(has(image_error(as_bytes("P5\n4")), "is truncated: expected the height"));
  EXPECT_TRUE(has(image_error(as_bytes("P5\n4 4\n255\n12345")),
                  "is truncated: 4x4 pixels are 16 bytes, there are 5"));
  EXPECT_TRUE(
      has(image_error(as_bytes("P2\n2 2\n9\n1 2 3 ")), "is truncated: expected a gray value"));
  EXPECT_TRUE(
      has(image_error(as_bytes("P2\n2 2\n9\n1 2 3 10")), "a gray value is 10, expected 0 to 9"));
  EXPECT_TRUE(has(image_error(as_bytes("P2\n9000 7000\n9\n1")), "can't hold 9000x7000 pixels"));
  for (const uint8_t paper : {0, 100, 200, 255}) {
    EXPECT_TRUE(has(image_error(pgm(40, 40, Bytes(1600, paper))), "digit: is blank"));
    EXPECT_TRUE(has(image_error(pgm(28, 28, Bytes(784, paper))), "digit: is blank"));
  }
  Bytes faint(784, 200);
  faint[400] = 190;
  EXPECT_TRUE(has(image_error(pgm(28, 28, faint)), "digit: is blank"));
  // Ink all along the border, as of a shirt.
  Bytes framed(784, 110);
  framed[400] = 0;
  EXPECT_NO_THROW(parse_digit_image(pgm(28, 28, framed), "digit"));
}

TEST(ImageFile, RefusesDamagedPng) {
  Bytes noise(64 * 64);
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<uint8_t>(i * i >> 4);
  const Bytes good = png(64, 64, 8, PNG_COLOR_TYPE_GRAY, noise);
  ASSERT_NO_THROW(parse_digit_image(good, "digit"));
  for (size_t keep = 8; keep < good.size() - 24; keep += 97) {
    const Bytes cut(good.begin(), good.begin() + static_cast<long>(keep));
    EXPECT_TRUE(has(image_error(cut), "digit: is a damaged or truncated PNG")) << keep;
  }
  Bytes changed = good;
  changed[good.size() / 2] ^= 0xff;
  EXPECT_TRUE(has(image_error(changed), "damaged or truncated PNG"));
  Bytes huge = good;  // the header's own checksum catches a changed size
  huge[16] = 0x7f;
  EXPECT_TRUE(has(image_error(huge), "digit: is"));
}

}  // namespace
}  // namespace lathe::data
