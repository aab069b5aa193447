// Finds the peers' modules.
#pragma once

#include <string>
#include <vector>

#include "tools/bench/kernels/peer.h"

namespace lathe::bench {

struct LoadedPeer {
  std::string name;
  Peer* peer = nullptr;  ///< null: it is not there
  std::string trouble;   ///< why
};

/// All of peers.def, in its order, from the folder `peers` beside this program. A module stays
/// loaded.
std::vector<LoadedPeer> load_peers();

}  // namespace lathe::bench
