// Daily prices as what a network can learn from: a layer, so that it is a part of the saved model.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lathe/layers.h"
#include "lathe/prices.h"

namespace lathe {

/// What becomes of a window of prices whose last day is t; C is the close.
///
///   form  | open, high, low, close P[k]  | adj_close A[k]          | volume V[k]
///   log   | log(P[k] / C[t])             | log(A[k] / A[k-1])      | log(1 + V[k]) less its mean
///   ratio | P[k] / C[t] - 1              | A[k] / A[k-1] - 1       | over the window, as log
///   raw   | P[k]                         | A[k] / A[k-1]           | V[k]
///
/// Of the adjusted close the ratio from day to day is all that is taken, in every form: its level
/// knows of dividends that were paid later.
enum class PriceForm { Log, Ratio, Raw };
struct PriceFormText {
  PriceForm form;
  std::string_view name;
};
/// All, in the order of the enumeration.
std::span<const PriceFormText> price_forms();
std::string_view to_string(PriceForm form);
/// By name: log, ratio, raw. Error, with the nearest, for another one.
PriceForm price_form(std::string_view name);

struct PriceFeaturesOptions {
  std::vector<PriceField> columns;   ///< what the input's columns are, each once
  std::vector<PriceField> features;  ///< of them, in the order of the result; empty: all
  PriceForm form = PriceForm::Log;
  std::string name = "";
};

/// Windows of prices, [rows, columns], to features, [days, features]. With adj_close among the
/// features the first row is only what the second one's ratio is to: days = rows - 1; otherwise
/// days = rows. Error for no columns, one that is named twice or not in the input, log and ratio
/// without close among the columns, and fewer than 1 day.
class PriceFeatures : public Layer {
 public:
  explicit PriceFeatures(const PriceFeaturesOptions& options);
};

/// The rows that a window of `days` days takes of such features.
int64_t price_rows(int64_t days, const std::vector<PriceField>& features);

}  // namespace lathe
