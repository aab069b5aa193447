// The machine's own limit: how many f32 multiply-adds it does in a second, measured.
#pragma once

namespace lathe::bench {

/// GFLOP/s of fused multiply-adds on registers, on `threads` threads at once (at most one a core:
/// more have no more to give), a multiply-add counted as two. The widest vectors that this
/// processor has. Takes about 0.2 s.
double peak_gflops(int threads);

}  // namespace lathe::bench
