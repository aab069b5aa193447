#include "tools/cli/run_pictures.h"

#include <exception>

#include "tools/cli/history_file.h"
#include "tools/cli/history_plot.h"

namespace lathe::cli {

std::vector<std::string> draw_picture(const RunFiles& files, RunPicture picture,
                                      const plot::Figure& figure, Terminal& terminal) {
  std::vector<std::string> paths;
  for (const auto& file : files.pictures(picture)) {
    write_figure(figure, file);
    terminal.print("drawn in {}\n", file.string());
    paths.push_back(file.string());
  }
  return paths;
}

std::vector<std::string> draw_curves(const RunFiles& files, const Model& model,
                                     const std::string& title, Terminal& terminal) {
  const NamedHistory history = {"", parse_history(history_csv(model.history()), "history")};
  return draw_picture(files, RunPicture::Curves, history_figure(title, {&history, 1}), terminal);
}

void try_after_failure(const std::function<void()>& what) {
  try {
    what();
  } catch (const std::exception&) {
  }
}

}  // namespace lathe::cli
