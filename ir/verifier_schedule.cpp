// Rules 20 … 23: phases.
#include "ir/access.h"
#include "ir/verifier_report.h"

namespace lathe::ir {

namespace {

class ScheduleChecker {
 public:
  ScheduleChecker(const Module& m, int32_t index)
      : m_(m), f_(m.functions[index]), r_(m, index), touched_(accesses(m, f_)) {}

  void run() {
    check_phases();
    check_buffers();
    check_states();
  }

 private:
  std::string at(int32_t k) const {
    return r_.kernel_name(k) + " in phase " + std::to_string(phase_[k]);
  }

  void check_phases() {
    constexpr int kRule = 20;
    if (f_.kernels.empty()) {
      for (ValueId id : f_.body)
        if (!is_free(f_.op(id).kind))
          r_.op(kRule, id, "it is in no kernel, so it can't be scheduled");
      return;
    }
    int64_t last = 0;
    for (size_t k = 0; k < f_.kernels.size(); ++k) {
      const auto index = static_cast<int32_t>(k);
      const Attr* a = f_.kernels[k].attrs.find("phase");
      const int64_t* phase = a ? std::get_if<int64_t>(a) : nullptr;
      if (!phase || *phase < 0)
        r_.kernel(kRule, index, "expected an int attribute 'phase', 0 or more");
      if (*phase < last)
        r_.kernel(
            kRule, index,
            "phase " + std::to_string(*phase) + " stands after phase " + std::to_string(last));
      last = *phase;
      phase_.push_back(*phase);
    }
  }

  void check_buffers() const {
    constexpr int kRule = 21;
    for (size_t k = 0; k < touched_.size(); ++k) {
      const auto reader = static_cast<int32_t>(k);
      for (const Access& a : touched_[k]) {
        if (a.write || a.is_state || f_.op(a.id).kernel == kNone) continue;
        const int32_t writer = f_.op(a.id).kernel;
        if (phase_[writer] >= phase_[reader])
          r_.kernel(kRule, reader,
                    at(reader) + " reads " + r_.value(a.id) + ", which " + at(writer) +
                        " writes; expected an earlier phase");
      }
    }
  }

  void check_states() const {
    std::vector<int32_t> writer(m_.states.size(), kNone);
    std::vector<bool> aligned(m_.states.size(), true);
    for (size_t k = 0; k < touched_.size(); ++k)
      for (const Access& a : touched_[k])
        if (a.write && a.is_state) {
          writer[a.id] = static_cast<int32_t>(k);
          aligned[a.id] = a.aligned;
        }
    for (size_t k = 0; k < touched_.size(); ++k) {
      const auto reader = static_cast<int32_t>(k);
      for (const Access& a : touched_[k]) {
        if (a.write || !a.is_state || writer[a.id] == kNone) continue;
        const std::string state = "state %" + m_.states[a.id].name;
        const int32_t w = writer[a.id];
        if (w == reader) {
          if (!a.aligned || !aligned[a.id])
            r_.kernel(23, reader,
                      at(reader) + " reads " + state + " at other places than it overwrites");
        } else if (phase_[reader] >= phase_[w]) {
          r_.kernel(22, reader,
                    at(reader) + " reads " + state + ", which " + at(w) +
                        " overwrites; expected an earlier phase");
        }
      }
    }
  }

  const Module& m_;
  const Function& f_;
  Reporter r_;
  std::vector<std::vector<Access>> touched_;
  std::vector<int64_t> phase_;
};

}  // namespace

void verify_schedule(const Module& m) {
  for (size_t i = 0; i < m.functions.size(); ++i) ScheduleChecker(m, static_cast<int32_t>(i)).run();
}

}  // namespace lathe::ir
