// Model::save_weights and load_weights: the end of the name says which form.
#include "frontend/engine/lowering.h"
#include "frontend/format/atomic_file.h"
#include "frontend/format/flat_weights.h"
#include "frontend/format/keras/weights_h5.h"
#include "frontend/format/read_file.h"
#include "lathe/model.h"

namespace lathe {

namespace {

constexpr size_t kMostBytes = size_t{1} << 36;

bool is_flat(const std::filesystem::path& path) {
  return path.extension() == ".weights";
}

}  // namespace

void Model::load_weights(const std::filesystem::path& path) {
  if (!is_flat(path)) return detail::load_keras_weights(*this, path);
  detail::take_flat_weights(*this, detail::read_file(path, "weights " + path.string(), kMostBytes),
                            path.string());
}

void Model::save_weights(const std::filesystem::path& path) {
  if (!is_flat(path)) return detail::save_keras_weights(*this, path);
  write_file_atomically(path, detail::flat_weights(*this, detail::lower_to_updated(module())));
}

}  // namespace lathe
