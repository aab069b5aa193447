// How runs draw their pictures.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/cli/run_files.h"
#include "tools/cli/terminal.h"
#include "tools/plot/chart.h"

namespace lathe::cli {

/// Draws `figure` into all files of a picture and tells where; their paths.
std::vector<std::string> draw_picture(const RunFiles& files, RunPicture picture,
                                      const plot::Figure& figure, Terminal& terminal);
/// The same of a model's learning curves.
std::vector<std::string> draw_curves(const RunFiles& files, const Model& model,
                                     const std::string& title, Terminal& terminal);

/// What can still be done when a run has failed. An error of it is dropped: the first one says more.
void try_after_failure(const std::function<void()>& what);

}  // namespace lathe::cli
