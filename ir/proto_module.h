// Modules to and from protobuf's messages. Only ir/proto*.cpp include this.
#pragma once

#include "ir/graph.h"
#include "ir/lathe.pb.h"

namespace lathe::ir {

/// Of a module that verify() accepts.
void module_to_proto(const Module& m, ModuleProto& p);
/// Error where it is no module at all; verify() must judge the rest.
Module module_from_proto(const ModuleProto& p);

}  // namespace lathe::ir
