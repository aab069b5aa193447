#include "frontend/format/model_metadata.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <span>

#include "frontend/format/json_options.h"
#include "ir/error.h"

namespace lathe::detail {

using Json = nlohmann::ordered_json;

namespace {

/// JSON has neither NaN nor infinities.
Json real_to_json(double v) {
  if (std::isfinite(v)) return v;
  return std::isnan(v) ? "nan" : v < 0 ? "-inf" : "inf";
}

double real_from_json(const Json& j) {
  if (!j.is_string()) return j.get<double>();
  const std::string text = j.get<std::string>();
  if (text == "nan") return NAN;
  return text == "-inf" ? -INFINITY : INFINITY;
}

Json graph_to_json(const ModelGraph& g) {
  Json j;
  j["layers"] = Json::array();
  for (const ModelGraph::Layer& layer : g.layers)
    j["layers"].push_back(layer_to_json(*layer.layer, layer.name));
  j["calls"] = Json::array();
  for (const ModelGraph::Call& call : g.calls)
    j["calls"].push_back({{"layer", call.layer}, {"inputs", call.inputs}});
  j["inputs"] = g.inputs;
  j["outputs"] = g.outputs;
  return j;
}

ModelGraph graph_from_json(const Json& j) {
  std::vector<LayerPtr> layers;
  for (size_t i = 0; i < j.at("layers").size(); ++i)
    layers.push_back(layer_from_json(j.at("layers")[i], "layers[" + std::to_string(i) + "]"));
  std::vector<NodePtr> calls;
  for (const Json& call : j.at("calls")) {
    std::vector<NodePtr> inputs;
    for (const Json& input : call.at("inputs")) inputs.push_back(calls.at(input.get<size_t>()));
    calls.push_back(call_layer(layers.at(call.at("layer").get<size_t>()), std::move(inputs)));
  }
  const auto pick = [&](const Json& places) {
    std::vector<NodePtr> nodes;
    for (const Json& place : places) nodes.push_back(calls.at(place.get<size_t>()));
    return nodes;
  };
  return make_graph(pick(j.at("inputs")), pick(j.at("outputs")));
}

Json options_to_json(const NamedOptions& options) {
  Json j = Json::object();
  for (const auto& [name, option] : options)
    std::visit([&, n = name](const auto& v) { j[n] = v; }, option.value());
  return j;
}

NamedOptions options_from_json(const Json& j) {
  NamedOptions options;
  for (const auto& [name, value] : j.items()) {
    if (value.is_boolean())
      options[name] = value.get<bool>();
    else if (value.is_string())
      options[name] = value.get<std::string>();
    else
      options[name] = value.get<double>();
  }
  return options;
}

/// What `get` gives of the model's output; of several a list.
template <class F>
Json each_output(const TrainingPlan& plan, F&& get) {
  if (plan.outputs.size() == 1) return get(plan.outputs[0]);
  Json list = Json::array();
  for (const OutputPlan& output : plan.outputs) list.push_back(get(output));
  return list;
}

Json training_to_json(const TrainingPlan& plan, uint64_t seed) {
  const Optimizer& optimizer = plan.optimizer;
  const auto of_loss = [](const OutputPlan& o) { return o.loss ? Json(o.loss->name) : Json(); };
  const auto of_options = [](const OutputPlan& o) {
    return o.loss ? options_to_json(o.loss->options) : Json();
  };
  const auto metrics = [](const OutputPlan& o) { return Json(o.metrics); };
  const auto weighted = [](const OutputPlan& o) { return Json(o.weighted_metrics); };
  const auto weighs = [](const OutputPlan& o) { return o.loss_weight != 1; };
  Json j = {{"loss", each_output(plan, of_loss)},
            {"loss_options", each_output(plan, of_options)},
            {"optimizer", optimizer.name},
            {"optimizer_options", options_to_json(optimizer.options)},
            {"metrics", each_output(plan, metrics)},
            {"weighted_metrics", each_output(plan, weighted)},
            {"seed", seed}};
  if (optimizer.learning_rate) j["learning_rate"] = *optimizer.learning_rate;
  if (std::any_of(plan.outputs.begin(), plan.outputs.end(), weighs))
    for (const OutputPlan& o : plan.outputs) j["loss_weights"].push_back(o.loss_weight);
  return j;
}

Losses losses_from_json(const Json& j) {
  const Json none = Json::object();
  const Json& options = j.contains("loss_options") ? j["loss_options"] : none;
  const auto loss = [](const Json& name, const Json& with) {
    return Loss(name.get<std::string>(), options_from_json(with));
  };
  Losses losses;
  if (!j.at("loss").is_array()) {
    losses = loss(j["loss"], options);
    // Files of the first version have one option, by itself.
    if (j.value("from_logits", false)) losses.entries()[0].value->options["from_logits"] = true;
    return losses;
  }
  for (size_t i = 0; i < j["loss"].size(); ++i) {
    const Json& name = j["loss"][i];
    losses.entries().emplace_back(std::nullopt);
    if (!name.is_null()) losses.entries()[i].value = loss(name, options.at(i));
  }
  return losses;
}

/// The metrics of one output, or a list for each.
Metrics metrics_from_json(const Json& j) {
  Metrics metrics;
  for (const Json& entry : j) {
    if (entry.is_array())
      metrics.entries().emplace_back(entry.get<std::vector<std::string>>());
    else
      metrics.entries().emplace_back(entry.get<std::string>());
  }
  return metrics;
}

CompileOptions training_from_json(const Json& j) {
  CompileOptions c;
  c.loss = losses_from_json(j);
  c.optimizer = Optimizer(j.at("optimizer").get<std::string>());
  c.optimizer.options = options_from_json(j.at("optimizer_options"));
  if (j.contains("learning_rate")) c.optimizer.learning_rate = j["learning_rate"].get<double>();
  c.metrics = metrics_from_json(j.at("metrics"));
  if (j.contains("weighted_metrics")) c.weighted_metrics = metrics_from_json(j["weighted_metrics"]);
  if (j.contains("loss_weights")) c.loss_weights = j["loss_weights"].get<std::vector<double>>();
  c.seed = j.at("seed").get<uint64_t>();
  return c;
}

Json table_to_json(const LogTable& table) {
  Json j = {{"rows", table.rows}, {"columns", table.columns}, {"values", Json::array()}};
  for (double value : table.values) j["values"].push_back(real_to_json(value));
  return j;
}

LogTable table_from_json(const std::string& name, const Json& j) {
  LogTable t{name, j.at("rows").get<int64_t>(), j.at("columns").get<int64_t>(), {}};
  for (const Json& value : j.at("values")) t.values.push_back(real_from_json(value));
  const auto count = static_cast<int64_t>(t.values.size());
  if (t.rows < 1 || t.columns < 1 || count % t.rows != 0 || count / t.rows != t.columns)
    throw Error("history: table " + name + " has another number of values than rows and columns");
  return t;
}

/// The entries are in order, so that those of a group lie side by side.
Logs logs_from_json(const Json& j) {
  Logs logs;
  const Json none = Json::object();
  const Json& groups = j.contains("groups") ? j["groups"] : none;
  const Json& tables = j.contains("tables") ? j["tables"] : none;
  std::map<size_t, std::pair<std::string, size_t>> begins;
  for (const auto& [name, place] : groups.items())
    begins[place.at(0).get<size_t>()] = {name, place.at(1).get<size_t>()};
  std::vector<std::string> names;
  std::vector<double> values;
  for (const auto& [name, value] : j.at("logs").items()) {
    names.push_back(name);
    values.push_back(real_from_json(value));
  }
  for (size_t i = 0; i < names.size();) {
    const auto group = begins.find(i);
    if (group == begins.end()) {
      logs.add(names[i], values[i]);
      ++i;
      continue;
    }
    const auto& [name, count] = group->second;
    if (count < 1 || count > names.size() - i)
      throw Error("history: group " + name + " has more numbers than there are");
    logs.add_group(name, {names.begin() + i, names.begin() + i + count},
                   std::span(values).subspan(i, count));
    i += count;
  }
  if (logs.groups().size() != groups.size())
    throw Error("history: a group begins within another one, or nowhere");
  for (const auto& [name, table] : tables.items()) logs.add_table(table_from_json(name, table));
  return logs;
}

Json history_to_json(const std::vector<EpochResult>& history) {
  Json all = Json::array();
  for (const EpochResult& e : history) {
    Json j = {{"epoch", e.epoch},
              {"epochs", e.epochs},
              {"seconds", e.seconds},
              {"rows_per_second", e.rows_per_second}};
    for (const auto& [name, value] : e.logs) j["logs"][name] = real_to_json(value);
    for (const Logs::Group& g : e.logs.groups()) j["groups"][g.name] = {g.first, g.count};
    for (const LogTable& t : e.logs.tables()) j["tables"][t.name] = table_to_json(t);
    all.push_back(std::move(j));
  }
  return all;
}

std::vector<EpochResult> history_from_json(const Json& all) {
  std::vector<EpochResult> history;
  for (const Json& j : all) {
    EpochResult e;
    e.epoch = j.at("epoch").get<int64_t>();
    e.epochs = j.at("epochs").get<int64_t>();
    e.seconds = j.at("seconds").get<double>();
    e.rows_per_second = j.at("rows_per_second").get<double>();
    e.logs = logs_from_json(j);
    history.push_back(std::move(e));
  }
  return history;
}

Json unfinished_to_json(const UnfinishedEpoch& part) {
  Json sums = Json::array();
  for (const std::vector<double>& numbers : part.sums) {
    sums.push_back(Json::array());
    for (double n : numbers) sums.back().push_back(real_to_json(n));
  }
  return {
      {"steps_done", part.steps_done}, {"rows", part.rows}, {"batch", part.batch}, {"sums", sums}};
}

UnfinishedEpoch unfinished_from_json(const Json& j) {
  UnfinishedEpoch part{j.at("steps_done").get<int64_t>(),
                       j.at("rows").get<int64_t>(),
                       j.at("batch").get<int64_t>(),
                       {}};
  for (const Json& numbers : j.at("sums")) {
    part.sums.emplace_back();
    for (const Json& n : numbers) part.sums.back().push_back(real_from_json(n));
  }
  constexpr int64_t kMost = int64_t{1} << 40;
  if (part.batch < 1 || part.batch > INT32_MAX || part.rows < 0 || part.rows > kMost ||
      part.steps_done < 0 || part.steps_done > kMost / part.batch)
    throw Error("unfinished_epoch: the numbers of steps and rows make no sense");
  return part;
}

Json form_to_json(const DataForm& form) {
  Json x = Json::array();
  for (DType t : form.x) x.push_back(dtype_name(t));
  Json classes = Json::array();
  for (DType t : form.y) classes.push_back(t == DType::I32);
  // One output with targets is written as it was when there could be no others.
  if (classes.size() < 2) classes = !classes.empty() && classes[0].get<bool>();
  Json j = {{"x", x}, {"classes", classes}, {"weights", form.weights}};
  if (!form.windows.empty()) j["windows"] = form.windows;
  return j;
}

DataForm form_from_json(const Json& j) {
  DataForm form;
  for (const Json& x : j.at("x")) {
    const auto t = parse_dtype(x.get<std::string>());
    if (t != DType::U8 && t != DType::F32) throw Error("data are u8 or f32");
    form.x.push_back(*t);
  }
  const Json& classes = j.at("classes");
  const auto add = [&](const Json& is) {
    form.y.push_back(is.get<bool>() ? DType::I32 : DType::F32);
  };
  if (classes.is_array())
    for (const Json& output : classes) add(output);
  else if (!form.x.empty())
    add(classes);
  form.weights = j.value("weights", false);
  form.windows = j.value("windows", std::vector<int64_t>());
  return form;
}

DescribedModel read(const Json& j) {
  // First: what follows may be in words that only a newer program knows.
  const int64_t lowering = j.contains("lowering") ? j["lowering"].get<int64_t>() : 0;
  if (lowering > kLoweringVersion)
    throw Error("a newer lathe wrote it: its layers became IR by rules " +
                std::to_string(lowering) + ", this one knows rules up to " +
                std::to_string(kLoweringVersion));
  auto model =
      std::make_unique<ModelImpl>(j.at("name").get<std::string>(), graph_from_json(j.at("graph")));
  if (j.contains("training")) model->compile(training_from_json(j["training"]));
  model->form = form_from_json(j.at("data"));
  if (!model->form.x.empty() && model->form.x.size() != model->graph().inputs.size())
    throw Error("data for another number of inputs");
  const ModelGraph& g = model->graph();
  const std::vector<int64_t>& windows = model->form.windows;
  bool fits = windows.empty() || windows.size() == g.inputs.size();
  for (size_t i = 0; fits && i < windows.size(); ++i) {
    const Dims& example = g.calls[g.inputs[i]].shape;
    fits = windows[i] >= 1 && !example.empty() && example[0] == windows[i];
  }
  if (!fits) throw Error("windows of other lengths than the inputs'");
  if (!model->form.x.empty() && model->compiled() &&
      model->form.y.size() != model->targets().all.size())
    throw Error("data for another number of outputs");
  model->epochs_trained = j.at("epochs_trained").get<int64_t>();
  model->history = history_from_json(j.at("history"));
  if (j.contains("unfinished_epoch"))
    model->unfinished = unfinished_from_json(j["unfinished_epoch"]);
  model->class_names = j.at("class_names").get<std::vector<std::string>>();
  model->notes = j.at("notes").get<std::map<std::string, std::string>>();
  return {std::move(model), lowering};
}

}  // namespace

std::string metadata_to_json(const ModelImpl& model) {
  Json j = {{"lowering", kLoweringVersion},           {"name", model.name()},
            {"graph", graph_to_json(model.graph())},  {"data", form_to_json(model.form)},
            {"epochs_trained", model.epochs_trained}, {"history", history_to_json(model.history)},
            {"class_names", model.class_names},       {"notes", model.notes}};
  if (model.compiled())
    j["training"] = training_to_json(model.plan(), model.compile_options().seed);
  if (model.unfinished) j["unfinished_epoch"] = unfinished_to_json(*model.unfinished);
  // Texts that are no UTF-8 (a path, say) are kept readable rather than refused.
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

DescribedModel model_from_metadata(std::string_view json, const std::string& source) {
  try {
    return read(parse_json(json, source));
  } catch (const Error& e) {
    throw Error(source + ": " + e.what());
  } catch (const Json::exception&) {
    throw Error(source + ": the description of the model is incomplete");
  } catch (const std::out_of_range&) {
    throw Error(source + ": the description of the model contradicts itself");
  }
}

}  // namespace lathe::detail
