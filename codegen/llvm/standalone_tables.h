// A model's tables, as the shell reads them (codegen/standalone/shell.h).
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <cstdint>
#include <string>
#include <vector>

#include "codegen/llvm/function_emitter.h"

namespace lathe::codegen {

/// Constants of a module.
class Tables {
 public:
  explicit Tables(llvm::Module& m) : m_(m), b_(m.getContext()) {}

  llvm::Constant* number(int64_t n) { return b_.getInt64(static_cast<uint64_t>(n)); }
  llvm::Constant* real(float x) { return llvm::ConstantFP::get(b_.getFloatTy(), x); }
  llvm::Constant* nothing() { return llvm::ConstantPointerNull::get(b_.getPtrTy()); }
  llvm::Constant* record(const std::vector<llvm::Constant*>& fields) {
    return llvm::ConstantStruct::getAnon(m_.getContext(), fields);
  }
  llvm::GlobalVariable* constant(llvm::Constant* value, const std::string& name) {
    auto* g = new llvm::GlobalVariable(m_, value->getType(), true,
                                       llvm::GlobalValue::PrivateLinkage, value, name);
    g->setAlignment(llvm::Align(8));
    return g;
  }
  /// Null without rows.
  llvm::Constant* table(const std::vector<llvm::Constant*>& rows, const std::string& name) {
    if (rows.empty()) return nothing();
    auto* type = llvm::ArrayType::get(rows[0]->getType(), rows.size());
    return constant(llvm::ConstantArray::get(type, rows), name);
  }
  llvm::Constant* bytes(const std::string& text, const std::string& name) {
    return constant(llvm::ConstantDataArray::getRaw(text, text.size(), b_.getInt8Ty()), name);
  }

 private:
  llvm::Module& m_;
  llvm::IRBuilder<> b_;
};

/// Up to a multiple of 64.
int64_t whole_lines(int64_t bytes);

/// The rows before an example's own that it takes.
int64_t before(const ir::Function& f);

/// What a code's table is called until all are joined.
std::string code_name(size_t number);
/// Gives an emitted module a shell::MachineCode, the one name that is seen outside of it. `planned`: what it was
/// emitted from. `level`: of x86-64 that it needs; 0: none is asked for.
void add_code(EmittedModule& e, const ir::Module& planned, size_t number, int64_t level);

}  // namespace lathe::codegen
