#include "runtime/code_image.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstring>

#include "ir/error.h"
#include "runtime/sha256.h"

namespace lathe::runtime {

namespace {

/// Raised whenever the form of the bytes changes.
constexpr std::string_view kMagic = "lathe code 1\n";
constexpr size_t kDigest = 64;

class Writer {
 public:
  void number(uint64_t v) { out_.append(reinterpret_cast<const char*>(&v), sizeof v); }
  void text(std::string_view s) {
    number(s.size());
    out_ += s;
  }
  void type(const TensorType& t) {
    number(static_cast<uint64_t>(t.dtype));
    number(t.shape.size());
    for (Dim d : t.shape) number(static_cast<uint64_t>(d.size()));
  }
  template <class Item, class Write>
  void list(const std::vector<Item>& items, Write write) {
    number(items.size());
    for (const Item& item : items) write(item);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// What is not there reads as zero and empty, and `bad` says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  uint64_t number() {
    uint64_t v = 0;
    if (left_.size() < sizeof v) return fail();
    std::memcpy(&v, left_.data(), sizeof v);
    left_.remove_prefix(sizeof v);
    return v;
  }
  /// A number below `limit`.
  uint64_t below(uint64_t limit) {
    const uint64_t v = number();
    return v < limit ? v : fail();
  }
  std::string text() {
    const uint64_t size = number();
    if (size > left_.size()) return fail(), std::string();
    std::string s(left_.substr(0, size));
    left_.remove_prefix(size);
    return s;
  }
  TensorType type() {
    TensorType t;
    t.dtype = static_cast<DType>(below(kDTypes));
    const uint64_t rank = count();
    for (uint64_t i = 0; i < rank; ++i) t.shape.emplace_back(static_cast<int64_t>(number()));
    return t;
  }
  template <class Read>
  auto list(Read read) {
    std::vector<decltype(read())> items;
    const uint64_t size = count();
    for (uint64_t i = 0; i < size && !bad_; ++i) items.push_back(read());
    return items;
  }
  bool bad() const { return bad_; }
  bool at_end() const { return left_.empty(); }

 private:
  static constexpr uint64_t kDTypes = 0
#define DTYPE(name, text, type, bytes) +1
#include "ir/dtypes.def"
#undef DTYPE
      ;

  uint64_t fail() {
    bad_ = true;
    left_ = {};
    return 0;
  }
  /// Of things that take 8 bytes each at least.
  uint64_t count() {
    const uint64_t n = number();
    return n <= left_.size() / 8 ? n : fail();
  }

