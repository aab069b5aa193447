// Models that are made of the same layers: an autoencoder and its encoder, say.
//
//   Tensor in = Input({784}), code = Dense(32, "relu")(in);
//   Model autoencoder({in}, {Dense(784, "sigmoid")(code)}), encoder({in}, {code});
//   autoencoder.fit(x, x);
//   copy_shared_weights(autoencoder, encoder);
//   Array codes = encoder.predict(x);
#pragma once

#include <cstdint>

#include "lathe/model.h"

namespace lathe {

/// Gives `to` the weights that `from` has now in all layers that both were made of: the same layer
/// object, whatever its name in either. Returns how many weights were copied; others stay. Unlike
/// Keras's, two models never hold one weight together: what `from` learns afterwards `to` has after
/// the next call. Error, with no weight changed, where no layer with weights is in both, where a
/// layer has weights of other shapes, and before either model is built.
int64_t copy_shared_weights(Model& from, Model& to);

}  // namespace lathe
