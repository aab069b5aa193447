// A module in parts, to be compiled at once by several threads.
#pragma once

#include <llvm/IR/Module.h>

namespace lathe::codegen {

/// How many parts of `m` are worth a thread each, at most `most`.
int parts_worth(const llvm::Module& m, int most);

/// Leaves the bodies of part number `part` of `parts`, and declarations of what they call: the same in
/// every copy of a module. Parts take about the same work; functions of a part call functions of this
/// part and of those before it. What was visible outside stays so; all else becomes hidden.
void keep_part(llvm::Module& m, int part, int parts);

}  // namespace lathe::codegen
