// How a compiled model's functions are called from C: one rule, for the object that has them and the header that
// declares them.
//
//   int32_t PREFIX_predict(model, const T *x, int64_t rows, float *y)      a function of streams of rows
//   float   PREFIX_train_step(model, const T *x, const U *y, int64_t rows) one with resident data: one step
//
// The row numbers that the second kind looks its data up by the model itself has: they go up by 1. Data that are looked
// up in windows of w rows are given with the w - 1 rows before the first example's: of x rows + w - 1, of y rows. The
// outputs stay in the model.
#pragma once

#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "runtime/executable.h"
#include "runtime/weights_file.h"

namespace lathe::codegen {

/// The function, of a parameter `seed`, that writes the first values of states which begin with random numbers. It is
/// no function of its own in C: PREFIX_init calls it, and sets all other states as they begin.
inline constexpr const char* kFirstValues = "first_values";

/// The levels of x86-64, 1 to 4, as LLVM calls them: of which a model can have code for several.
inline constexpr std::string_view kLevels[] = {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"};

/// The header of a file of these states, and where they lie.
runtime::WeightsPlan weights_of(const std::vector<runtime::StateInfo>& states);

/// Those that C calls by their names: all but kFirstValues.
std::vector<runtime::FunctionInfo> callable(std::vector<runtime::FunctionInfo> all);
/// The largest batch of those: the most rows of one step.
int64_t most_rows(const std::vector<runtime::FunctionInfo>& all);

/// Whether the function has resident data: a call is one step on all its rows.
bool takes_steps(const runtime::FunctionInfo& f);
/// Which parameter the row numbers are; -1 without resident data. Error where there is none that can be.
int64_t numbers_at(const runtime::FunctionInfo& f);
/// Of each parameter, how many rows an example takes of it: more than 1 only of resident data that are looked up in
/// windows. Error where one is looked up in windows of two lengths.
std::vector<int64_t> windows_of(const ir::Function& f);
/// The parameters that the caller gives, in their order.
std::vector<int> given_params(const runtime::FunctionInfo& f);

}  // namespace lathe::codegen
