#include "tools/plot/scene.h"

namespace lathe::plot {
namespace {

constexpr InkTones kInks[] = {
#define INK(name, light, dark) {Ink::name, light, dark},
#include "tools/plot/inks.def"
#undef INK
};

}  // namespace

std::span<const InkTones> all_inks() {
  return kInks;
}

const InkTones& tones(Ink ink) {
  return kInks[static_cast<size_t>(ink)];
}

Ink curve_ink(size_t number) {
  constexpr size_t first = static_cast<size_t>(Ink::Curve1);
  return kInks[first + number % (std::size(kInks) - first)].ink;
}

}  // namespace lathe::plot
