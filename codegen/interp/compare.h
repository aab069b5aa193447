// When do the results of two executors agree? Every backend's tests ask here. NaN agrees with NaN,
// an infinity with itself, 0 with -0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/tensor.h"

namespace lathe::interp {

/// Number of steps from one representable f32 to the other: 0 if they agree, the largest int64 if
/// one alone is NaN. Numbers below the smallest normal count as 0: steps flush them.
int64_t ulp_distance(float a, float b);
/// The same in steps of f64; the largest int64 also where there are more.
int64_t ulp_distance_f64(double a, double b);

/// What a test allows: an element agrees when it is within `ulps` or within `absolute`.
struct Tolerance {
  int64_t ulps = 0;
  double absolute = 0;
};

/// Empty when all elements agree; otherwise words: how many do not, and the worst one with its
/// index, both values and their distance. Types and shapes must be the same. f32 is compared in f32
/// ulps, f64 in f64 ulps; integers and bool must be equal.
std::string disagreement(const runtime::TensorView& actual, const runtime::TensorView& expected,
                         const Tolerance& tolerance = {});

/// Σ|a||b| of each output of a matmul, over the finite products: what the error of a chain of
/// roundings is measured against.
std::vector<double> contraction_magnitudes(const runtime::TensorView& a,
                                           const runtime::TensorView& b, bool transpose_a = false,
                                           bool transpose_b = false);

/// Like `disagreement`, for a contraction: |actual - expected| <= relative · magnitude. Where the
/// magnitude leaves the range of f32, partial sums may overflow: what is not finite then agrees
/// with anything.
std::string contraction_disagreement(const runtime::TensorView& actual,
                                     const runtime::TensorView& expected,
                                     const std::vector<double>& magnitudes, double relative = 1e-5);

}  // namespace lathe::interp
