#include "frontend/format/file_name.h"

#include <string>

#include "ir/error.h"

namespace lathe::detail {

void check_model_name(const std::filesystem::path& path) {
  const std::string end = path.extension().string();
  if (end != ".keras" && end != ".h5" && end != ".hdf5") return;
  throw Error(
      path.string() + ": a whole model is saved in Lathe's own form, which is not what " + end +
      " stands for: expected another name, such as NAME.lathe; weights alone are saved as " +
      "Keras's by save_weights, to NAME.weights.h5 or NAME.h5");
}

bool is_keras3_weights(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (!name.ends_with(".h5"))
    throw Error(path.string() +
                ": expected a name that ends in .weights.h5 (as of Keras 3) or .h5");
  return name.ends_with(".weights.h5");
}

}  // namespace lathe::detail
