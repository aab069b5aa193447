#include "tools/bench/kernels/kernel_arrays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ir/error.h"
#include "runtime/philox.h"

namespace lathe::bench {
namespace {

/// Of the reference: a moment's work.
constexpr int64_t kProducts = int64_t{1} << 27;

double activate(Activation activation, double x) {
  switch (activation) {
    case Activation::Linear:
      return x;
    case Activation::Relu:
      return x > 0 ? x : 0;
    case Activation::Sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::Tanh:
      return std::tanh(x);
  }
  return x;
}

/// The derivative, from the activation's result.
double slope(Activation activation, double y) {
  switch (activation) {
    case Activation::Linear:
      return 1;
    case Activation::Relu:
      return y > 0 ? 1 : 0;
    case Activation::Sigmoid:
      return y * (1 - y);
    case Activation::Tanh:
      return 1 - y * y;
  }
  return 1;
}

/// Within `reach` of 0.
std::vector<float> random_numbers(int64_t count, uint32_t stream, float reach) {
  std::vector<float> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); i += 4) {
    const auto bits = runtime::philox_block(0, stream, 0, i / 4);
    for (size_t j = 0; j < 4 && i + j < values.size(); ++j) {
      values[i + j] = reach * (2 * runtime::uniform_from_bits(bits[j]) - 1);
    }
  }
  return values;
}

std::vector<float> one_hot_rows(int64_t rows, int64_t columns) {
  std::vector<float> values(static_cast<size_t>(rows * columns));
  for (int64_t i = 0; i < rows; ++i) {
    const float unit = runtime::uniform_at(0, 9, 0, static_cast<uint64_t>(i));
    const auto column = static_cast<int64_t>(unit * static_cast<float>(columns));
    values[static_cast<size_t>(i * columns + column)] = 1;
  }
  return values;
}

}  // namespace

const float* KernelArrays::keep(std::vector<float> values) {
  const auto count = static_cast<int64_t>(values.size());
  kept_.push_back(runtime::Tensor::from(values, {count}));
  return kept_.back().data<float>().data();
}

KernelArrays::KernelArrays(const KernelWork& work) {
  const auto [m, k, n] = work.shape;
  const float small = std::sqrt(3.0f / static_cast<float>(k));
  kept_.reserve(4);  // none of them moves
  switch (work.kind) {
    case KernelKind::Forward:
      operands_.x = keep(random_numbers(m * k, 1, 1));
      operands_.w = keep(random_numbers(k * n, 2, small));
      operands_.b = keep(random_numbers(n, 3, 1));
      return;
    case KernelKind::InputGradient: {
      operands_.w = keep(random_numbers(k * n, 2, small));
      operands_.dz = keep(random_numbers(m * n, 4, 1));
      std::vector<float> a = random_numbers(m * k, 5, 2);
      for (float& v : a) v = static_cast<float>(activate(work.activation, v));
      operands_.a = keep(std::move(a));
      return;
    }
    case KernelKind::WeightGradient:
      operands_.x = keep(random_numbers(m * k, 1, 1));
      operands_.w = keep(random_numbers(k * n, 2, small));
      operands_.b = keep(random_numbers(n, 3, 1));
      operands_.dz = keep(random_numbers(m * n, 4, 1));
      return;
    case KernelKind::SoftmaxLoss:
      operands_.z = keep(random_numbers(m * n, 6, 4));
      operands_.t = keep(one_hot_rows(m, n));
      return;
    case KernelKind::Elementwise:
      operands_.z = keep(random_numbers(m * n, 6, 4));
      operands_.b = keep(random_numbers(n, 3, 1));
      return;
  }
}

KernelReference::KernelReference(const KernelWork& work, const Operands& operands) : work_(work) {
  const auto [m, k, n] = work.shape;
  rows_ = work.kind == KernelKind::WeightGradient ? k : m;
  columns_ = work.kind == KernelKind::InputGradient ? k : n;
  const int64_t each = m * n * k / rows_;
  const int64_t count = std::clamp<int64_t>(kProducts / each, std::min<int64_t>(2, rows_), rows_);
  for (int64_t i = 0; i < count; ++i) {
    checked_.push_back(count == 1 ? 0 : i * (rows_ - 1) / (count - 1));
  }
  switch (work.kind) {
    case KernelKind::Forward:
    case KernelKind::InputGradient:
    case KernelKind::WeightGradient:
      contraction_rows(operands);
      return;
    case KernelKind::SoftmaxLoss:
    case KernelKind::Elementwise:
      row_kernels(operands);
      return;
  }
}

