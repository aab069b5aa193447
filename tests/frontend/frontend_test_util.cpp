#include "tests/frontend/frontend_test_util.h"

#include "frontend/base/table.h"
#include "frontend/train/metrics.h"
#include "runtime/philox.h"

namespace lathe::test {

std::vector<RunOptions> backends() {
  std::vector<RunOptions> all = {interpreter()};
#ifdef LATHE_LLVM
  all.push_back({.threads = 2, .backend = Backend::Llvm});
#endif
  return all;
}

Points bunches(int64_t n, uint64_t seed) {
  Points p{Array(DType::F32, {n, 2}), Array(DType::I32, {n})};
  constexpr float kCenters[3][2] = {{-2, -1}, {2, -1}, {0, 2}};
  for (int64_t i = 0; i < n; ++i) {
    const int label = static_cast<int>(i % 3);
    p.y.data<int32_t>()[i] = label;
    for (int k = 0; k < 2; ++k)
      p.x.data<float>()[2 * i + k] =
          kCenters[label][k] + runtime::uniform_at(seed, 0, 0, static_cast<uint64_t>(2 * i + k)) -
          0.5f;
  }
  return p;
}

Sequential small_model(const std::string& activation) {
  return Sequential({Input({2}), Dense(8, activation), Dense(3, "softmax")});
}

std::string loss_text(std::string_view name, const std::string& more) {
  std::string options =
      name == "expression" ? "fn=\"(mul (exp a1) (abs (sub a0 (tanh a1))))\"" : "";
  if (!options.empty() && !more.empty()) options += ", ";
  options += more;
  return std::string(name) + (options.empty() ? "" : "(" + options + ")");
}

std::string metric_text(std::string_view name, const std::string& called) {
  std::string options = "name=" + called;
  if (const detail::MetricRow* row = find_row(detail::metric_table(), name))
    for (const OptionSpec& option : row->options)
      if (!option.default_value) options += ", " + option.name + "=0.5";
  return loss_text(name, options);
}

std::vector<float> values(const Array& a) {
  const auto v = a.data<float>();
  return {v.begin(), v.end()};
}

}  // namespace lathe::test
