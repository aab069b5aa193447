// Weights in Keras's HDF5 files.
//
// Keras 3 (keras/src/saving/saving_lib.py): layers/CLASS_N/vars/0, 1, …; CLASS in snake case, N counted
// for each class in Keras's order of layers; the attribute `name` of vars is the layer's.
// Keras 2 (keras/src/legacy/saving/legacy_h5_format.py): the root's attribute `layer_names`, a group of
// each, whose attribute `weight_names` are paths in that group; in a whole model's file, all that in
// `model_weights`.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "frontend/base/apart.h"
#include "frontend/base/letters.h"
#include "frontend/format/file_name.h"
#include "frontend/format/hdf5_file.h"
#include "frontend/format/keras/layer_order.h"
#include "frontend/format/keras/names.h"
#include "frontend/format/keras/weights_h5.h"
#include "frontend/model/model_impl.h"
#include "ir/error.h"

namespace lathe {

namespace detail {
namespace {

/// A layer that has weights, as a file knows it.
struct Holder {
  std::string name;                   ///< the layer's
  std::string numbered;               ///< `dense_1`: the second of its class
  std::vector<size_t> weights;        ///< places in the model's list
  std::vector<std::string> datasets;  ///< where the file has them
};

/// In Keras's order.
std::vector<Holder> holders(const ModelGraph& g) {
  std::vector<size_t> first(g.layers.size() + 1);
  for (size_t i = 0; i < g.layers.size(); ++i)
    first[i + 1] = first[i] + g.layers[i].weight_names().size();
  std::map<std::string, int> used;
  std::vector<Holder> all;
  for (const size_t i : keras_layer_order(g)) {
    const std::string base = snake_case(g.layers[i].layer->type().name);
    const int n = used[base]++;
    if (first[i] == first[i + 1]) continue;
    Holder h{g.layers[i].name, n == 0 ? base : base + "_" + std::to_string(n), {}, {}};
    for (size_t w = first[i]; w < first[i + 1]; ++w) h.weights.push_back(w);
    all.push_back(std::move(h));
  }
  return all;
}

/// What a file has of one layer.
struct Stored {
  std::string name;  ///< empty: the file does not say
  std::string group;
  std::vector<std::string> datasets;
};

std::vector<Stored> stored_by_keras3(const Hdf5Reader& file) {
  std::vector<Stored> all;
  for (const std::string& member : file.members("layers")) {
    const std::string vars = "layers/" + member + "/vars";
    if (!file.has_group(vars)) continue;
    Stored s{file.text(vars, "name").value_or(""), member, {}};
    for (size_t i = 0; file.has_dataset(vars + "/" + std::to_string(i)); ++i)
      s.datasets.push_back(vars + "/" + std::to_string(i));
    if (!s.datasets.empty()) all.push_back(std::move(s));
  }
  return all;
}

/// A list of texts that may be cut into NAME0, NAME1, …, each as long as HDF5 allows.
std::vector<std::string> long_texts(const Hdf5Reader& file, const std::string& object,
                                    const std::string& name) {
  if (auto all = file.texts(object, name)) return *all;
  std::vector<std::string> all;
  for (int part = 0; auto some = file.texts(object, name + std::to_string(part)); ++part)
    all.insert(all.end(), some->begin(), some->end());
  return all;
}

std::vector<Stored> stored_by_keras2(const Hdf5Reader& file, const std::string& root) {
  std::vector<Stored> all;
  for (const std::string& layer : long_texts(file, root, "layer_names")) {
    const std::string group = root.empty() ? layer : root + "/" + layer;
    Stored s{layer, layer, {}};
    for (const std::string& weight : long_texts(file, group, "weight_names"))
      s.datasets.push_back(group + "/" + weight);
    if (!s.datasets.empty()) all.push_back(std::move(s));
  }
  return all;
}

/// Gives each layer its datasets: by name where all agree. Where names have become the same, so that a
/// layer here has a number behind its own, they don't, and the order decides, which is the model's:
/// Keras 3 numbers layers of a class, Keras 2 lists them in order.
void match(std::vector<Holder>& model, const std::vector<Stored>& file, bool numbered,
           const std::string& source) {
  if (file.size() != model.size())
    throw Error(source + ": has weights of " + std::to_string(file.size()) +
                " layers, the model has " + std::to_string(model.size()) + " with weights");
  std::map<std::string, const Stored*> by_name, by_group;
  for (const Stored& s : file) {
    by_name[plain_layer_name(s.name)] = &s;
    by_group[s.group] = &s;
  }
  bool named = by_name.size() == model.size();
  for (const Holder& h : model) named = named && by_name.contains(h.name);
  for (size_t i = 0; i < model.size(); ++i) {
    Holder& h = model[i];
    const Stored* found = &file[i];
    if (named) {
      found = by_name.at(h.name);
    } else if (numbered) {
      const auto at = by_group.find(h.numbered);
      if (at == by_group.end())
        throw Error(source + ": has no weights for layer " + h.name + ", expected 'layers/" +
                    h.numbered + "'");
      found = at->second;
    }
    if (found->datasets.size() != h.weights.size())
      throw Error(source + ": has " + std::to_string(found->datasets.size()) +
                  " arrays for layer " + h.name + ", expected " + std::to_string(h.weights.size()));
    h.datasets = found->datasets;
  }
}

/// Fills `to`, for each weight of the model the numbers that the file has of it.
void read_weights(const std::filesystem::path& path, const ModelGraph& graph,
                  const std::vector<Array>& weights, const std::vector<std::span<float>>& to) {
  const std::string source = path.string();
  std::vector<Holder> model = holders(graph);
  const Hdf5Reader file(path);
  const bool keras3 = file.has_group("layers");
  const bool whole = file.has_group("model_weights");
  if (keras3)
    match(model, stored_by_keras3(file), true, source);
  else
    match(model, stored_by_keras2(file, whole ? "model_weights" : ""), false, source);
  for (const Holder& h : model)
    for (size_t i = 0; i < h.weights.size(); ++i)
      file.read(h.datasets[i], weights[h.weights[i]].shape(), to[h.weights[i]]);
}

}  // namespace

void load_keras_weights(Model& model, const std::filesystem::path& path) {
  // The HDF5 library reads beyond its memory on some damaged files: it does so where it harms nobody.
  constexpr unsigned kMostSeconds = 600;
  std::vector<Array> weights = model.get_weights();
  size_t all = 0;
  for (const Array& w : weights) all += w.data<float>().size();
  const SharedMemory memory(all * sizeof(float));
  std::vector<std::span<float>> read;
  for (size_t begin = 0; const Array& w : weights) {
    read.push_back(memory.as<float>().subspan(begin, w.data<float>().size()));
    begin += read.back().size();
  }
  run_apart([&] { read_weights(path, model.impl().graph(), weights, read); }, kMostSeconds,
            path.string() + ": the HDF5 library failed on it: is it damaged?");
  for (size_t i = 0; i < weights.size(); ++i)
    std::copy(read[i].begin(), read[i].end(), weights[i].data<float>().begin());
  model.set_weights(weights);
}

void save_keras_weights(Model& model, const std::filesystem::path& path) {
  const bool keras3 = is_keras3_weights(path);
  const std::vector<Array> weights = model.get_weights();
  Hdf5Writer file;
  if (keras3) {
    file.group("vars");
    file.text("vars", "name", model.name());
    file.group("layers");
  }
  std::vector<std::string> layer_names;
  const std::vector<std::string> names = model.weight_names();
  for (const Holder& h : holders(model.impl().graph())) {
    const std::string group = keras3 ? "layers/" + h.numbered + "/vars" : h.name;
    std::vector<std::string> own_names;
    for (size_t i = 0; i < h.weights.size(); ++i) {
      const Array& w = weights[h.weights[i]];
      const std::string own = names[h.weights[i]].substr(h.name.size() + 1);  // `kernel`
      own_names.push_back(h.name + "/" + own);
      file.numbers(group + "/" + (keras3 ? std::to_string(i) : own_names.back()), w.shape(),
                   w.data<float>());
    }
    if (keras3)
      file.text(group, "name", h.name);
    else
      file.texts(group, "weight_names", own_names);
    layer_names.push_back(h.name);
  }
  if (!keras3) {
    if (!layer_names.empty()) file.texts("", "layer_names", layer_names);
    file.text("", "backend", "lathe");
    // As of the version whose form this is.
    file.text("", "keras_version", "2.15.0");
  }
  file.save(path);
}

}  // namespace detail
}  // namespace lathe
