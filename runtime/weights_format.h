// Places in the header of a flat file of weights (weights_file.h), for whoever reads one without the standard library.
#pragma once

#include <cstdint>

namespace lathe::runtime {

inline constexpr int64_t kWeightsVersionEnd = 12;        ///< behind the magic word and the version
inline constexpr int64_t kWeightsChecksumAt = 32;        ///< 8 bytes, of the payload
inline constexpr int64_t kWeightsHeaderChecksumAt = 40;  ///< 8 bytes

}  // namespace lathe::runtime
