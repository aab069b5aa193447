#include "codegen/llvm/shell_bitcode.h"

// The file's bytes as they are; 16, as LLVM reads words.
asm(R"(
.pushsection .rodata
.balign 16
.globl lathe_shell_bitcode, lathe_shell_bitcode_end
.hidden lathe_shell_bitcode, lathe_shell_bitcode_end
lathe_shell_bitcode:
.incbin ")" LATHE_SHELL_BITCODE R"("
lathe_shell_bitcode_end:
.byte 0
.popsection
)");
