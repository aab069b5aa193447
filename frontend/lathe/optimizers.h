// How weights are changed, as classes with Keras 3's names, options and defaults.
//
//   model.compile({.loss = "mse", .optimizer = Adam(0.01)});
//   model.compile({.loss = "mse", .optimizer = Adam({.learning_rate = 0.01, .clipnorm = 1.0})});
//
// A number, or a schedule (schedules.h), is the learning rate. Updates are ops of the compiled step;
// the formulas are the rows of passes/optimizers.def, w a weight, g its gradient. Options that make no
// sense are an Error in Model::compile.
//
// With use_ema the weights become their averages at the end of a fit, as in Keras, before callbacks
// hear of it; from there a later fit goes on. They stay what they are when it was interrupted, so
// that it can be continued to the same bits, and in train_on_batch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lathe/optimizer.h"
#include "lathe/schedules.h"

namespace lathe {

/// Options that every optimiser has, with Keras's meaning, as F(type, name, default); 0: not done.
///
///   weight_decay            w = w - rate weight_decay w before each update
///   clipnorm                each weight's gradient is scaled down to that norm,
///   global_clipnorm         or all gradients together are,
///   clipvalue               or each number is cut off there; one of the three at most
///   use_ema                 keeps averages of the weights: ema_momentum of the old one is left each time
///   ema_overwrite_frequency after so many updates, too, the weights become their averages
///   gradient_accumulation_steps  updates once in so many steps, with the mean gradient; 2 or more
#define LATHE_OPTIMIZER_OPTIONS(F, decay) \
  F(double, weight_decay, decay)          \
  F(double, clipnorm, 0)                  \
  F(double, global_clipnorm, 0)           \
  F(double, clipvalue, 0)                 \
  F(bool, use_ema, false)                 \
  F(double, ema_momentum, 0.99)           \
  F(int64_t, ema_overwrite_frequency, 0)  \
  F(int64_t, gradient_accumulation_steps, 0)
#define LATHE_OPTION(type, name, value) type name = value;

struct SGDOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// Stochastic gradient descent. With momentum m and gradient g: v = m v - rate g; w = w + v, or with
/// nesterov w = w + m v - rate g.
struct SGD : Optimizer {
  explicit SGD(LearningRate learning_rate = 0.01, double momentum = 0, bool nesterov = false);
  explicit SGD(const SGDOptions& options);
};

struct RMSpropOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// v = rho v + (1 - rho) g^2, less the square of the average gradient where `centered`;
/// w = w - rate g / sqrt(v + epsilon), with momentum a velocity of such steps.
struct RMSprop : Optimizer {
  explicit RMSprop(LearningRate learning_rate = 0.001);
  explicit RMSprop(const RMSpropOptions& options);
};

struct AdagradOptions {
  LearningRate learning_rate = 0.001;
  double initial_accumulator_value = 0.1;
  double epsilon = 1e-7;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// a = a + g^2; w = w - rate g / sqrt(a + epsilon).
struct Adagrad : Optimizer {
  explicit Adagrad(LearningRate learning_rate = 0.001);
  explicit Adagrad(const AdagradOptions& options);
};

struct AdadeltaOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.95;
  double epsilon = 1e-7;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// Steps of the size that the steps before had: w = w - rate sqrt(d + epsilon) g / sqrt(a + epsilon),
/// where a and d are moving averages, by rho, of g^2 and of the steps' squares.
struct Adadelta : Optimizer {
  explicit Adadelta(LearningRate learning_rate = 0.001);
  explicit Adadelta(const AdadeltaOptions& options);
};

struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// m = beta_1 m + (1 - beta_1) g; v = beta_2 v + (1 - beta_2) g^2; w = w - rate m' / (sqrt(v') +
/// epsilon), m' and v' without their bias to 0. amsgrad: by the largest v so far.
struct Adam : Optimizer {
  explicit Adam(LearningRate learning_rate = 0.001);
  explicit Adam(const AdamOptions& options);
};

struct AdamWOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0.004)
};
/// Adam with a decay of weights by default.
struct AdamW : Optimizer {
  explicit AdamW(LearningRate learning_rate = 0.001);
  explicit AdamW(const AdamWOptions& options);
};

