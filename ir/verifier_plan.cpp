// Rules 30 … 34: offsets in the arena, layouts of states.
#include <algorithm>
#include <map>

#include "ir/access.h"
#include "ir/verifier_report.h"

namespace lathe::ir {

namespace {

struct Life {
  ValueId value;
  int64_t offset, bytes;
  int64_t first, last;       ///< phases
  int64_t readers_last = 0;  ///< kernels that read it in phase `last`
  bool onto = false;         ///< written onto an operand
  int64_t end() const { return offset + bytes; }
};

class PlanChecker {
 public:
  PlanChecker(const Module& m, int32_t index)
      : f_(m.functions[index]),
        r_(m, index),
        ops_(kernel_ops(f_)),
        touched_(accesses(m, f_)),
        life_of_(f_.ops.size(), -1) {}

  void run() {
    if (f_.kernels.empty()) return;
    arena_ = function_attr("arena", 0);
    const int64_t bound = function_attr("lower_bound", 0);
    function_attr("max_batch", 1);
    collect();
    check_overlaps();
    check_bound(bound);
  }

 private:
  int64_t phase(int32_t k) const { return f_.kernels[k].attrs.integer("phase", 0); }

  int64_t function_attr(const char* name, int64_t least) const {
    const Attr* a = f_.attrs.find(name);
    const int64_t* v = a ? std::get_if<int64_t>(a) : nullptr;
    if (!v || *v < least)
      r_.function(30, std::string("expected an int attribute '") + name + "', " +
                          std::to_string(least) + " or more");
    return *v;
  }

  void collect() {
    constexpr int kRule = 31;
    std::vector<bool> planned = needs_buffer(f_);
    for (const Output& o : f_.outputs) planned[resolve_view(f_, o.value)] = false;
    for (ValueId id : f_.body) {
      if (!planned[id]) continue;
      const Op& op = f_.op(id);
      const Attr* a = op.attrs.find("offset");
      const int64_t* offset = a ? std::get_if<int64_t>(a) : nullptr;
      if (!offset || *offset < 0 || *offset % 64 != 0)
        r_.op(kRule, id, "expected an int attribute 'offset', a multiple of 64");
      int64_t bytes = 0;
      try {
        bytes = buffer_bytes(f_, id);
      } catch (const Error& e) {
        r_.op(kRule, id, e.what());
      }
      if (*offset > arena_ || bytes > arena_ - *offset)
        r_.op(kRule, id,
              std::to_string(bytes) + " bytes at offset " + std::to_string(*offset) +
                  " do not lie in the arena of " + std::to_string(arena_) + " bytes");
      life_of_[id] = static_cast<int>(lives_.size());
      lives_.push_back({id, *offset, bytes, phase(op.kernel), phase(op.kernel)});
    }
    for (size_t k = 0; k < touched_.size(); ++k)
      for (const Access& a : touched_[k]) {
        if (a.is_state || a.write || life_of_[a.id] < 0) continue;
        Life& life = lives_[life_of_[a.id]];
        const int64_t p = phase(static_cast<int32_t>(k));
        if (p > life.last) life.readers_last = 0;
        life.last = std::max(life.last, p);
        if (p == life.last) ++life.readers_last;
      }
  }

  /// Whether `fresh` may be written exactly onto `old`.
  bool in_place(const Life& fresh, const Life& old) const {
    const Op &a = f_.op(fresh.value), &b = f_.op(old.value);
    if (fresh.offset != old.offset || fresh.bytes != old.bytes || fresh.first != old.last ||
        old.first >= fresh.first || old.readers_last != 1 || a.type.dtype != b.type.dtype ||
        a.attrs.word("layout") != b.attrs.word("layout"))
      return false;
    const auto& touched = touched_[a.kernel];
    if (std::find(touched.begin(), touched.end(), Access{false, false, old.value, true}) ==
        touched.end())
      return false;
    // Nothing in the kernel reads the operand once the value is made.
    const auto& ops = ops_[a.kernel];
    const auto made = std::find(ops.begin(), ops.end(), fresh.value);
    return std::none_of(made + 1, ops.end(), [&](ValueId id) {
      const auto& operands = f_.op(id).operands;
      return std::any_of(operands.begin(), operands.end(),
                         [&](ValueId v) { return resolve_view(f_, v) == old.value; });
    });
  }

  std::string describe(const Life& l) const {
    return r_.value(l.value) + " of " + r_.kernel_name(f_.op(l.value).kernel) + " (bytes " +
           std::to_string(l.offset) + " … " + std::to_string(l.end() - 1) + ", phases " +
           std::to_string(l.first) + " … " + std::to_string(l.last) + ")";
  }

  void check_overlaps() {
    std::vector<Life*> order;
    for (Life& l : lives_) order.push_back(&l);
    std::stable_sort(order.begin(), order.end(),
                     [](const Life* a, const Life* b) { return a->offset < b->offset; });
    for (size_t i = 0; i < order.size(); ++i) {
      for (size_t j = i + 1; j < order.size() && order[j]->offset < order[i]->end(); ++j) {
        Life &a = *order[i], &b = *order[j];
        if (a.last < b.first || b.last < a.first) continue;
        if (in_place(a, b)) {
          a.onto = true;
        } else if (in_place(b, a)) {
          b.onto = true;
        } else {
          const Life &early = a.first <= b.first ? a : b, &late = a.first <= b.first ? b : a;
          r_.op(32, late.value, describe(late) + " overlaps " + describe(early));
        }
      }
    }
  }

  void check_bound(int64_t bound) const {
    std::map<int64_t, int64_t> change;  // of the live bytes, by phase
    for (const Life& l : lives_) {
      change[l.onto ? l.first + 1 : l.first] += l.bytes;
      change[l.last + 1] -= l.bytes;
    }
    int64_t live = 0, most = 0;
    for (const auto& [p, bytes] : change) most = std::max(most, live += bytes);
    if (bound != most)
      r_.function(33, "lower_bound is " + std::to_string(bound) +
                          ", but the most bytes alive in a phase are " + std::to_string(most));
    if (arena_ < most)
      r_.function(33, "the arena of " + std::to_string(arena_) + " bytes is below the lower bound");
  }

  const Function& f_;
  Reporter r_;
  std::vector<std::vector<ValueId>> ops_;
  std::vector<std::vector<Access>> touched_;
  std::vector<int> life_of_;  ///< by value: index in lives_, or -1
  std::vector<Life> lives_;
  int64_t arena_ = 0;
};

void check_states(const Module& m) {
  for (size_t i = 0; i < m.states.size(); ++i) {
    const State& s = m.states[i];
    if (!s.attrs.has("layout")) continue;
    try {
      buffer_bytes(s.type, s.attrs.word("layout"), 1);
    } catch (const Error& e) {
      Subject subject;
      subject.state = static_cast<StateId>(i);
      throw VerifyError(34, subject, "state %" + s.name + ": " + e.what() + " (rule 34)");
    }
  }
}

}  // namespace

void verify_plan(const Module& m) {
  check_states(m);
  for (size_t i = 0; i < m.functions.size(); ++i) PlanChecker(m, static_cast<int32_t>(i)).run();
}

}  // namespace lathe::ir
