// A model as files that need nothing of Lathe: object, C header, weights.
#pragma once

#ifdef LATHE_LLVM

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lathe/model.h"

namespace lathe {

struct StandaloneOptions {
  std::string name = "model";  ///< in front of all names in C: a letter, then letters, digits and _
  std::vector<std::string> functions = {"predict", "train_step"};  ///< evaluate, too
  int64_t max_batch = 256;                                         ///< most rows of one step
  /// LLVM's names. None: this one, or with a target any. Several: levels of x86-64 in rising order, the last of which
  /// the machine has is taken at the start (x86-64, x86-64-v2, x86-64-v3, x86-64-v4).
  std::vector<std::string> cpus;
  bool embed_weights = false;  ///< the object has its weights, NAME_weights
  bool freestanding = false;   ///< the object has memcpy and memset of its own
  bool program = false;        ///< NAME_main.c, too, a program that predicts; embeds the weights
  std::string target;          ///< LLVM's triple of another machine; empty: this one
};

/// What a model can be compiled to: predict, evaluate, train_step.
const std::vector<std::string>& standalone_functions();

struct StandaloneFile {
  std::string name, content;
};

/// NAME.o, NAME.h, NAME.weights, NAME_threads.h, NAME_threads.c, NAME.README.
struct StandaloneFiles {
  std::vector<StandaloneFile> all;
  /// The content of the one whose name ends so (`.o`). Error where there is none.
  const std::string& ending(std::string_view end) const;
};

/// The model as it is now: its states are the weights' file. Error for what can't be compiled, for names that are no
/// function's, and before the model was compiled where a function trains.
StandaloneFiles make_standalone(Model& model, const StandaloneOptions& options);

}  // namespace lathe

#endif  // LATHE_LLVM
