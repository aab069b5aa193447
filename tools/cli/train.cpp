// `lathe train TASK`: the tasks, each with what it takes.
#include "tools/cli/tasks.h"
#include "tools/cli/train_images.h"

namespace lathe::cli {

Run declare_train(Args& args) {
  const Run images = declare_train_images(args);
  for (const Task& task : all_tasks()) {
    if (task.declare) args.word(task.name, task.text, task.declare);
  }
  return [images, &args] {
    const Run* chosen = args.chosen_word();
    return chosen ? (*chosen)() : images();
  };
}

}  // namespace lathe::cli
