// A library that does the same work: what its module has to give. A module is loaded when it is
// asked for, so that `lathe` itself depends on none of them.
#pragma once

#include <string>
#include <vector>

#include "tools/bench/kernels/kernel_work.h"

namespace lathe::bench {

class Peer {
 public:
  virtual ~Peer() = default;
  /// And what it is built for, as it says itself.
  virtual std::string version() const = 0;
  /// The ways that it has to do this, the best of which counts; none where it has no such kernel.
  /// Operands outlive them. May throw std::exception: the row then says what it said.
  virtual std::vector<KernelCall> calls(const KernelWork& work, const Operands& operands) = 0;
};

/// What a module exports under this name: the one object, which lives as long as the module.
using PeerEntry = Peer* (*)();
inline constexpr const char* kPeerEntry = "lathe_peer";

}  // namespace lathe::bench
