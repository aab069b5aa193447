// A program outside the project that uses the installed library.
#include <ir/type.h>

#include <cstdio>

int main() {
  const lathe::TensorType type{lathe::DType::F32, {lathe::Dim::batch(), 784}};
  std::printf("%s\n", type.to_string().c_str());
  return type.to_string() == "f32[B,784]" ? 0 : 1;
}
