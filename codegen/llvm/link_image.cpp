#include "codegen/llvm/link_image.h"

#include <llvm/ExecutionEngine/JITSymbol.h>
#include <llvm/ExecutionEngine/RuntimeDyld.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/MemoryBufferRef.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>

#include "ir/error.h"

namespace lathe::codegen {

namespace {

using runtime::CodeSegment;
using runtime::kCodePage;

uint64_t up_to(uint64_t size, uint64_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

struct Free {
  void operator()(uint8_t* p) const { std::free(p); }
};

/// One block of memory, in which each object has a segment of code and one of constants.
class Memory : public llvm::RuntimeDyld::MemoryManager {
 public:
  explicit Memory(uint64_t capacity)
      : capacity_(up_to(capacity, kCodePage)),
        block_(static_cast<uint8_t*>(std::aligned_alloc(kCodePage, capacity_))) {
    LATHE_CHECK(block_, "out of memory for linking");
    std::memset(block_.get(), 0, capacity_);
  }

  bool needsToReserveAllocationSpace() override { return true; }
  void reserveAllocationSpace(uintptr_t code, llvm::Align, uintptr_t constants, llvm::Align,
                              uintptr_t variables, llvm::Align) override {
    LATHE_CHECK(variables == 0, "compiled code has data that can be written to");
    add_segment(code, true);
    add_segment(constants, false);
  }
  uint8_t* allocateCodeSection(uintptr_t size, unsigned alignment, unsigned,
                               llvm::StringRef) override {
    return take(segments_.size() - 2, size, alignment);
  }
  uint8_t* allocateDataSection(uintptr_t size, unsigned alignment, unsigned, llvm::StringRef name,
                               bool read_only) override {
    LATHE_CHECK(read_only, "compiled code has data that can be written to, in " + name.str());
    return take(segments_.size() - 1, size, alignment);
  }
  void registerEHFrames(uint8_t*, uint64_t, size_t) override {}
  void deregisterEHFrames() override {}
  bool finalizeMemory(std::string*) override { return false; }

  uint64_t offset(uint64_t address) const {
    return address - reinterpret_cast<uint64_t>(block_.get());
  }
  const std::vector<CodeSegment>& segments() const { return segments_; }
  std::string bytes() const { return {reinterpret_cast<const char*>(block_.get()), size_}; }

 private:
  void add_segment(uint64_t size, bool executable) {
    LATHE_CHECK(size <= capacity_ - size_, "linked code is larger than its objects");
    segments_.push_back({size_, size, executable});
    used_.push_back(0);
    size_ = up_to(size_ + size, kCodePage);
  }
  uint8_t* take(size_t segment, uint64_t size, uint64_t alignment) {
    const CodeSegment& s = segments_[segment];
    const uint64_t begin = up_to(used_[segment], alignment == 0 ? 1 : alignment);
    LATHE_CHECK(begin + size <= s.size && alignment <= kCodePage, "a section has no place");
    used_[segment] = begin + size;
    return block_.get() + s.offset + begin;
  }

  uint64_t capacity_, size_ = 0;
  std::unique_ptr<uint8_t, Free> block_;
  std::vector<CodeSegment> segments_;
  std::vector<uint64_t> used_;  ///< bytes of each segment
};

/// Nothing outside is asked for: check_symbols has seen to it.
class NothingOutside : public llvm::LegacyJITSymbolResolver {
 public:
  llvm::JITSymbol findSymbol(const std::string&) override { return nullptr; }
  llvm::JITSymbol findSymbolInLogicalDylib(const std::string&) override { return nullptr; }
};

/// InternalError that names what `object` uses and neither it nor one before it has; adds to `known`
/// what it has.
void check_symbols(const llvm::object::ObjectFile& object, std::set<std::string>& known) {
  std::string missing;
  for (const llvm::object::SymbolRef& symbol : object.symbols()) {
    auto name = symbol.getName();
    auto flags = symbol.getFlags();
    LATHE_CHECK(name && flags, "an object has a symbol that can't be read");
    if (!(*flags & llvm::object::SymbolRef::SF_Undefined))
      known.insert(name->str());
    else if (!name->empty() && !known.contains(name->str()))
      missing += (missing.empty() ? "" : ", ") + name->str();
  }
  LATHE_CHECK(missing.empty(), "compiled code uses what is outside of it: " + missing);
}

LinkedCode link_in(Memory& memory, std::span<const llvm::StringRef> objects,
                   std::span<const std::string> symbols) {
  NothingOutside outside;
  llvm::RuntimeDyld linker(memory, outside);
  std::vector<std::unique_ptr<llvm::object::ObjectFile>> files;
  std::set<std::string> known;
  for (llvm::StringRef object : objects) {
    auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "code"));
    if (!file) internal_error(__FILE__, __LINE__, llvm::toString(file.takeError()));
    files.push_back(std::move(*file));
    check_symbols(*files.back(), known);
    linker.loadObject(*files.back());
  }
  linker.resolveRelocations();
  LATHE_CHECK(!linker.hasError(),
              "compiled code can't be linked: " + linker.getErrorString().str());
  LinkedCode linked{memory.bytes(), memory.segments(), {}};
  for (const std::string& symbol : symbols) {
    const uint64_t address = linker.getSymbol(symbol).getAddress();
    LATHE_CHECK(address != 0, "compiled code has no " + symbol);
    linked.entries.push_back(memory.offset(address));
  }
  return linked;
}

}  // namespace

LinkedCode link_objects(std::span<const llvm::StringRef> objects,
                        std::span<const std::string> symbols) {
  uint64_t capacity = 0;
  for (llvm::StringRef object : objects) capacity += 2 * object.size() + 4 * kCodePage;
  Memory here(capacity), elsewhere(capacity);
  LinkedCode linked = link_in(here, objects, symbols);
  // Linked again somewhere else it must be the same, or it holds an address.
  const LinkedCode again = link_in(elsewhere, objects, symbols);
  LATHE_CHECK(linked.code == again.code, "compiled code depends on where it lies");
  return linked;
}

}  // namespace lathe::codegen
