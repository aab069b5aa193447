// The total variation of images: a loss, and a regulariser.
#pragma once

#include "ir/builder.h"

namespace lathe::detail {

/// [B]: of each image the sum of |vertical| and |horizontal differences| of neighbours. images: f32,
/// [B, height, width] or [B, height, width, channels]. Error for other ranks and a single pixel.
ir::ValueId image_total_variation(ir::Builder& b, ir::ValueId images);

}  // namespace lathe::detail
