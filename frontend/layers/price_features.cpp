// PriceFeatures: windows of daily prices, relative to the last known one.
#include "lathe/price_features.h"

#include <algorithm>
#include <span>

#include "frontend/base/table.h"
#include "frontend/layers/layer_base.h"
#include "ir/error.h"

namespace lathe {

namespace {

constexpr PriceFormText kForms[] = {
    {PriceForm::Log, "log"}, {PriceForm::Ratio, "ratio"}, {PriceForm::Raw, "raw"}};

bool has(const std::vector<PriceField>& fields, PriceField field) {
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

std::string joined(const std::vector<PriceField>& fields) {
  std::string text;
  for (PriceField field : fields) {
    if (!text.empty()) text += ',';
    text += to_string(field);
  }
  return text;
}

std::vector<PriceField> split(const char* option, const std::string& text) {
  std::vector<PriceField> fields;
  check_option(option, [&] {
    for (size_t begin = 0; begin <= text.size() && !text.empty();) {
      const size_t end = std::min(text.find(',', begin), text.size());
      const PriceField field = price_field(std::string_view(text).substr(begin, end - begin));
      if (has(fields, field))
        throw Error(std::string(option) + " names " + std::string(to_string(field)) + " twice");
      fields.push_back(field);
      begin = end + 1;
    }
  });
  return fields;
}

}  // namespace

std::span<const PriceFormText> price_forms() {
  return kForms;
}

std::string_view to_string(PriceForm form) {
  return kForms[static_cast<size_t>(form)].name;
}

PriceForm price_form(std::string_view name) {
  return known_row(price_forms(), name, "form of prices").form;
}

int64_t price_rows(int64_t days, const std::vector<PriceField>& features) {
  return days + (has(features, PriceField::AdjClose) ? 1 : 0);
}

namespace detail {

namespace {

using ir::ValueId;
using namespace ir::scalar_dsl;

class PriceFeaturesLayer final : public LayerBase {
 public:
  PriceFeaturesLayer(const LayerType& type, const Options& o)
      : LayerBase(type, o),
        columns_(split("columns", o.word("columns"))),
        features_(split("features", o.word("features"))) {
    check_option("form", [&] { form_ = price_form(o.word("form")); });
    if (columns_.empty()) throw OptionError("columns", "there must be one column or more");
    if (features_.empty()) features_ = columns_;
    for (PriceField field : features_)
      if (!has(columns_, field))
        throw OptionError("features", std::string(to_string(field)) + " is not among the columns " +
                                          joined(columns_));
    if (form_ != PriceForm::Raw && !has(columns_, PriceField::Close))
      throw OptionError("columns", "the form " + std::string(to_string(form_)) +
                                       " needs close, the last known price, not " +
                                       joined(columns_) + " alone");
  }

  Dims output_shape(const std::vector<Dims>& inputs) const override {
    const Dims& in = one_input(inputs);
    const auto columns = static_cast<int64_t>(columns_.size());
    if (in.size() != 2 || in[1] != columns || in[0] <= lead())
      throw Error("takes windows of " + std::to_string(lead() + 1) + " or more rows of " +
                  std::to_string(columns) + " columns (" + joined(columns_) + "), not " +
                  dims_to_string(in));
    return {in[0] - lead(), static_cast<int64_t>(features_.size())};
  }

  ValueId call(LayerContext& c, std::span<const ValueId> inputs) const override {
    ir::Builder& b = c.b;
    const ValueId x = inputs[0];
    const int64_t rows = b.type(x).shape[1].size(), days = rows - lead();
    const ValueId known = lead() > 0 ? b.slice(x, 1, lead(), days) : x;
    std::vector<ValueId> parts;
    for (size_t i = 0; i < features_.size();) {
      const size_t count = run(i);
      const int64_t at = column(features_[i]), width = static_cast<int64_t>(count);
      const auto of = [&](ValueId from) {
        return width == b.type(from).shape[2].size() ? from : b.slice(from, 2, at, width);
      };
      switch (features_[i]) {
        case PriceField::Open:
        case PriceField::High:
        case PriceField::Low:
        case PriceField::Close:
          parts.push_back(relative(c, of(known), [&] { return last_close(c, x, rows); }));
          break;
        case PriceField::AdjClose:
          parts.push_back(day_to_day(c, of(known), of(b.slice(x, 1, 0, days))));
          break;
        case PriceField::Volume:
          parts.push_back(volume(c, of(known)));
          break;
      }
      i += count;
    }
    return parts.size() == 1 ? parts[0] : b.concat(std::move(parts), 2);
  }
  std::string detail() const override { return std::string(to_string(form_)); }

 private:
  int64_t lead() const { return price_rows(0, features_); }
  int64_t column(PriceField field) const {
    return std::find(columns_.begin(), columns_.end(), field) - columns_.begin();
  }
  static bool is_price(PriceField field) {
    return field != PriceField::AdjClose && field != PriceField::Volume;
  }
  /// How many features from `i` on are prices whose columns stand side by side; otherwise 1.
  size_t run(size_t i) const {
    size_t n = 1;
    while (is_price(features_[i]) && i + n < features_.size() && is_price(features_[i + n]) &&
           column(features_[i + n]) == column(features_[i]) + static_cast<int64_t>(n))
      ++n;
    return n;
  }

  ValueId last_close(LayerContext& c, ValueId x, int64_t rows) const {
    const ValueId last = c.b.slice(x, 1, rows - 1, 1);
    return columns_.size() == 1 ? last : c.b.slice(last, 2, column(PriceField::Close), 1);
  }
  template <class F>
  ValueId relative(LayerContext& c, ValueId prices, F&& last) const {
    switch (form_) {
      case PriceForm::Log:
        return c.b.map(log(E::arg(0) / E::arg(1)), {prices, last()});
      case PriceForm::Ratio:
        return c.b.map(E::arg(0) / E::arg(1) - E(1.0), {prices, last()});
      case PriceForm::Raw:
        return prices;
    }
    internal_error(__FILE__, __LINE__, "bad form of prices");
  }
  ValueId day_to_day(LayerContext& c, ValueId today, ValueId before) const {
    switch (form_) {
      case PriceForm::Log:
        return c.b.map(log(E::arg(0) / E::arg(1)), {today, before});
      case PriceForm::Ratio:
        return c.b.map(E::arg(0) / E::arg(1) - E(1.0), {today, before});
      case PriceForm::Raw:
        return c.b.map(E::arg(0) / E::arg(1), {today, before});
    }
    internal_error(__FILE__, __LINE__, "bad form of prices");
  }
  ValueId volume(LayerContext& c, ValueId shares) const {
    if (form_ == PriceForm::Raw) return shares;
    const ValueId logs = c.b.map(log1p(E::arg(0)), {shares});
    return c.b.map("sub", {logs, c.b.reduce("mean", logs, {1}, true)});
  }

  std::vector<PriceField> columns_, features_;
  PriceForm form_ = PriceForm::Log;
};

}  // namespace

LATHE_MAKE_LAYER(PriceFeatures)

}  // namespace detail

PriceFeatures::PriceFeatures(const PriceFeaturesOptions& options)
    : Layer([&] {
        Options o;
        if (!options.name.empty()) o.set("name", options.name);
        o.set("columns", joined(options.columns));
        o.set("features", joined(options.features));
        o.set("form", std::string(to_string(options.form)));
        return detail::make_layer("PriceFeatures", o);
      }()) {}

}  // namespace lathe
