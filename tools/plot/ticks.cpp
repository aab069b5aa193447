#include "tools/plot/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lathe::plot {
namespace {

/// The decimal exponent of the first digit.
int exponent(double value) {
  return static_cast<int>(std::floor(std::log10(std::fabs(value)) + 1e-9));
}

/// `1.50e-05` as `1.5e-5`.
std::string tidy(const std::string& scientific) {
  const size_t e = scientific.find('e');
  std::string digits = scientific.substr(0, e);
  if (digits.find('.') != std::string::npos) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  std::string power = scientific.substr(e + 1);
  const bool minus = power[0] == '-';
  power.erase(0, std::min(power.find_first_not_of("+-0"), power.size() - 1));
  return digits + (minus ? "e-" : "e") + power;
}

struct Step {
  double size = 1;
  int power = 0;  ///< the exponent of its digit
};

Step nice_step(double range, int most, bool whole) {
  int power = exponent(range / most);
  for (;; ++power) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double size = digit * std::pow(10.0, power);
      const bool fits = std::floor(range / size + 1e-9) + 1 <= most;
      if (fits && !(whole && power < 0)) return {size, power};
    }
  }
}

}  // namespace

std::string short_number(double value, int digits) {
  if (value == 0) return "0";
  const int power = exponent(value);
  if (power < -4 || power > 5) return tidy(fmt::format("{:.{}e}", value, digits - 1));
  std::string text = fmt::format("{:.{}f}", value, std::max(0, digits - 1 - power));
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::vector<Tick> linear_ticks(double low, double high, int most, bool whole) {
  const Step step = nice_step(high - low, most, whole);
  const double first = std::ceil(low / step.size - 1e-9),
               last = std::floor(high / step.size + 1e-9);
  const int largest = exponent(std::max({std::fabs(low), std::fabs(high), step.size}));
  std::vector<Tick> ticks;
  for (double i = first; i <= last && ticks.size() < static_cast<size_t>(most); ++i) {
    const double at = i == 0 ? 0 : i * step.size;
    std::string label = fmt::format("{:.{}f}", at, std::max(0, -step.power));
    if (step.power < -4 || largest > 5) {
      label =
          at == 0 ? "0" : tidy(fmt::format("{:.{}e}", at, std::clamp(largest - step.power, 0, 15)));
    }
    ticks.push_back({at, label});
  }
  return ticks;
}

std::vector<Tick> log_ticks(double low, double high, int most) {
  const int first = exponent(low), last = exponent(high) + 1;
  const auto inside = [&](double v) { return v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9); };
  std::vector<Tick> powers, all;
  for (int power = first; power <= last; ++power) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double at = digit * std::pow(10.0, power);
      if (!inside(at)) continue;
      all.push_back({at, short_number(at, 1)});
      if (digit == 1) powers.push_back(all.back());
    }
  }
  if (powers.size() < 2) {
    return all.size() < 2 ? linear_ticks(low, high, most) : all;
  }
  const size_t every = (powers.size() + static_cast<size_t>(most) - 1) / static_cast<size_t>(most);
  std::vector<Tick> some;
  for (size_t i = 0; i < powers.size(); i += every) some.push_back(powers[i]);
  return some;
}

}  // namespace lathe::plot
