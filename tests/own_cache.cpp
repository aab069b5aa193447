// Every test program has a cache of its own: none takes from the user's, or leaves anything there.
#include <cstdlib>

#include "tests/temp_folder.h"

namespace lathe::test {
namespace {

struct OwnCache {
  OwnCache() { setenv("XDG_CACHE_HOME", folder.path().c_str(), 1); }
  TempFolder folder;
};

const OwnCache own_cache;

}  // namespace
}  // namespace lathe::test
