// The machine's other limit: how many bytes it reads in a second, measured.
#pragma once

#include <cstdint>

namespace lathe::bench {

/// GB/s of reading `bytes` bytes again and again, on `threads` threads at once that share them (at
/// most one a core). The widest vectors that this processor has, the best of several rounds; takes
/// about 0.03 s, longer where one reading does.
double read_gbs(int threads, int64_t bytes);

/// Bytes that, read in a circle, no cache of this machine still holds: a quarter more than its
/// largest, from 64 to 256 MiB. A larger cache is one that many machines share.
int64_t memory_bytes();

}  // namespace lathe::bench