struct AdamaxOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// Adam with the decaying maximum of |g| in the place of sqrt(v).
struct Adamax : Optimizer {
  explicit Adamax(LearningRate learning_rate = 0.001);
  explicit Adamax(const AdamaxOptions& options);
};

struct NadamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// Adam with Nesterov's momentum.
struct Nadam : Optimizer {
  explicit Nadam(LearningRate learning_rate = 0.001);
  explicit Nadam(const NadamOptions& options);
};

struct FtrlOptions {
  LearningRate learning_rate = 0.001;
  double learning_rate_power = -0.5;
  double initial_accumulator_value = 0.1;
  double l1_regularization_strength = 0;
  double l2_regularization_strength = 0;
  double l2_shrinkage_regularization_strength = 0;
  double beta = 0;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// Follow the regularised leader (McMahan and others, 2013), for sparse weights.
struct Ftrl : Optimizer {
  explicit Ftrl(LearningRate learning_rate = 0.001);
  explicit Ftrl(const FtrlOptions& options);
};

struct LionOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.99;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// w = w - rate sign(beta_1 m + (1 - beta_1) g); m = beta_2 m + (1 - beta_2) g.
struct Lion : Optimizer {
  explicit Lion(LearningRate learning_rate = 0.001);
  explicit Lion(const LionOptions& options);
};

struct LambOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// Adam's step, scaled for each weight by its norm over the step's.
struct Lamb : Optimizer {
  explicit Lamb(LearningRate learning_rate = 0.001);
  explicit Lamb(const LambOptions& options);
};

struct AdafactorOptions {
  LearningRate learning_rate = 0.001;
  double beta_2_decay = -0.8;
  double epsilon_1 = 1e-30;
  double epsilon_2 = 1e-3;
  double clip_threshold = 1;
  bool relative_step = true;
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0)
};
/// Shazeer and Stern, 2018: of a matrix, squares of gradients are kept as means over rows and over
/// columns alone. As in Keras 3 relative_step changes nothing.
struct Adafactor : Optimizer {
  explicit Adafactor(LearningRate learning_rate = 0.001);
  explicit Adafactor(const AdafactorOptions& options);
};

struct MuonOptions {
  LearningRate learning_rate = 0.001;
  double adam_beta_1 = 0.9;
  double adam_beta_2 = 0.999;
  double adam_weight_decay = 0.004;  ///< of the weights that Adam updates
  double epsilon = 1e-7;
  std::vector<std::string> exclude_layers = {};  ///< parts of names of weights that Adam updates
  bool exclude_embeddings = true;                ///< Adam updates what has "embedding" in its name
  double muon_a = 3.4445;
  double muon_b = -4.775;
  double muon_c = 2.0315;
  double adam_lr_ratio = 1;
  double momentum = 0.95;
  int64_t ns_steps = 5;
  bool nesterov = true;
  double rms_rate = 0.2;  ///< 0: Keras's None
  LATHE_OPTIMIZER_OPTIONS(LATHE_OPTION, 0.004)
};
/// Jordan and others, 2024; Liu and others, 2025: the momentum of a matrix is brought near to an
/// orthogonal matrix by ns_steps times x = muon_a x + (muon_b s + muon_c s s) x, s = x x'; w = w -
/// rate rms_rate sqrt(max(rows, columns)) x. All other weights, and those excluded (a model's last
/// layer should be), are updated by Adam at rate adam_lr_ratio.
struct Muon : Optimizer {
  explicit Muon(LearningRate learning_rate = 0.001);
  explicit Muon(const MuonOptions& options);
};

#undef LATHE_OPTION

}  // namespace lathe
