// One scene, two forms: text and pixels say the same.
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <variant>

#include "tools/plot/chart.h"
#include "tools/plot/png.h"
#include "tools/plot/stroke_font.h"
#include "tools/plot/svg.h"
#include "tools/plot/utf8.h"

namespace lathe::plot {
namespace {

struct Pixels {
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;

  uint32_t at(int x, int y) const {
    const uint8_t* p = &rgb[3 * static_cast<size_t>(y * width + x)];
    return static_cast<uint32_t>(p[0] << 16 | p[1] << 8 | p[2]);
  }
  int of(uint32_t color) const {
    int count = 0;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) count += at(x, y) == color;
    return count;
  }
};

Pixels decoded(const std::string& png) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_TRUE(png_image_begin_read_from_memory(&image, png.data(), png.size())) << image.message;
  image.format = PNG_FORMAT_RGB;
  Pixels pixels{static_cast<int>(image.width), static_cast<int>(image.height), {}};
  pixels.rgb.resize(PNG_IMAGE_SIZE(image));
  EXPECT_TRUE(png_image_finish_read(&image, nullptr, pixels.rgb.data(), 0, nullptr));
  return pixels;
}

Scene scene_of(std::vector<Element> elements) {
  return {40, 20, "a scene", std::move(elements)};
}

