// The text form of modules: one op a line, result types always written. docs/ir.md has the grammar.
//
// parse(print(m)) is the same module as m for every module that verify() accepts, and
// print(parse(t)) is t for printed text. Attributes are printed as they are, in name order; plan
// figures also as comment lines, which the parser skips.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace lathe::ir {

std::string print(const Module& m);
/// One function as it stands in its module, without indentation.
std::string print(const Module& m, const Function& f);

/// By ValueId, as printed: `%name`, or `%0`, `%1`, … in order of definition for values without a
/// name. Ops without a result have an empty one. Safe on modules that verify() refuses.
std::vector<std::string> value_names(const Module& m, const Function& f);

/// The op as printed, without its kernel: `%1 = add(%0, %b) : f32[B,10]`.
std::string op_text(const Module& m, const Function& f, ValueId id);

/// `true`, `3`, `0.5`, `word`, `"a word"`, `[1, 2]`, `[a, b]`, `words[]`.
std::string attr_text(const Attr& a);
/// Bare where it is a plain word, otherwise quoted.
std::string word_text(std::string_view word);

/// Structural equality: same names, states, attributes (reals as bits, but every NaN is one), ops
/// and kernels in the same order. How ops are numbered, and ops in no list, make no difference.
bool same(const Module& a, const Module& b);
/// The same of two functions, whose states are told apart by their ids.
bool same(const Function& a, const Function& b);

}  // namespace lathe::ir
