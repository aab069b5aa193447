// `lathe train` of a task whose data are labelled pictures.
#pragma once

#include "tools/cli/command.h"

namespace lathe::cli {

Run declare_train_images(Args& args);

}  // namespace lathe::cli
