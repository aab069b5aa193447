// How the parts of the verifier report: they share one way to name what is wrong.
#pragma once

#include <string>

#include "ir/verifier.h"

namespace lathe::ir {

/// Checks of one function throw by these.
class Reporter {
 public:
  Reporter(const Module& m, int32_t function) : m_(m), index_(function) {}

  const Function& f() const { return m_.functions[index_]; }
  [[noreturn]] void function(int rule, const std::string& what) const;
  [[noreturn]] void op(int rule, ValueId id, const std::string& what) const;
  [[noreturn]] void kernel(int rule, int32_t k, const std::string& what) const;
  [[noreturn]] void output(int rule, size_t index, const std::string& what) const;

  /// `%3`, `%w`; the op's name where it has no result.
  std::string value(ValueId id) const;
  /// `@k0`.
  std::string kernel_name(int32_t k) const { return "@" + f().kernels[k].name; }

 private:
  [[noreturn]] void fail(int rule, Subject subject, const std::string& where,
                         const std::string& what) const;
  const Module& m_;
  int32_t index_;
};

/// Rules 10 … 18 for one function.
void verify_kernels(const Reporter& r, const Module& m);

}  // namespace lathe::ir
