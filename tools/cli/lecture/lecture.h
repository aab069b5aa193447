// The tasks of the lecture: what each takes, and its run. Their help says what they show.
#pragma once

#include "tools/cli/command.h"

namespace lathe::cli {

Run declare_function(Args& args);
Run declare_xor(Args& args);
Run declare_perceptron(Args& args);
Run declare_descent(Args& args);

}  // namespace lathe::cli