TEST(Scene, LinesAndDotsAreWhereTheyAreSaid) {
  const Scene scene =
      scene_of({Path{{{4, 10}, {36, 10}}, 2, Ink::Curve1}, Dot{{20, 5}, 2, Ink::Curve2}});
  const Pixels pixels = decoded(to_png(scene, 2));
  EXPECT_EQ(std::pair(pixels.width, pixels.height), std::pair(80, 40));
  EXPECT_EQ(pixels.at(40, 20), tones(Ink::Curve1).light);
  EXPECT_EQ(pixels.at(9, 19), tones(Ink::Curve1).light);
  EXPECT_EQ(pixels.at(40, 23), tones(Ink::Paper).light);
  EXPECT_EQ(pixels.at(40, 10), tones(Ink::Curve2).light);
  EXPECT_EQ(pixels.at(2, 2), tones(Ink::Paper).light);
  const std::string svg = to_svg(scene);
  EXPECT_NE(svg.find("d=\"M4 10L36 10\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("cx=\"20\" cy=\"5\" r=\"2\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("prefers-color-scheme:dark"), std::string::npos);
  EXPECT_EQ(svg.find("http://", svg.find("w3.org")), std::string::npos) << "nothing is fetched";
}

TEST(Scene, DashesLeaveGaps) {
  const auto ink = [](bool dashed) {
    const Scene scene = scene_of({Path{{{4, 10}, {36, 10}}, 2, Ink::Curve1, dashed}});
    return decoded(to_png(scene, 2)).of(tones(Ink::Curve1).light);
  };
  EXPECT_GT(ink(true), ink(false) / 3);
  EXPECT_LT(ink(true), ink(false) * 9 / 10);
}

TEST(Scene, WhatLiesOutsideIsCutOff) {
  const Scene scene =
      scene_of({Path{{{-1e6, 10}, {1e6, 10}}, 2, Ink::Curve1}, Dot{{-50, -50}, 3, Ink::Curve2}});
  const Pixels pixels = decoded(to_png(scene, 1));
  EXPECT_EQ(pixels.at(0, 10), tones(Ink::Curve1).light);
  EXPECT_EQ(pixels.at(39, 10), tones(Ink::Curve1).light);
}

TEST(Scene, WordsAreEscaped) {
  const std::string svg = to_svg(scene_of({Text{{1, 9}, "a<b> & \"c\" \x01 \xff \xc3\xa4"}}));
  EXPECT_NE(svg.find(">a&lt;b&gt; &amp; &quot;c&quot; \xef\xbf\xbd \xef\xbf\xbd \xc3\xa4</text>"),
            std::string::npos)
      << svg;
}

TEST(Scene, LinesOfATextStayWhatTheyAre) {
  EXPECT_EQ(escaped("a\tb\nc\x0b"), "a\tb\nc\xef\xbf\xbd");
}

TEST(Scene, TransparentDotsAddUp) {
  const auto at = [](double opacity, int dots) {
    const std::vector<Element> all(static_cast<size_t>(dots),
                                   Dot{{20, 10}, 4, Ink::Curve1, opacity});
    return decoded(to_png(scene_of(all), 1)).at(20, 10) >> 16;  // red, of which Curve1 has none
  };
  EXPECT_NEAR(at(0.5, 1), 128, 1);
  EXPECT_NEAR(at(0.5, 2), 64, 1);
  EXPECT_EQ(at(1, 1), 0u);
}

TEST(Scene, TransparentDotsAlikeAreAGroupOfAnSvg) {
  const Dot dot{{20, 10}, 4, Ink::Curve1, 0.25};
  Dot other = dot;
  other.ink = Ink::Curve2;
  const std::string svg = to_svg(scene_of({dot, dot, Text{}, dot, other, Dot{}}));
  const auto count = [&svg](const std::string& text) {
    int n = 0;
    for (size_t i = svg.find(text); i != std::string::npos; i = svg.find(text, i + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("<circle"), 5);
  EXPECT_EQ(count("fill-opacity=\"0.25\""), 3);
  EXPECT_EQ(count("</g>"), 3);
}

TEST(Scene, WithinAPageLeavesThePageAlone) {
  const Scene scene = scene_of({Path{{{4, 10}, {36, 10}}}, Text{{1, 9}, "words"}});
  const std::string svg = svg_element(scene);
  EXPECT_TRUE(svg.starts_with("<svg class=\"plot\" viewBox=\"0 0 40 20\" role=\"img\">")) << svg;
  EXPECT_EQ(svg.find("<style"), std::string::npos);
  EXPECT_EQ(svg.find("://"), std::string::npos);
  // All else is as in a file.
  const std::string file = to_svg(scene);
  EXPECT_NE(file.find(svg.substr(svg.find("<rect"))), std::string::npos);
  // Every selector begins with the class.
  std::string rules = svg_rules();
  const std::string media = "@media (prefers-color-scheme:dark){";
  const size_t at = rules.find(media);
  ASSERT_NE(at, std::string::npos);
  rules.erase(rules.rfind('}'), 1);
  rules.erase(at, media.size());
  int selectors = 0;
  for (size_t i = 0; (i = rules.find_first_not_of(" \n", i)) < rules.size(); ++selectors) {
    EXPECT_TRUE(rules.substr(i).starts_with(".plot")) << rules.substr(i, 40);
    i = rules.find('}', i) + 1;
  }
  EXPECT_GT(selectors, 50);
}

TEST(Scene, SamePictureSameBytes) {
  const Figure figure{"title", {{"p", {}, {}, {{"s", {1, 2, 3}, {3, 1, 2}}}}}};
  EXPECT_EQ(to_png(draw(figure)), to_png(draw(figure)));
  EXPECT_EQ(to_svg(draw(figure)), to_svg(draw(figure)));
}

TEST(Font, HasEveryAsciiCharacter) {
  const auto box = text_strokes("\xc3\xa4", 12);
  for (char c = '!'; c <= '~'; ++c) {
    const auto strokes = text_strokes(std::string(1, c), 12);
    ASSERT_FALSE(strokes.empty()) << c;
    for (const auto& line : strokes) {
      for (const Point& p : line) {
        EXPECT_TRUE(p.x >= -1 && p.x <= 12 && p.y >= -12 && p.y <= 4) << c << p.x << "," << p.y;
      }
    }
    EXPECT_FALSE(strokes.size() == 1 && strokes[0].size() == 5 && strokes[0][2].x == box[0][2].x &&
                 strokes[0][2].y == box[0][2].y)
        << c;
  }
  EXPECT_GT(text_width("abc", 12), text_width("ab", 12));
  EXPECT_EQ(text_width("", 12), 0);
}

TEST(Utf8, TakenApartAndPutTogether) {
  for (const char* text : {"plain", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x99\x82", ""}) {
    std::string again;
    for (const char32_t c : code_points(text)) append_utf8(again, c);
    EXPECT_EQ(again, text);
  }
  // cut off, a lone tail, overlong, a surrogate, beyond the last
  for (const char* bad : {"\xe2\x82", "\x82", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    for (const char32_t c : code_points(bad)) EXPECT_EQ(c, kReplacement);
  }
}

int paths(const Scene& scene, Ink ink) {
  int count = 0;
  for (const Element& e : scene.elements) {
    const auto* path = std::get_if<Path>(&e);
    count += path && path->ink == ink;
  }
  return count;
}

TEST(Chart, APointThatIsNotFiniteBreaksTheLine) {
  const double nan = std::nan("");
  const Figure figure{"", {{"", {}, {}, {{"", {1, 2, 3, 4, 5}, {1, 2, nan, 2, 1}}}}}};
  EXPECT_EQ(paths(draw(figure), Ink::Curve1), 2);
  const Figure log{"", {{"", {}, {"", Scale::Log, {}}, {{"", {1, 2, 3, 4, 5}, {1, 2, 0, 2, 1}}}}}};
  EXPECT_EQ(paths(draw(log), Ink::Curve1), 2);
}

TEST(Chart, AnAxisHoldsWhatItHasAPlaceFor) {
  const auto drawn = [](std::vector<double> holds) {
    const Axis y{"", Scale::Log, {}, std::move(holds)};
    return to_svg(draw({"", {{"", {}, y, {{"", {1, 2}, {1, 10}}}}}}));
  };
  EXPECT_EQ(drawn({0, -1, std::nan("")}), drawn({}));
  EXPECT_NE(drawn({1000}), drawn({}));
}

TEST(Chart, OnePointIsADotAndNoneIsSaid) {
  const Scene one = draw({"", {{"", {}, {}, {{"", {1}, {0.5}}}}}});
  EXPECT_TRUE(std::any_of(one.elements.begin(), one.elements.end(),
                          [](const Element& e) { return std::holds_alternative<Dot>(e); }));
  const std::string none = to_svg(draw({"", {{"empty", {}, {}, {{"", {1}, {std::nan("")}}}}}}));
  EXPECT_NE(none.find("nothing to draw"), std::string::npos);
  EXPECT_NE(to_svg(draw({"t", {}})).find("</svg>"), std::string::npos);
}

TEST(Chart, LongLinesAreThinnedToWhatIsSeen) {
  Series s{"", {}, {}, Ink::Curve1, Mark::Line};
  for (int i = 0; i < 100000; ++i) {
    s.x.push_back(i);
    s.y.push_back(i == 54321 ? 9 : i % 7 * 0.1);
  }
  const Scene scene = draw({"", {{"", {}, {}, {s}}}});
  double top = 1e9;
  size_t points = 0;
  for (const Element& e : scene.elements) {
    const auto* path = std::get_if<Path>(&e);
    if (!path || path->ink != Ink::Curve1) continue;
    points += path->points.size();
    for (const Point& p : path->points) top = std::min(top, p.y);
  }
  EXPECT_LT(points, 6000u);
  EXPECT_LT(top, 60);  // the spike is there
}

TEST(Chart, DotsThatLieOnEachOtherAreOne) {
  Series s{"", {}, {}, Ink::Curve1, Mark::Dots};
  for (int i = 0; i < 100000; ++i) {
    s.x.push_back(i % 1000);
    s.y.push_back(i % 1000 == 500 && i > 99000 ? 9 : 1);
  }
  double top = 1e9;
  size_t dots = 0;
  for (const Element& e : draw({"", {{"", {}, {}, {s}}}}).elements) {
    const auto* dot = std::get_if<Dot>(&e);
    if (!dot) continue;
    ++dots;
    top = std::min(top, dot->at.y);
  }
  EXPECT_GT(dots, 900u);
  EXPECT_LE(dots, 1001u);
  EXPECT_LT(top, 60);  // the one apart is there
}

TEST(Chart, WordsFitAndLegendsHaveEachNameOnce) {
  const std::string longest(400, 'w');
  const Series s{longest, {1, 2}, {1, 2}};
  const Scene scene = draw({longest, {{longest, {}, {}, {s, s}}, {"", {}, {}, {s}}}});
  int names = 0;
  for (const Element& e : scene.elements) {
    const auto* text = std::get_if<Text>(&e);
    if (!text) continue;
    EXPECT_LE(text->at.x + text_width(text->text, text->size), scene.width) << text->text;
    names += text->text.starts_with("www");
  }
  EXPECT_EQ(names, 3);  // the title, the panel's, the legend's
}

void expect_room_between_labels(double high, Scale scale) {
  const Series s{"", {0, high}, {0, high}};
  double end = -1;
  for (const Element& e : draw({"", {{"", {"", scale}, {}, {s}}, {}}}).elements) {
    const auto* text = std::get_if<Text>(&e);
    if (!text || text->anchor != Anchor::Middle || text->text == "nothing to draw") continue;
    const double half = text_width(text->text, text->size) / 2;
    EXPECT_GT(text->at.x - half, end + 3) << text->text;
    end = text->at.x + half;
  }
  EXPECT_GT(end, 0);
}

TEST(Chart, LabelsOfAnAxisDoNotOverlap) {
  for (const double high : {1.0, 37.0, 1e-7, 123456789.0, 1e300})
    expect_room_between_labels(high, Scale::Linear);
  for (const double high : {3.0, 20.0, 60.0, 150.0, 400.0, 3000.0, 20000.0, 2e6})
    expect_room_between_labels(high, Scale::Time);
}

TEST(Chart, PanelsTitlesAndLinesAreAsLargeAsTheyAreAsked) {
  Series thin{"", {1, 2}, {1, 2}};
  thin.line = 0.75;
  const Panel panel{"", {}, {}, {thin}};
  const Scene usual = draw({"", {panel}}), small = draw({"", {panel}, 17, PanelSize{300, 150}});
  EXPECT_EQ(small.width - usual.width, 300 - 640);
  EXPECT_EQ(small.height - usual.height, 150 - 400);
  for (const Element& e : small.elements) {
    const auto* path = std::get_if<Path>(&e);
    if (!path || path->ink != Ink::Curve1) continue;
    EXPECT_EQ(path->width, 0.75);
  }
  EXPECT_EQ(paths(small, Ink::Curve1), 1);
  const auto title = std::get<Text>(draw({"title", {panel}, 9}).elements.front());
  EXPECT_EQ(title.size, 9);
}

}  // namespace
}  // namespace lathe::plot
