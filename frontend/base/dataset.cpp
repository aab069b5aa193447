// The functions of lathe/dataset.h.
#include "lathe/dataset.h"

#include "frontend/data/download.h"
#include "frontend/data/drawn_digits.h"
#include "frontend/data/image_dataset.h"
#include "frontend/data/search_path.h"
#include "ir/error.h"
#include "ir/nearest.h"

namespace lathe {

namespace {

Examples examples(const std::vector<uint8_t>& images, const std::vector<uint8_t>& labels,
                  int64_t pixels) {
  const int64_t n = static_cast<int64_t>(labels.size());
  Examples e{Array::from(images, {n, pixels}), Array(DType::I32, {n})};
  std::copy(labels.begin(), labels.end(), e.y.data<int32_t>().begin());
  return e;
}

Dataset convert(const data::ImageDataset& d) {
  Dataset set;
  set.train = examples(d.train_images, d.train_labels, d.pixels());
  set.test = examples(d.test_images, d.test_labels, d.pixels());
  set.rows = d.rows;
  set.cols = d.cols;
  set.classes = d.classes;
  set.source = d.source;
  set.drawn = d.drawn;
  return set;
}

}  // namespace

Dataset load_mnist(const DatasetOptions& options) {
  if (const auto folder = data::find_dataset("mnist", options.dir))
    return convert(data::load_image_dataset(*folder));
  return convert(data::draw_digits(options.seed, options.drawn_train, options.drawn_test));
}

Dataset load_dataset(const std::string& name, const DatasetOptions& options) {
  const std::vector<std::string> known = data::downloadable_datasets();
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw Error(ir::unknown_name("data set", name, known));
  const auto folder = data::find_dataset(name, options.dir);
  if (!folder)
    throw Error("data set '" + name + "' was not found; `lathe data get " + name + "` fetches it");
  return convert(data::load_image_dataset(*folder));
}

}  // namespace lathe