  std::string_view left_;
  bool bad_ = false;
};

template <class Info>
void write_infos(Writer& w, const std::vector<Info>& infos) {
  w.list(infos, [&](const Info& i) {
    w.text(i.name);
    w.type(i.type);
  });
}

template <class Info>
std::vector<Info> read_infos(Reader& r) {
  return r.list([&] {
    Info i;
    i.name = r.text();
    i.type = r.type();
    return i;
  });
}

std::string write_body(const CodeImage& image) {
  Writer w;
  w.list(image.functions, [&](const FunctionInfo& f) {
    w.text(f.name);
    write_infos(w, f.params);
    write_infos(w, f.outputs);
    for (int64_t v : {f.max_batch, f.arena_bytes, f.scratch_bytes})
      w.number(static_cast<uint64_t>(v));
  });
  w.list(image.states, [&](const StateInfo& s) {
    w.text(s.name);
    w.type(s.type);
    w.number(s.layout.kind);
    w.number(static_cast<uint64_t>(s.layout.param));
  });
  w.list(image.entries, [&](uint64_t entry) { w.number(entry); });
  w.list(image.segments, [&](const CodeSegment& s) {
    w.number(s.offset);
    w.number(s.size);
    w.number(s.executable);
  });
  w.text(image.code);
  w.text(image.notes);
  return w.take();
}

CodeImage read_body(Reader& r) {
  CodeImage image;
  image.functions = r.list([&] {
    FunctionInfo f;
    f.name = r.text();
    f.params = read_infos<ParamInfo>(r);
    f.outputs = read_infos<OutputInfo>(r);
    for (int64_t* v : {&f.max_batch, &f.arena_bytes, &f.scratch_bytes})
      *v = static_cast<int64_t>(r.number());
    return f;
  });
  image.states = r.list([&] {
    StateInfo s;
    s.name = r.text();
    s.type = r.type();
    s.layout.kind = static_cast<Layout::Kind>(r.below(Layout::Panels + 1));
    s.layout.param = static_cast<int64_t>(r.number());
    return s;
  });
  image.entries = r.list([&] { return r.number(); });
  image.segments = r.list([&] {
    CodeSegment s;
    s.offset = r.number();
    s.size = r.number();
    s.executable = r.below(2) != 0;
    return s;
  });
  image.code = r.text();
  image.notes = r.text();
  return image;
}

/// Whether the parts fit each other: what is mapped and called lies within the code.
bool is_whole(const CodeImage& image) {
  const uint64_t size = image.code.size();
  for (const CodeSegment& s : image.segments)
    if (s.offset % kCodePage != 0 || s.offset > size || s.size > size - s.offset) return false;
  const auto inside = [&](uint64_t entry) {
    return std::ranges::any_of(image.segments, [&](const CodeSegment& s) {
      return s.executable && entry >= s.offset && entry - s.offset < s.size;
    });
  };
  return image.entries.size() == image.functions.size() &&
         std::ranges::all_of(image.entries, inside);
}

class MappedCode final : public Executable {
 public:
  explicit MappedCode(const CodeImage& image)
      : functions_(image.functions), states_(image.states), size_(image.code.size()) {
    LATHE_CHECK(is_whole(image), "an image whose parts do not fit each other");
    if (size_ == 0) return;
    void* at = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) refuse("of " + std::to_string(size_) + " bytes");
    code_ = static_cast<uint8_t*>(at);
    std::memcpy(code_, image.code.data(), size_);
    // Between segments, too, nothing stays writable.
    bool done = mprotect(code_, size_, PROT_READ) == 0;
    for (const CodeSegment& s : image.segments) {
      if (!s.executable || s.size == 0) continue;
      uint8_t* begin = code_ + s.offset;
      done = done && mprotect(begin, s.size, PROT_READ | PROT_EXEC) == 0;
      __builtin___clear_cache(reinterpret_cast<char*>(begin),
                              reinterpret_cast<char*>(begin + s.size));
    }
    if (!done) refuse("that can be executed");
    for (uint64_t entry : image.entries) entries_.push_back(reinterpret_cast<Entry>(code_ + entry));
  }
  ~MappedCode() override { release(); }
  MappedCode(const MappedCode&) = delete;
  MappedCode& operator=(const MappedCode&) = delete;

  const std::vector<FunctionInfo>& functions() const override { return functions_; }
  const std::vector<StateInfo>& states() const override { return states_; }
  Entry entry(int function) const override { return entries_.at(static_cast<size_t>(function)); }

 private:
  [[noreturn]] void refuse(const std::string& which) {
    const std::string reason = std::strerror(errno);
    release();
    throw Error("the system gives no memory " + which + " for compiled code: " + reason);
  }
  void release() {
    if (code_ != nullptr) munmap(code_, size_);
    code_ = nullptr;
  }

  std::vector<FunctionInfo> functions_;
  std::vector<StateInfo> states_;
  std::vector<Entry> entries_;
  uint8_t* code_ = nullptr;
  size_t size_;
};

}  // namespace

std::string image_to_bytes(const CodeImage& image) {
  const std::string body = write_body(image);
  return std::string(kMagic) + sha256_hex(body) + body;
}

std::optional<CodeImage> image_from_bytes(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kDigest) return std::nullopt;
  bytes.remove_prefix(kMagic.size());
  const std::string_view body = bytes.substr(kDigest);
  if (bytes.substr(0, kDigest) != sha256_hex(body)) return std::nullopt;
  Reader reader(body);
  CodeImage image = read_body(reader);
  if (reader.bad() || !reader.at_end() || !is_whole(image)) return std::nullopt;
  return image;
}

std::shared_ptr<Executable> map_image(const CodeImage& image) {
  return std::make_shared<MappedCode>(image);
}

}  // namespace lathe::runtime
