#include "tools/report/page_style.h"

#include <fmt/format.h>

#include <string_view>

#include "tools/plot/scene.h"
#include "tools/plot/svg.h"

namespace lathe::report {
namespace {

constexpr std::string_view kRules = R"(
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--text);
font:16px/1.5 system-ui,"Helvetica Neue",Helvetica,Arial,"DejaVu Sans",sans-serif}
main{max-width:1240px;margin:0 auto;padding:16px 20px 48px}
h1{font-size:1.75rem;line-height:1.2;margin:.6em 0 .3em}
h2{font-size:1.3rem;margin:2em 0 .5em;padding-top:.6em;border-top:1px solid var(--grid)}
h3{font-size:1.1rem;margin:1.4em 0 .4em}
h1,h2,h3,p,dd,li,summary,figcaption,caption{overflow-wrap:anywhere}
p{margin:.5em 0;max-width:75ch}
a{color:var(--curve1)}
.faint,figcaption,caption,dt{color:var(--faint)}
code,pre{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875rem}
pre,.command{background:var(--ground);border-radius:6px;padding:10px 12px;overflow-x:auto}
.command{overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:minmax(8em,max-content) 1fr;gap:.2em 1.2em;margin:.6em 0}
dd{margin:0}
.scroll{overflow-x:auto;margin:.8em 0}
table{border-collapse:collapse;font-size:.9rem}
caption{text-align:left;padding:.2em 0 .5em}
caption span{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 40px)}
th,td{padding:.3em .6em;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
thead th{vertical-align:bottom}
th:first-child{padding-left:0}
thead th{border-bottom:1px solid var(--axis);font-weight:600}
tbody th{font-weight:400}
.strong th,.strong td{font-weight:700}
.n{text-align:right;font-variant-numeric:tabular-nums}
td,tbody th{white-space:nowrap}
td.words{white-space:normal;min-width:16em;max-width:40em}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));
gap:18px 28px;margin:1em 0}
figure{margin:0;min-width:0;max-width:600px}
figcaption{font-size:.9rem}
.explained{font-size:.9rem;padding-left:1.2em;max-width:90ch}
.box{border:1px solid var(--grid);border-left:5px solid var(--axis);border-radius:4px;
padding:.5em .9em;margin:.8em 0;max-width:90ch}
.box p{margin:.2em 0}
.better{border-left-color:var(--curve3)}
.worse{border-left-color:var(--curve7)}
.warning{border:2px solid var(--curve2);border-left-width:8px}
.banner{border:3px solid var(--curve2)}
.synthetic{background:#8a3c00;color:#fff;border-radius:3px;padding:.05em .45em;letter-spacing:.04em;
white-space:nowrap}
details{border-top:1px solid var(--grid);padding:.3em 0}
summary{cursor:pointer;padding:.3em 0}
summary h3{display:inline;margin:0}
@media (max-width:600px){main{padding:8px 14px 32px}h1{font-size:1.4rem}
dl{grid-template-columns:1fr;gap:0}dd{margin:0 0 .5em}}
@media print{.scroll{overflow:visible}figure,tr{break-inside:avoid}}
)";

std::string variables(uint32_t plot::InkTones::* tone, uint32_t ground) {
  std::string text = fmt::format("--ground:#{:06x};", ground);
  const auto add = [&](std::string_view name, plot::Ink ink) {
    text += fmt::format("--{}:#{:06x};", name, plot::tones(ink).*tone);
  };
  add("paper", plot::Ink::Paper);
  add("text", plot::Ink::Text);
  add("faint", plot::Ink::Faint);
  add("axis", plot::Ink::Axis);
  add("grid", plot::Ink::Grid);
  add("curve1", plot::Ink::Curve1);
  add("curve2", plot::Ink::Curve2);
  add("curve3", plot::Ink::Curve3);
  add("curve7", plot::Ink::Curve7);
  return ":root{" + text + "}";
}

}  // namespace

std::string page_style() {
  return variables(&plot::InkTones::light, 0xf4f6f8) + "\n@media (prefers-color-scheme:dark){" +
         variables(&plot::InkTones::dark, 0x1d2127) + "}" + std::string(kRules) + plot::svg_rules();
}

}  // namespace lathe::report
