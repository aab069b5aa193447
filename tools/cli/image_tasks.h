// The tasks whose data are labelled pictures, and these data as a model takes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lathe/dataset.h"
#include "lathe/model.h"

namespace lathe::cli {

struct ImageTask {
  const char* name;
  const char* dataset;
  bool drawn;  ///< digits by rule stand in where there are no data
  const char* classes;

  std::vector<std::string> class_names() const;
};

/// UsageError, with the nearest name, for an unknown one.
const ImageTask& find_image_task(const std::string& name);
/// The task a saved model was trained on: `asked`, else what the model says, else mnist. Error when
/// a model says something unknown, or a task that has no data set.
const ImageTask& image_task_of(const Model& model, const std::optional<std::string>& asked);

/// The task's data set, from `dir` if given. Digits that are drawn are always the same ones.
/// UsageError for an empty name.
Dataset load_image_task(const ImageTask& task, const std::optional<std::string>& dir);
/// Leaves the first `count` of the training rows. UsageError where there are fewer.
void keep_train_rows(Dataset& data, int64_t count);
/// The same with the number that a model was trained on, if it was a part of them; Error where there
/// are fewer.
void keep_train_rows(Dataset& data, const Model& model);
/// What a model was trained on, and what `data` are.
enum class DataKinds { Same, RealThenDrawn, DrawnThenReal };
/// Same for a model that does not say what it was trained on.
DataKinds kinds_of(const Model& model, const Dataset& data);
/// Error when the model was trained on real data and `data` are drawn: its figures, or more training,
/// would mean something else without a word.
void refuse_drawn_after_real(const Model& model, const Dataset& data);
/// Makes the model remember which kind it was trained on.
void note_kind(Model& model, const Dataset& data);

/// What a model calls class `index`; its number where it has no names.
std::string class_name(const Model& model, int64_t index);

/// The shape of the model's input. Error for a model with several.
std::vector<int64_t> only_input(const Model& model);
/// The same of its output.
std::vector<int64_t> only_output(const Model& model);
/// The rows in the shape of the model's input. Error when their sizes differ.
ArrayView as_input(const Model& model, const ArrayView& x);

}  // namespace lathe::cli
