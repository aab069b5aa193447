// What each output of a model is given: targets, weights of rows, a loss, metrics. With one output
// one of each will do. With several it is a list in the order of the outputs, or it goes by their
// names, which are those of the layers that make them:
//
//   Model model({x}, {Dense(1, {.name = "price"})(h),
//                     Dense(1, {.activation = "sigmoid", .name = "rises"})(h)});
//   model.compile({.loss = {"mse", "binary_crossentropy"},
//                  .metrics = {{"mae"}, {"accuracy", "auc"}},
//                  .loss_weights = {1, 0.5}});
//   model.fit(x, {prices, ups});
//
//   model.compile({.loss = {{"price", "mse"}, {"rises", "bce"}},
//                  .metrics = {{"rises", {"accuracy"}}}});
//   model.fit(x, {{"price", prices}, {"rises", ups}}, {.sample_weight = {{"rises", weights}}});
//
// As in Keras 3 (https://keras.io/api/models/model_training_apis): the loss is the sum of the
// outputs' losses, each times its loss_weight, and of what regularisers add. Logs have it as `loss`;
// then, where several outputs have a loss, that of each, before its loss_weight, as NAME_loss; then
// metrics as NAME_metric, output by output.
//
// Errors for another number than of outputs, for names that no output has, with the nearest, and, in
// compile, for two outputs of one name: Identity("other")(y) gives y another one.
#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "lathe/array.h"
#include "lathe/losses.h"

namespace lathe {

/// A T for each output, or for some.
template <class T>
class PerOutput {
 public:
  /// That of one output, which its place in a list or its name tells; std::nullopt: it has none.
  struct Entry {
    template <std::convertible_to<T> U>
    Entry(U&& of_place) : value(std::forward<U>(of_place)) {}  // NOLINT: a value is an entry
    Entry(std::nullopt_t) {}                                   // NOLINT
    Entry(std::string name, T of_name) : output(std::move(name)), value(std::move(of_name)) {}
    Entry(std::string name, std::nullopt_t) : output(std::move(name)) {}

    std::string output;  ///< empty: its place tells
    std::optional<T> value;
  };

  PerOutput() = default;
  PerOutput(std::nullopt_t) {}  // NOLINT
  template <std::convertible_to<T> U>
  PerOutput(U&& one) : entries_{Entry(std::forward<U>(one))} {}  // NOLINT
  PerOutput(const std::optional<T>& one) {                       // NOLINT
    if (one) entries_.emplace_back(*one);
  }
  PerOutput(std::initializer_list<Entry> all) : entries_(all) {}
  /// One for each output, in their order. Of arrays it keeps views: they have to live as long.
  template <class U>
    requires std::convertible_to<const U&, T>
  PerOutput(const std::vector<U>& all) : entries_(all.begin(), all.end()) {}  // NOLINT

  bool empty() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<Entry>& entries() { return entries_; }
  /// The value where there is one alone, otherwise an Error.
  const T& only() const {
    if (entries_.size() == 1 && entries_[0].value) return *entries_[0].value;
    throw Error("there are values for " + std::to_string(entries_.size()) + " outputs, not one");
  }

 private:
  std::vector<Entry> entries_;
};

/// What a model is trained towards (the shapes: losses.h), of each output that has a loss or metrics;
/// what is given for others is not used.
using Targets = PerOutput<ArrayView>;
/// How much each row counts in an output's loss and weighted metrics, [n]; 1 where there is none. One
/// alone counts for all outputs.
using SampleWeights = PerOutput<ArrayView>;
/// One alone is that of all outputs. An output that is not trained has std::nullopt, also by name.
using Losses = PerOutput<Loss>;
/// What the outputs' losses are multiplied by, finite; 1 of those that are not named. One alone is
/// that of all.
using LossWeights = PerOutput<double>;

/// Metrics (metrics.h) of one output, {"mae", "auc(curve=PR)"}, or of several: a list for each,
/// {{"mae"}, {}, {"accuracy", "auc"}}, where one metric needs no braces, or by name, with braces:
/// {{"price", {"mae"}}}. An output without a loss can have some: it is measured, not trained.
class Metrics {
 public:
  struct Entry {
    Entry() = default;
    template <std::convertible_to<std::string_view>... Text>
      requires(sizeof...(Text) > 0)
    Entry(Text&&... texts) : metrics{std::string(std::forward<Text>(texts))...} {}  // NOLINT
    Entry(std::vector<std::string> of_place) : metrics(std::move(of_place)) {}      // NOLINT
    Entry(std::string name, std::vector<std::string> of_name)
        : output(std::move(name)), metrics(std::move(of_name)) {}

    std::string output;  ///< empty: its place tells
    std::vector<std::string> metrics;
  };

  Metrics() = default;
  Metrics(std::initializer_list<Entry> all) : entries_(all) {}
  Metrics(const std::vector<std::string>& all) : entries_(all.begin(), all.end()) {}  // NOLINT

  bool empty() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<Entry>& entries() { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace lathe
