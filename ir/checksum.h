// CRC-64/XZ: the reflected ECMA-182 polynomial, all bits set before and inverted after. It detects
// every burst of up to 64 bits, so any change within eight neighbouring bytes.
#pragma once

#include <cstdint>
#include <string_view>

namespace lathe::ir {

/// Of `bytes`, or of what `before` is the checksum of with `bytes` behind it.
uint64_t crc64(std::string_view bytes, uint64_t before = 0);

}  // namespace lathe::ir