void KernelReference::contraction_rows(const Operands& o) {
  const auto [m, k, n] = work_.shape;
  const bool forward = work_.kind == KernelKind::Forward;
  const bool input = work_.kind == KernelKind::InputGradient;
  std::vector<double> sum(static_cast<size_t>(columns_)), size(sum.size());
  for (const int64_t i : checked_) {
    std::fill(sum.begin(), sum.end(), 0);
    std::fill(size.begin(), size.end(), 0);
    const auto add = [&](int64_t j, double product) {
      sum[static_cast<size_t>(j)] += product;
      size[static_cast<size_t>(j)] += std::fabs(product);
    };
    if (input) {
      for (int64_t j = 0; j < k; ++j) {
        for (int64_t p = 0; p < n; ++p) add(j, double{o.dz[i * n + p]} * o.w[j * n + p]);
      }
    } else {
      for (int64_t p = 0; p < (forward ? k : m); ++p) {
        const double left = forward ? o.x[i * k + p] : o.x[p * k + i];
        const float* right = (forward ? o.w : o.dz) + p * n;
        for (int64_t j = 0; j < n; ++j) add(j, left * right[j]);
      }
    }
    for (int64_t j = 0; j < columns_; ++j) {
      const double s = sum[static_cast<size_t>(j)], near = 1e-5 * size[static_cast<size_t>(j)];
      if (forward) {
        const double y = activate(work_.activation, s + o.b[j]);
        matrix_.push_back({y, near + 1e-6 * (std::fabs(y) + std::fabs(o.b[j]))});
      } else if (input) {
        const double dx = s * slope(work_.activation, o.a[i * k + j]);
        matrix_.push_back({dx, near + 1e-6 * std::fabs(dx)});
      } else {
        const double w = o.w[i * n + j];
        matrix_.push_back({w - kKernelRate * s, kKernelRate * near + 1e-6 * std::fabs(w)});
      }
    }
  }
  if (work_.kind != KernelKind::WeightGradient) return;
  for (int64_t j = 0; j < n; ++j) {
    double s = 0, magnitude = 0;
    for (int64_t i = 0; i < m; ++i) {
      s += o.dz[i * n + j];
      magnitude += std::fabs(o.dz[i * n + j]);
    }
    vector_.push_back(
        {o.b[j] - kKernelRate * s, 1e-5 * kKernelRate * magnitude + 1e-6 * std::fabs(o.b[j])});
  }
}

void KernelReference::row_kernels(const Operands& o) {
  const auto [m, k, n] = work_.shape;
  if (work_.kind == KernelKind::Elementwise) {
    for (const int64_t i : checked_) {
      for (int64_t j = 0; j < n; ++j) {
        const double z = o.z[i * n + j], y = activate(work_.activation, z + o.b[j]);
        matrix_.push_back({y, 1e-6 * (std::fabs(y) + std::fabs(z) + std::fabs(o.b[j]))});
      }
    }
    return;
  }
  for (int64_t i = 0; i < m; ++i) {
    const float *z = o.z + i * n, *t = o.t + i * n;
    const double most = *std::max_element(z, z + n);
    double sum = 0, loss = 0;
    for (int64_t j = 0; j < n; ++j) sum += std::exp(z[j] - most);
    const double log_sum = most + std::log(sum);
    for (int64_t j = 0; j < n; ++j) loss += t[j] * (log_sum - z[j]);
    vector_.push_back({loss, 1e-5 * (1 + loss)});
    if (!std::binary_search(checked_.begin(), checked_.end(), i)) continue;
    for (int64_t j = 0; j < n; ++j) {
      const double p = std::exp(z[j] - log_sum);
      matrix_.push_back(
          {(p - t[j]) / static_cast<double>(m), 1e-5 * (p + t[j]) / static_cast<double>(m)});
    }
  }
}

std::string KernelReference::disagreement(const Results& results) const {
  if (static_cast<int64_t>(results.matrix.size()) != rows_ * columns_ ||
      results.vector.size() != vector_.size()) {
    internal_error(__FILE__, __LINE__, "results of another size");
  }
  size_t wrong = 0;
  double worst = 0;
  std::string where;
  const auto look = [&](double actual, const Expected& e, const char* what, int64_t i, int64_t j) {
    const double off = std::fabs(actual - e.value);
    if (off <= e.allowed) return;
    ++wrong;
    if (off <= worst && !where.empty()) return;  // of NaN the first
    worst = off;
    where = fmt::format("{} at row {}, column {}: {}, not {}", what, i, j, actual, e.value);
  };
  for (size_t r = 0; r < checked_.size(); ++r) {
    for (int64_t j = 0; j < columns_; ++j) {
      const int64_t i = checked_[r];
      look(results.matrix[static_cast<size_t>(i * columns_ + j)],
           matrix_[r * static_cast<size_t>(columns_) + static_cast<size_t>(j)], "matrix", i, j);
    }
  }
  for (size_t j = 0; j < vector_.size(); ++j) {
    look(results.vector[j], vector_[j], "vector", 0, static_cast<int64_t>(j));
  }
  if (wrong == 0) return "";
  return fmt::format("{} of {} numbers are wrong, the worst in the {}", wrong,
                     matrix_.size() + vector_.size(), where);
}

}  // namespace lathe::bench
