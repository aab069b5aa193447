// What the end of a file's name says is in it.
#pragma once

#include <filesystem>

namespace lathe::detail {

/// Error for .keras, .h5 and .hdf5, under which a whole model of Keras's is looked for; says what to
/// take.
void check_model_name(const std::filesystem::path& path);
/// True of .weights.h5, the form of Keras 3; false of any other .h5, that of Keras 2. Error otherwise.
bool is_keras3_weights(const std::filesystem::path& path);

}  // namespace lathe::detail
