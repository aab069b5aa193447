#include "tools/bench/kernels/load_peers.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <system_error>

namespace lathe::bench {
namespace {

struct PeerRow {
  const char *module, *name, *package;
};
constexpr PeerRow kPeers[] = {
#define PEER(module, name, package) {#module, name, package},
#include "tools/bench/kernels/peers.def"
#undef PEER
};

LoadedPeer load(const PeerRow& row, const std::filesystem::path& folder) {
  const auto file = folder / fmt::format("lathe_peer_{}.so", row.module);
  std::error_code none;
  if (!std::filesystem::exists(file, none)) {
    const std::string package = row.package;
    return {row.name, nullptr,
            fmt::format("no module peers/{} beside the program: it is built where there {}OpenMP",
                        file.filename().string(),
                        package.empty() ? "is " : "are " + package + " and ")};
  }
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto entry =
      module ? reinterpret_cast<PeerEntry>(dlsym(module, kPeerEntry)) : PeerEntry{nullptr};
  if (!entry) {
    const char* said = dlerror();
    return {row.name, nullptr, said ? said : "not a module of a peer"};
  }
  try {
    return {row.name, entry(), ""};
  } catch (const std::exception& e) {
    return {row.name, nullptr, e.what()};
  }
}

}  // namespace

std::vector<LoadedPeer> load_peers() {
  std::error_code none;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", none).parent_path() / "peers";
  std::vector<LoadedPeer> peers;
  for (const PeerRow& row : kPeers) peers.push_back(load(row, folder));
  return peers;
}

}  // namespace lathe::bench
